// Every migration, oldest first. A class is never changed once released: what follows goes into a new one.
import { Initial1764000000001 } from './1764000000001-initial.ts';

export const migrations = [Initial1764000000001];

// Every entity, for the pool and for the test that compares them with the migrated database.
import type { EntitySchema } from 'typeorm';

export const entities: EntitySchema[] = [];

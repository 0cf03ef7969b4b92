// Starts the server: `npm start`.
import { start } from './app/start.ts';

await start(process.env);

// Runs one command on an installation: `npm run -s postern -- <command>`.
import { runCommand } from './app/run-command.ts';

process.exit(await runCommand(process.argv.slice(2), process.env));

// `migrate`, `doctor`.
import type { Command } from './command.ts';

const MARKS = { ok: 'ok     ', warning: 'warning', failed: 'FAILED ' } as const;

export const systemCommands: readonly Command[] = [
  {
    name: 'migrate',
    summary: 'Brings the database to this version. The server does so too when it starts.',
    options: {},
    async run(tools) {
      const applied = await tools.migrate();
      const text =
        applied.length === 0 ? 'The database is up to date.' : applied.map((name) => `Applied ${name}`).join('\n');
      return { text, json: { applied } };
    },
  },
  {
    name: 'doctor',
    summary: 'Looks at settings, database, keys, clock and server, and says what is wrong.',
    options: {},
    async run(tools) {
      const findings = await tools.examine();
      const isHealthy = findings.every(({ verdict }) => verdict !== 'failed');
      const lines = findings.map(({ check, verdict, detail }) => `${MARKS[verdict]}  ${check}: ${detail}`);
      return { text: lines.join('\n'), json: { healthy: isHealthy, findings }, status: isHealthy ? 0 : 1 };
    },
  },
];

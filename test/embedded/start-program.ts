// A program around the launcher, for tests that need it in a process of its own: another account, another folder, or a
// process to kill. Reads one JSON argument, writes one JSON line, ends when its standard input does.

import { findBinaries } from '../../src/storage/embedded/binaries.ts';
import { EmbeddedPostgresError } from '../../src/storage/embedded/embedded-postgres-error.ts';
import { findRunningEmbeddedPostgres, startEmbeddedPostgres } from '../../src/storage/embedded/embedded-postgres.ts';
import type { EmbeddedConnection } from '../../src/storage/embedded/embedded-postgres.ts';

export interface ProgramOrder {
  readonly do: 'start' | 'find-running' | 'find-binaries';
  readonly dataDirectory: string;
  readonly durable?: boolean;
}

export interface ProgramReport {
  readonly connection?: EmbeddedConnection;
  readonly binaries?: { readonly directory: string; readonly version: string; readonly libraryPath?: string };
  readonly fault?: string;
  readonly message?: string;
  readonly log: readonly { readonly level: string; readonly message: string; readonly fields: object }[];
}

const log: { level: string; message: string; fields: object }[] = [];
const note = (level: string) => (fields: object, message: string) => {
  log.push({ level, message, fields });
};

async function obey(order: ProgramOrder): Promise<void> {
  const report = (found: Omit<ProgramReport, 'log'>): void => {
    process.stdout.write(`${JSON.stringify({ ...found, log })}\n`);
  };
  try {
    if (order.do === 'start') {
      const server = await startEmbeddedPostgres({
        dataDirectory: order.dataDirectory,
        durable: order.durable ?? false,
        binDirectory: process.env['PG_BIN'],
        log: { info: note('info'), warn: note('warn'), error: note('error') },
      });
      process.stdin.on('end', () => void server.stop().then(() => process.exit(0))).resume();
      report({ connection: server.connection });
    } else if (order.do === 'find-running') {
      const connection = await findRunningEmbeddedPostgres(order.dataDirectory);
      report(connection === undefined ? {} : { connection });
    } else {
      const spareDirectory = `${order.dataDirectory}/spare`;
      const { dataDirectory: dataPath } = order;
      report({ binaries: await findBinaries({ dataPath, spareDirectory, systemDirectories: [] }) });
    }
  } catch (error) {
    if (!(error instanceof EmbeddedPostgresError)) throw error;
    report({ fault: error.fault, message: error.message });
  }
}

await obey(JSON.parse(process.argv[2] ?? '') as ProgramOrder);

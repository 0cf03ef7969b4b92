// Opens for a command what it asks for, and closes it when the command is done.
import { systemClock } from '../base/clock.ts';
import { createLog, type Log } from '../base/log.ts';
import { readSettings } from '../config/read-settings.ts';
import type { Settings } from '../config/settings.ts';
import type { CommandTools, Installation } from '../ports/cli/command.ts';
import { createBcryptQueues } from './bcrypt-queues.ts';
import { borrowDatabase } from './database-source.ts';
import { examine } from './doctor.ts';
import { loadEncryptionKey } from './encryption-key.ts';
import { createDummyHash, createServices } from './services.ts';
import { createStopSequence, type StopSequence } from './stop.ts';
import { systemCaller } from './system-caller.ts';

export interface CommandSession extends CommandTools {
  close(): Promise<void>;
}

export function openCommandSession(environment: NodeJS.ProcessEnv): CommandSession {
  // Standard output is the command's; what the log has to say of faults goes to standard error.
  const log = createLog('error', process.stderr);
  const closing = createStopSequence(log);
  return {
    open: () => open(readSettings(environment), log, closing),
    async migrate() {
      const settings = readSettings(environment);
      const { connection } = await borrow(settings, log, closing);
      const { migrate } = await import('../storage/migrate.ts');
      return await migrate({ connection, issuer: settings.issuer, startedFor: 'command', log });
    },
    examine: () => examine(environment, log, closing),
    close: () => closing.run(),
  };
}

async function borrow(settings: Settings, log: Log, closing: StopSequence) {
  // Made before the database, as at a start: one without the other counts as lost.
  if (settings.databaseUrl === undefined) await loadEncryptionKey(settings);
  const source = await borrowDatabase(settings, log);
  closing.add('embedded database', () => source.stop());
  return source;
}

async function open(settings: Settings, log: Log, closing: StopSequence): Promise<Installation> {
  const { connection } = await borrow(settings, log, closing);
  const { openDatabase } = await import('../storage/open-database.ts');
  const { issuer } = settings;
  const clock = systemClock;
  const database = await openDatabase({ connection, issuer, startedFor: 'command', log, clock, poolSize: 2 });
  closing.add('database', () => database.close());
  const queues = createBcryptQueues({ ...settings, workers: 1 });
  closing.add('threads', () => queues.close());
  const { storage } = database;
  return {
    issuer,
    services: createServices({ storage, queues, dummyHash: await createDummyHash(queues), clock }),
    callerIn: (companyId) => systemCaller(storage, companyId),
  };
}

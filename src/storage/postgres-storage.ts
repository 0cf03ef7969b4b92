// The domain's storage on PostgreSQL: one transaction for each `write`, one connection for each `read`. On behalf of a caller both are
// transactions that see and change nothing beyond the caller's reach.
import type { DataSource } from 'typeorm';
import { currentReach } from '../domain/access/reach-scope.ts';
import type { Storage, Stores } from '../domain/stores.ts';
import { createApiStore } from './api-store.ts';
import { createApiTokenStore } from './api-token-store.ts';
import { createAttemptStore } from './attempt-store.ts';
import { createAuditStore } from './audit-store.ts';
import type { Change } from './change.ts';
import { createClientSourceStore } from './client-source-store.ts';
import { createClientStore } from './client-store.ts';
import { createCompanyStore } from './company-store.ts';
import { isRepeatable, toProblem } from './database-error.ts';
import { DatabaseSession, type Statements } from './database-session.ts';
import { createOneTimeLinkStore } from './one-time-link-store.ts';
import { createPrivilegeStore } from './privilege-store.ts';
import { enterReach } from './reach.ts';
import { createRoleStore } from './role-store.ts';
import { createSessionStore } from './session-store.ts';
import { createSigningKeyStore } from './signing-key-store.ts';
import { createTokenStore } from './token-store.ts';
import { createUserStore } from './user-store.ts';

interface PostgresStorageParts {
  /** Initialized. */
  readonly dataSource: DataSource;
  /** Runs after each commit and before its `write` is answered. Must not throw. */
  onCommitted(changes: readonly Change[]): void;
}

const MAX_ATTEMPTS = 3;

export function createPostgresStorage({ dataSource, onCommitted }: PostgresStorageParts): Storage {
  return {
    async read(work) {
      try {
        return await withSession(dataSource, { isWriting: false }, (session) => look(session, work));
      } catch (error) {
        throw toProblem(error);
      }
    },
    async write(work) {
      for (let attempt = 1; ; attempt += 1) {
        try {
          const { result, changes } = await withSession(dataSource, { isWriting: true }, (session) =>
            transact(session, work),
          );
          onCommitted(changes);
          return result;
        } catch (error) {
          // From the beginning: what the work looked at may be different now.
          if (attempt >= MAX_ATTEMPTS || !isRepeatable(error)) throw toProblem(error);
        }
      }
    },
  };
}

async function look<T>(session: DatabaseSession, work: (stores: Stores) => Promise<T>): Promise<T> {
  const entering = enterReach(currentReach());
  if (entering !== undefined) await session.begin(entering);
  return await work(createStores(session));
}

async function transact<T>(
  session: DatabaseSession,
  work: (stores: Stores) => Promise<T>,
): Promise<{ result: T; changes: readonly Change[] }> {
  await session.begin(enterReach(currentReach()));
  const result = await work(createStores(session));
  return { result, changes: await session.commit() };
}

async function withSession<T>(
  dataSource: DataSource,
  options: { isWriting: boolean },
  work: (session: DatabaseSession) => Promise<T>,
): Promise<T> {
  const session = await DatabaseSession.open(dataSource, options);
  let result: T;
  try {
    result = await work(session);
  } catch (error) {
    await session.release(error);
    throw error;
  }
  const released = session.release();
  // What was read is known: nobody waits for the end of the transaction in which it was.
  if (options.isWriting) await released;
  return result;
}

function createStores(statements: Statements): Stores {
  return {
    companies: createCompanyStore(statements),
    clients: createClientStore(statements),
    clientSources: createClientSourceStore(statements),
    roles: createRoleStore(statements),
    privileges: createPrivilegeStore(statements),
    apis: createApiStore(statements),
    audit: createAuditStore(statements),
    users: createUserStore(statements),
    apiTokens: createApiTokenStore(statements),
    sessions: createSessionStore(statements),
    links: createOneTimeLinkStore(statements),
    attempts: createAttemptStore(statements),
    signingKeys: createSigningKeyStore(statements),
    tokens: createTokenStore(statements),
  };
}

// An account that may not do in its database what Postern does there is told what it lacks, and the statement that it is told mends it.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { EmbeddedConnection } from '../../src/storage/embedded/embedded-postgres.ts';
import { migrate } from '../../src/storage/migrate.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { dropRole, makeOwnedDatabase } from '../support/owned-database.ts';
import { TEST_ISSUER } from '../support/template-database.ts';

/** In need of quotes, in SQL and within them. */
const USER = `app "o'ne"`;
const NAME = `"app ""o'ne"""`;

let database: TestDatabase;

afterEach(async () => {
  await database.drop();
  await dropRole(NAME);
});

async function start(user = USER): Promise<readonly string[]> {
  const connection: EmbeddedConnection = { ...database.connection, user };
  const warnings: string[] = [];
  const log = { info: () => undefined, warn: (_details: object, text: string) => void warnings.push(text) };
  await migrate({ connection, issuer: TEST_ISSUER, log: log as never });
  return warnings;
}

async function refusal(): Promise<string> {
  const error: unknown = await start().then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof Error)) throw new Error('it was not refused');
  expect(error.name).toBe('MigrationError');
  return error.message;
}

/** Runs the statement with which the sentence ends. */
async function mend(sentence: string): Promise<void> {
  const [, remedy = ''] = /Have an administrator run, in the database test_\w+: (.*;)$/.exec(sentence) ?? [];
  expect(remedy, sentence).not.toBe('');
  await database.query(remedy);
}

describe('an account that does not own the empty database', () => {
  beforeEach(async () => {
    database = await createTestDatabase('empty');
    await database.query(`CREATE ROLE ${NAME} LOGIN NOSUPERUSER`);
  });

  test('and may not make tables in it is told what to grant', async () => {
    await database.query('REVOKE CREATE ON SCHEMA public FROM PUBLIC');
    const said = await refusal();
    expect(said).toMatch(
      `The database account ${NAME} may not make tables in the schema public of the database ${database.connection.database}.`,
    );
    expect(said).toMatch(`GRANT CREATE ON SCHEMA public TO ${NAME};`);
    await mend(said);
    expect(await start()).toEqual([]);
    expect(await start()).toEqual([]);
  });

  test('and finds no schema is told what to grant', async () => {
    await database.query('REVOKE ALL ON SCHEMA public FROM PUBLIC');
    const said = await refusal();
    expect(said).toMatch(`The database account ${NAME} finds no schema for its tables`);
    await mend(said);
    expect(await start()).toEqual([]);
  });

  test('has no table after a refusal', async () => {
    await database.query('REVOKE CREATE ON SCHEMA public FROM PUBLIC');
    await refusal();
    const tables = await database.query(`SELECT FROM pg_class WHERE relnamespace = 'public'::regnamespace`);
    expect(tables).toEqual([]);
  });
});

describe('an account that comes to tables of another', () => {
  const grantEverything = async () => {
    await database.query(`CREATE ROLE ${NAME} LOGIN NOSUPERUSER`);
    await database.query(`GRANT ALL ON SCHEMA public TO ${NAME}`);
    await database.query(`GRANT ALL ON ALL TABLES IN SCHEMA public TO ${NAME}`);
  };

  test('the first superuser of the server, is told whose they are and how to get them', async () => {
    database = await createTestDatabase();
    await grantEverything();
    const said = await refusal();
    expect(said).toMatch(`belong to ${database.connection.user}, so that the account ${NAME} cannot change them.`);
    await mend(said);
    expect(await start()).toEqual([]);
    const owners = await database.query(
      `SELECT DISTINCT relowner::regrole::text AS owner FROM pg_class WHERE relnamespace = 'public'::regnamespace`,
    );
    expect(owners).toEqual([{ owner: NAME }]);
  });

  test('an account like itself, is told so even without any right to them', async () => {
    const owned = await makeOwnedDatabase();
    database = owned;
    await owned.query(`CREATE ROLE ${NAME} LOGIN NOSUPERUSER`);
    const said = await refusal();
    expect(said).toMatch(`belong to ${owned.connection.user}, so that the account ${NAME} cannot change them.`);
    expect(said).toMatch(`REASSIGN OWNED BY ${owned.connection.user} TO ${NAME};`);
    await mend(said);
    expect(await start()).toEqual([]);
  });

  test('of which it is a member, is served', async () => {
    const owned = await makeOwnedDatabase();
    database = owned;
    await owned.query(`CREATE ROLE ${NAME} LOGIN NOSUPERUSER INHERIT`);
    await owned.query(`GRANT ${owned.connection.user} TO ${NAME}`);
    expect(await start()).toEqual([]);
  });
});

test('a right that was not looked for is named in PostgreSQL’s words, with what the account should be', async () => {
  database = await createTestDatabase();
  await database.query(`CREATE ROLE ${NAME} LOGIN NOSUPERUSER`);
  await database.query(`GRANT ALL ON SCHEMA public TO ${NAME}`);
  await database.query(
    `DO $$ DECLARE thing text; BEGIN
       FOR thing IN SELECT oid::regclass FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
       LOOP EXECUTE format('ALTER TABLE %s OWNER TO %I', thing, $q$${USER}$q$); END LOOP;
     END $$`,
  );
  // A migration that is to be applied once more replaces a function.
  await database.query(`DELETE FROM migration WHERE name LIKE 'SecondWallMended%'`);
  expect(await refusal()).toMatch(
    /^The database account lacks a right: must be owner of function \w+\. It must own the database/,
  );
});

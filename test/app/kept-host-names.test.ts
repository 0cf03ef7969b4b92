// Host names of rules in force stay under watch; those of no rule are let go.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { keepHostNames } from '../../src/app/kept-host-names.ts';
import { systemClock } from '../../src/base/clock.ts';
import { createLog } from '../../src/base/log.ts';
import { createHostDirectory } from '../../src/domain/address/host-directory.ts';
import { hostNamesAmong } from '../../src/domain/address/host-words.ts';
import { HOST_NAMES_IN_RULES } from '../../src/storage/host-names-in-rules.ts';
import { type Database, openDatabase } from '../../src/storage/open-database.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';

const log = createLog('silent');
let testDatabase: TestDatabase;
let database: Database;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  const { connection } = testDatabase;
  database = await openDatabase({ connection, issuer: 'http://localhost:3000', log, clock: systemClock, poolSize: 2 });
});

afterAll(async () => {
  await database.close();
  await testDatabase.drop();
});

async function insertClient(id: string, mode: string, rules: readonly string[]): Promise<void> {
  await testDatabase.query(
    `INSERT INTO client (client_id, name, name_key, search_text, description, company_id, role_id, status, ip_mode, ip_rules,
       default_api, token_lifetime_seconds, token_format, auth_method, token_generation, created_at, updated_at, version)
     VALUES ($1, 'job', 'job', 'job', '', 'co_root', 'role_company_admin', 'active', $2, $3, 'management', 60, 'jwt',
       'client_secret', 0, now(), now(), 1)`,
    [id, mode, rules],
  );
}

async function insertApiToken(clientId: string, mode: string, rules: readonly string[]): Promise<void> {
  await testDatabase.query(
    `INSERT INTO api_token (id, name, name_key, search_text, client_id, api_id, scopes, ip_mode, ip_rules, token_hash, hint,
       issued_at, created_at, updated_at, version)
     VALUES ('tok_' || $2, 'job', 'job', 'job', $1, 'management', '{clients:read}', $2, $3, $2, 'x7Qa', now(), now(), now(), 1)`,
    [clientId, mode, rules],
  );
}

test('the host names are those of rules in force, of clients, API tokens and companies, and nothing else', async () => {
  await insertClient('pst_a', 'enforce', [
    '192.0.2.1',
    'a.test',
    '2001:db8::/32',
    '10.0.0.1-10.0.0.9',
    'xn--bcher-kva.test',
  ]);
  await insertClient('pst_b', 'report', ['a.test', 'b.test', 'fe80::1-fe80::2', 'face.beef']);
  await insertClient('pst_c', 'off', ['off.test']);
  await insertApiToken('pst_c', 'enforce', ['a.test', '192.0.2.1', 'd.test']);
  await insertApiToken('pst_c', 'off', ['off.test']);
  await testDatabase.query(
    `UPDATE company SET ip_mode = 'enforce', ip_rules = '{c.test,0.0.0.0/0}' WHERE id = 'co_root'`,
  );
  const names = await database.listHostNames();
  expect(names.toSorted()).toEqual(['a.test', 'b.test', 'c.test', 'd.test', 'face.beef', 'xn--bcher-kva.test']);
});

test('lists without a host name are not read for it', async () => {
  const plan = (await testDatabase.query<object>(`EXPLAIN ${HOST_NAMES_IN_RULES}`)).map((row) => Object.values(row)[0]);
  const scans = plan.filter((line) => String(line).includes(' Scan ')).join();
  expect(scans).toContain('client_host_rules');
  expect(scans).toContain('company_host_rules');
  expect(scans).toContain('api_token_host_rules');
  expect(scans).not.toContain('Seq Scan');
});

test('a rule is known as a host name in a list by the very words by which it is known alone', async () => {
  const rules = [
    '192.0.2.1',
    '10.0.0.1-10.0.0.9',
    '2001:db8::/32',
    'fe80::1-fe80::2',
    '::ffff:0:0/96',
    'a.test',
    'face.beef',
  ];
  const lists = rules.flatMap((one) => rules.map((other) => [one, other]));
  const rows = await testDatabase.query<{ asked: boolean }>(
    `SELECT has_host_rule(ARRAY(SELECT jsonb_array_elements_text(list))) AS asked FROM jsonb_array_elements($1) AS list`,
    [JSON.stringify(lists)],
  );
  const isHost = (rule = '') => hostNamesAmong([rule]).length > 0;
  expect(rows.map(({ asked }) => asked)).toEqual(lists.map(([one, other]) => isHost(one) || isHost(other)));
});

test('a name is looked up although nobody asks for it, and let go when no rule has it any more', async () => {
  const asked: string[] = [];
  const hosts = createHostDirectory({
    resolver: {
      lookUp: async (name) => {
        asked.push(name);
        return { kind: 'absent', why: 'no_such_name' };
      },
    },
    log,
    clock: systemClock,
  });
  const kept: (readonly string[])[] = [];
  const watching = keepHostNames({
    hosts: {
      keep(names) {
        kept.push([...names]);
        hosts.keep(names);
      },
    },
    listHostNames: () => database.listHostNames(),
    log,
    intervalMilliseconds: 20,
  });
  await eventually('b.test is looked up', () => asked.includes('b.test'));
  await testDatabase.query(`DELETE FROM client WHERE client_id = 'pst_b'`);
  await eventually('b.test is let go', () => kept.at(-1)?.includes('b.test') === false);
  expect(kept.at(-1)).toContain('a.test');
  await watching.close();
  hosts.close();
});

test('when the rules cannot be read what was under watch stays so', async () => {
  const kept: string[][] = [];
  let tries = 0;
  const watching = keepHostNames({
    hosts: { keep: (names) => void kept.push([...names]) },
    listHostNames: async () => {
      tries += 1;
      if (tries > 1) throw new Error('the database is away');
      return ['a.test'];
    },
    log,
    intervalMilliseconds: 5,
  });
  await eventually('it is tried again and again', () => tries > 3);
  await watching.close();
  expect(kept).toEqual([['a.test']]);
});

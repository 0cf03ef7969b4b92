// The second wall, with the first one taken away: whatever a statement asks within a caller's transaction, it sees and changes nothing
// beyond the caller's reach. For accounts that are held to the policies themselves, and for superusers, who take on a role.

import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Reach } from '../../src/domain/access/caller.ts';
import { createDataSource } from '../../src/storage/data-source.ts';
import { DatabaseSession } from '../../src/storage/database-session.ts';
import { enterReach } from '../../src/storage/reach.ts';
import { createTestDatabase, openTestStorage } from '../support/database.ts';
import type { TestDatabase } from '../support/database.ts';
import { makeOwnedDatabase } from '../support/owned-database.ts';
import { fillTenants, type FilledTenants, TABLES } from './filled-tenants.ts';

const quiet = { warn: () => undefined };

const ACCOUNTS = [
  ['a superuser', 'role', () => createTestDatabase()],
  ['the owner of the database', 'account', () => makeOwnedDatabase()],
] as const;

describe.each(ACCOUNTS)('%s', (_who, wall, makeDatabase) => {
  let database: TestDatabase;
  let dataSource: DataSource;
  let tenants: FilledTenants;

  beforeAll(async () => {
    database = await makeDatabase();
    const { storage, close } = await openTestStorage(database.connection);
    tenants = await fillTenants(database, storage);
    await close();
    dataSource = createDataSource({ connection: database.connection, log: quiet, poolSize: 1 });
    await dataSource.initialize();
  });

  afterAll(async () => {
    await dataSource.destroy();
    await database.drop();
  });

  /** Runs in a transaction within the reach, and undoes it. */
  async function attempt<T>(reach: Reach | undefined, work: (session: DatabaseSession) => Promise<T>): Promise<T> {
    const session = await DatabaseSession.open(dataSource, { isWriting: true });
    try {
      await session.begin(enterReach(reach));
      return await work(session);
    } finally {
      await session.release();
    }
  }

  const ask = <Row extends object>(reach: Reach | undefined, sql: string, values: readonly unknown[] = []) =>
    attempt(reach, async (session) => (await session.query<Row>(sql, values)).rows);

  test('is held to the policies as expected', async () => {
    const [row] = await ask<{ wall: string }>(undefined, 'SELECT second_wall() AS wall');
    expect(row?.wall).toBe(wall);
  });

  describe.each(['reseller', 'resellerAlone', 'customer', 'plain', 'rootAlone'] as const)(
    'within the reach of %s',
    (who) => {
      const reach = () => tenants.reaches[who];
      const reached = () => tenants.reached[who];

      test.each(TABLES)('nothing else of $table is seen', async ({ table, key, owner }) => {
        const seen = await ask<{ key: string }>(reach(), `SELECT ${key} AS key FROM ${table} ORDER BY 1`);
        const all = await ask<{ key: string; owner: string }>(
          undefined,
          `SELECT ${key} AS key, ${owner} AS owner FROM ${table} ORDER BY 1`,
        );
        const expected = all.filter((row) => reached().includes(row.owner)).map((row) => row.key);
        expect(seen.map((row) => row.key)).toEqual(expected);
        expect(expected.length).toBeGreaterThan(0);
        expect(expected.length).toBeLessThan(all.length);
      });

      test('standard roles, its own, those made available to it and their privileges are seen', async () => {
        const roles = await ask<{ id: string }>(reach(), 'SELECT id FROM role ORDER BY id');
        expect(roles.map(({ id }) => id)).toEqual(
          ['role_company_admin', 'role_reseller', ...tenants.rolesSeen[who]].toSorted(),
        );
        const privileges = await ask<{ role_id: string }>(reach(), 'SELECT role_id FROM role_privilege ORDER BY 1');
        expect(privileges.map(({ role_id }) => role_id)).toEqual(tenants.rolesSeen[who].toSorted());
      });

      test.each(TABLES.filter(({ table }) => table !== 'audit_event'))(
        'an UPDATE and a DELETE of all of $table change nothing else',
        async ({ table, key, set, isKept }) => {
          const mine = await ask<{ key: string }>(reach(), `SELECT ${key} AS key FROM ${table} ORDER BY 1`);
          const changed = await attempt(reach(), async (session) => {
            const { rows } = await session.query<{ key: string }>(`UPDATE ${table} SET ${set} RETURNING ${key} AS key`);
            return rows.map((row) => row.key).toSorted();
          });
          expect(changed).toEqual(mine.map((row) => row.key));
          if (isKept) return;
          const deleted = await attempt(reach(), async (session) => {
            const { rows } = await session.query<{ key: string }>(`DELETE FROM ${table} RETURNING ${key} AS key`);
            return rows.map((row) => row.key).toSorted();
          });
          expect(deleted).toEqual(mine.map((row) => row.key));
        },
      );

      test('roles of others are neither changed nor deleted, though some can be chosen', async () => {
        const own = tenants.rolesSeen[who].filter((id) => !tenants.rolesOfOthers[who].includes(id)).toSorted();
        // Standard roles at least are seen and not one's own.
        await expect(ask(reach(), `UPDATE role SET name = 'mine'`)).rejects.toMatchObject({ code: '42501' });
        for (const sql of [
          'UPDATE role_privilege SET scope = scope RETURNING role_id AS id',
          'DELETE FROM role_privilege RETURNING role_id AS id',
          `DELETE FROM role WHERE id <> 'role_shared' OR company_id <> 'co_root' RETURNING id`,
        ]) {
          const touched = await ask<{ id: string }>(reach(), sql);
          const expected = sql.includes('FROM role WHERE') ? own.filter((id) => id !== 'role_shared') : own;
          expect(touched.map(({ id }) => id).toSorted()).toEqual(expected);
        }
      });

      test('to whom a role is available is told to both sides, and changed by none who reaches one of them alone', async () => {
        const isOwner = who === 'rootAlone';
        const isChooser = tenants.rolesOfOthers[who].length > 0;
        const told = await ask(reach(), 'SELECT role_id FROM role_company');
        expect(told).toEqual(isOwner || isChooser ? [{ role_id: 'role_shared' }] : []);
        expect(await ask(reach(), 'DELETE FROM role_company RETURNING role_id')).toEqual([]);
        const changed = `UPDATE role_company SET company_id = company_id RETURNING role_id`;
        expect(await ask(reach(), changed)).toEqual([]);
      });
    },
  );

  test('a user who moves within the reach takes API tokens along, and a foreign token is not touched', async () => {
    const { reseller, customer } = tenants.companies;
    const moved = await attempt(tenants.reaches.reseller, async (session) => {
      const values = [`usr_of_${reseller.id}`, customer.id];
      await session.query('UPDATE user_account SET company_id = $2 WHERE id = $1', values);
      return session.query('SELECT company_id, company_path FROM api_token WHERE user_id = $1', values.slice(0, 1));
    });
    expect(moved.rows).toEqual([{ company_id: customer.id, company_path: customer.path }]);
    const touched = await attempt(tenants.reaches.customer, (session) =>
      session.query(`UPDATE api_token SET scopes = '{users:write}' WHERE id = $1`, [tenants.names.foreignApiToken]),
    );
    expect(touched.rowCount).toBe(0);
  });

  test('whoever reaches both makes a role of theirs available, and takes it back', async () => {
    const done = await attempt(tenants.reaches.reseller, async (session) => {
      const values = [`role_of_${tenants.companies.reseller.id}`, tenants.companies.customer.id];
      await session.query('INSERT INTO role_company (role_id, company_id) VALUES ($1, $2)', values);
      return session.query('DELETE FROM role_company WHERE role_id = $1 AND company_id = $2', values);
    });
    expect(done.rowCount).toBe(1);
  });

  test('the system and whoever reaches everything see everything', async () => {
    for (const table of TABLES) {
      const [all] = await ask(undefined, `SELECT count(*) FROM ${table.table}`);
      expect(await ask(tenants.everything, `SELECT count(*) FROM ${table.table}`)).toEqual([all]);
    }
  });

  describe('nothing is put', () => {
    const refused: [what: string, sql: string, names: readonly (keyof FilledTenants['names'])[]][] = [
      [
        'a client into a foreign company',
        'UPDATE client SET company_id = $2 WHERE client_id = $1',
        ['client', 'foreignCompany'],
      ],
      [
        'a foreign role onto a client',
        'UPDATE client SET role_id = $2 WHERE client_id = $1',
        ['client', 'foreignRole'],
      ],
      ['a foreign role onto a user', 'UPDATE user_account SET role_id = $2 WHERE id = $1', ['user', 'foreignRole']],
      [
        'a user into a foreign company',
        'UPDATE user_account SET company_id = $2 WHERE id = $1',
        ['user', 'foreignCompany'],
      ],
      [
        'a role of one’s own into a foreign company',
        'UPDATE role SET company_id = $2 WHERE id = $1',
        ['role', 'foreignCompany'],
      ],
      [
        'a role that one may choose into one’s own company',
        'UPDATE role SET company_id = $2 WHERE id = $1',
        ['availableRole', 'company'],
      ],
      [
        'another name onto a role that one may choose',
        `UPDATE role SET name = $2 WHERE id = $1`,
        ['availableRole', 'company'],
      ],
      [
        'a privilege into a role that one may choose',
        `INSERT INTO role_privilege (role_id, api_id, scope) VALUES ($1, 'management', 'users:write')`,
        ['availableRole'],
      ],
      [
        'a foreign role among those one may choose',
        'INSERT INTO role_company (role_id, company_id) VALUES ($1, $2)',
        ['foreignRole', 'company'],
      ],
      [
        'a role of one’s own among those a foreign company may choose',
        'INSERT INTO role_company (role_id, company_id) VALUES ($1, $2)',
        ['role', 'foreignCompany'],
      ],
      [
        'a secret onto a foreign client',
        `INSERT INTO client_secret (id, client_id, slot, hint, hash, created_at) VALUES ('sec_x', $1, 2, 'x', 'x', now())`,
        ['foreignClient'],
      ],
      [
        'an API token for a foreign client',
        `INSERT INTO api_token (id, name, name_key, search_text, client_id, company_id, api_id, scopes, ip_mode, ip_rules,
           token_hash, hint, issued_at, created_at, updated_at, version)
         VALUES ('tok_x', 'x', 'x', 'x', $1, $2, 'management', '{clients:read}', 'off', '{}', 'x', 'x', now(), now(), now(), 1)`,
        ['foreignClient', 'company'],
      ],
      [
        'an API token for a foreign user',
        `INSERT INTO api_token (id, name, name_key, search_text, user_id, company_id, api_id, scopes, ip_mode, ip_rules,
           token_hash, hint, issued_at, created_at, updated_at, version)
         VALUES ('tok_x', 'x', 'x', 'x', $1, $2, 'management', '{clients:read}', 'off', '{}', 'x', 'x', now(), now(), now(), 1)`,
        ['foreignUser', 'company'],
      ],
      [
        'an API token of one’s own onto a foreign client',
        'UPDATE api_token SET client_id = $2 WHERE id = $1',
        ['apiToken', 'foreignClient'],
      ],
      [
        'a session for a foreign user',
        `INSERT INTO session (id, token_hash, user_id, created_at, last_seen_at, expires_at) VALUES ('s', 's', $1, now(), now(), now())`,
        ['foreignUser'],
      ],
      [
        'an invitation for a foreign user',
        `INSERT INTO one_time_link (token_hash, kind, user_id, expires_at) VALUES ('x', 'invitation', $1, now())`,
        ['foreignUser'],
      ],
      [
        'a link that would set the installation up',
        `INSERT INTO one_time_link (token_hash, kind, user_id, expires_at) VALUES ($1, 'setup', NULL, now())`,
        ['company'],
      ],
      [
        'a company outside',
        `INSERT INTO company (id, name, name_key, parent_id, path, reseller, status, created_at, updated_at, version)
         SELECT 'co_new', 'New', 'new', 'co_root', 'co_root/co_new/', false, 'active', now(), now(), 1 WHERE $1 <> ''`,
        ['company'],
      ],
      [
        'an event into the audit log by hand',
        `INSERT INTO audit_event (time, company_path, action, outcome, actor_type, actor_id) VALUES (now(), $1, 'x', 'success', 'x', 'x')`,
        ['company'],
      ],
    ];

    test.each(refused)('%s', async (_what, sql, names) => {
      const values = names.map((name) => tenants.names[name]);
      await expect(ask(tenants.reaches.customer, sql, values)).rejects.toMatchObject({ code: '42501' });
    });

    test('and changes are told by nobody', async () => {
      if (wall === 'role') {
        const telling = ask(tenants.reaches.customer, `INSERT INTO change (topic, key) VALUES ('client', 'x')`);
        await expect(telling).rejects.toMatchObject({ code: '42501' });
      }
      const changing = ask(tenants.reaches.customer, 'UPDATE audit_event SET actor_id = $1', ['x']);
      await expect(changing).rejects.toMatchObject({ code: '42501' });
    });
  });

  describe('a connection goes back to the pool as it came', () => {
    const ends: [what: string, end: (session: DatabaseSession) => Promise<unknown>][] = [
      ['after COMMIT', (session) => session.commit()],
      ['after ROLLBACK', () => Promise.resolve()],
      ['after a statement that failed', (session) => session.query('SELECT 1 / 0').catch(() => undefined)],
      ['after a time-out', (session) => session.query('SELECT pg_sleep(5)').catch(() => undefined)],
      [
        'after a COMMIT that was none',
        async (session) => {
          await session.query('SELECT 1 / 0').catch(() => undefined);
          await session.commit().catch(() => undefined);
        },
      ],
    ];

    test.each(ends)('%s', async (_what, end) => {
      const session = await DatabaseSession.open(dataSource, { isWriting: true });
      await session.begin(enterReach(tenants.reaches.customer));
      await end(session);
      await session.release();
      const next = await DatabaseSession.open(dataSource, { isWriting: false });
      const { rows } = await next.query<{
        reach: string | null;
        subtree: string | null;
        clients: number;
        isSame: boolean;
      }>(
        `SELECT current_setting('postern.reach', true) AS reach, current_setting('postern.subtree', true) AS subtree,
           current_user = session_user AS "isSame", count(*)::integer AS clients FROM client`,
      );
      await next.release();
      expect(rows).toEqual([{ reach: '', subtree: '', isSame: true, clients: tenants.clientCount }]);
    });

    test('and a transaction that cannot enter does nothing', async () => {
      for (const broken of ['', 'co_root']) {
        const session = await DatabaseSession.open(dataSource, { isWriting: true });
        const reach = { companyId: 'co_x', companyPath: broken, subtree: true };
        await expect(session.begin(enterReach(reach))).rejects.toThrow('this is no reach');
        await expect(session.query('SELECT 1')).rejects.toThrow('current transaction is aborted');
        await session.release();
      }
    });
  });
});

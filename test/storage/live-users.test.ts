// Live users: what the token path knows of those whose API tokens come, and that a change never leaves the old picture behind.

import type { DataSource } from 'typeorm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { MANAGEMENT_PRIVILEGES } from '../../src/domain/api/privilege.ts';
import type { LiveUser, LiveUsers } from '../../src/domain/api-token/live-api-token.ts';
import type { LiveCompanies } from '../../src/domain/company/live-company.ts';
import type { User } from '../../src/domain/user/user.ts';
import type { ChangeFeed } from '../../src/storage/change-feed.ts';
import { createLiveClients } from '../../src/storage/live-clients.ts';
import { createLiveCompanies } from '../../src/storage/live-companies.ts';
import { createLiveUsers } from '../../src/storage/live-users.ts';
import { poolOf } from '../../src/storage/pool.ts';
import { createTestDatabase, openTestStorage, type TestDatabase, type TestStorage } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { makeApi, makeClient, makeCompany, makeRole, makeUser } from '../support/factories.ts';
import { keepLog, openDataSource, openFeed } from './live-parts.ts';

let database: TestDatabase;
let opened: TestStorage;
let dataSource: DataSource;
let feed: ChangeFeed;
let companies: LiveCompanies;
let users: LiveUsers;

beforeAll(async () => {
  database = await createTestDatabase();
  opened = await openTestStorage(database.connection);
  dataSource = await openDataSource(database.connection);
});

beforeEach(openReaders);

afterEach(async () => {
  await feed.close();
});

afterAll(async () => {
  await dataSource.destroy();
  await opened.close();
  await database.drop();
});

async function openReaders(): Promise<void> {
  feed = await openFeed(dataSource);
  companies = createLiveCompanies({ dataSource, feed, log: keepLog() });
  users = createLiveUsers({ dataSource, feed, companies });
}

/** From here on nothing is told of what was done before. */
async function reopenReaders(): Promise<void> {
  await feed.close();
  await openReaders();
}

const make = (given: Partial<User> = {}) => makeUser(opened.storage, given);
const enforced = { ipRestriction: { mode: 'enforce', rules: ['192.0.2.0/24'] } } as const;

/** As soon as memory shows it; fails when it never does. */
async function remembered(id: string, isThere: (user: LiveUser) => boolean): Promise<LiveUser> {
  return await eventually(
    'it is seen, and remembered',
    async () => {
      await users.find(id);
      const user = users.peek(id);
      return user && isThere(user) ? user : undefined;
    },
    2000,
  );
}

async function statementsOf(work: () => Promise<unknown>): Promise<number> {
  let statements = 0;
  const count = () => (statements += 1);
  poolOf(dataSource).on('acquire', count);
  await work();
  poolOf(dataSource).off('acquire', count);
  return statements;
}

describe('a live user', () => {
  test('holds what the token path decides on, and has no rules and no expiry', async () => {
    const company = await makeCompany(database, { name: 'Łódź “GmbH”' });
    const { id, email } = await make({ name: 'Ada Lovelace', companyId: company.id, status: 'inactive' });
    const { grants, ipMatcher, ...rest } = (await users.find(id)) ?? {};
    expect(rest).toEqual({
      type: 'user',
      id,
      name: 'Ada Lovelace',
      email,
      status: 'inactive',
      expiresAt: null,
      companyId: company.id,
      companyName: 'Łódź “GmbH”',
      ownCompanyId: company.id,
      companySuspended: false,
      reach: { companyId: company.id, companyPath: company.path, subtree: false },
      roleId: 'role_company_admin',
      roleName: 'Company Admin',
      ipMode: 'off',
      companyRestrictions: [],
    });
    expect(grants?.get('management')?.scopes).toEqual(
      MANAGEMENT_PRIVILEGES.filter(({ level }) => level === 'company').map(({ scope }) => scope),
    );
    expect(ipMatcher?.hostNames).toEqual([]);
  });

  test('with the role Reseller reaches the companies below', async () => {
    const company = await makeCompany(database, { reseller: true });
    const { id } = await make({ companyId: company.id, roleId: 'role_reseller' });
    expect((await users.find(id))?.reach).toEqual({ companyId: company.id, companyPath: company.path, subtree: true });
  });

  test('shares what the role grants with all who have the same', async () => {
    const [one, two] = [await make(), await make()];
    const found = await Promise.all([users.find(one.id), users.find(two.id)]);
    expect(found[0]?.grants).toBe(found[1]?.grants);
  });

  test('has the rules of the company, the same object as its clients; who is exempt has none', async () => {
    const company = await makeCompany(database, enforced);
    const [bound, exempt] = [
      await make({ companyId: company.id }),
      await make({ companyId: company.id, ipExempt: true }),
    ];
    const { clientId } = await makeClient(opened.storage, { companyId: company.id });
    const clients = createLiveClients({ dataSource, feed, log: keepLog(), companies });
    const [one, other, client] = await Promise.all([
      users.find(bound.id),
      users.find(exempt.id),
      clients.find(clientId),
    ]);
    expect(one?.companyRestrictions).toMatchObject([{ companyId: company.id, mode: 'enforce' }]);
    expect(one?.companyRestrictions[0]).toBe(client?.companyRestrictions[0]);
    expect(other?.companyRestrictions).toEqual([]);
  });
});

describe('looking for one', () => {
  test('costs no query for what cannot be an id', async () => {
    const statements = await statementsOf(async () => {
      for (const id of ['', 'usr_', 'pst_a', `usr_${'a'.repeat(101)}`, 'usr_a\0', 'usr_é', 'usr_a b', "usr_'"]) {
        expect(await users.find(id)).toBeUndefined();
      }
    });
    expect(statements).toBe(0);
  });

  test('costs no query once it is remembered, and one for all who ask for nobody', async () => {
    const { id } = await make();
    await reopenReaders();
    await users.find(id);
    expect(await users.find('usr_nobody')).toBeUndefined();
    const statements = await statementsOf(async () => {
      for (let round = 0; round < 100; round++) {
        expect(await users.find(id)).toBe(users.peek(id));
        expect(await users.find('usr_nobody')).toBeUndefined();
      }
    });
    expect(statements).toBe(0);
    await make({ id: 'usr_nobody' });
    await remembered('usr_nobody', (user) => user.id === 'usr_nobody');
  });

  test('while the database cannot answer is unavailable; without a fresh feed it is asked each time', async () => {
    const { id } = await make();
    const broken = await openDataSource(database.connection, 1);
    const neverFresh = { isFresh: () => false, subscribe: () => undefined, onGap: () => undefined };
    const cautious = createLiveUsers({ dataSource: broken, feed: neverFresh, companies });
    expect(await cautious.find(id)).toMatchObject({ status: 'active' });
    expect(cautious.peek(id)).toBeUndefined();
    await database.query(`UPDATE user_account SET status = 'inactive' WHERE id = $1`, [id]);
    expect(await cautious.find(id)).toMatchObject({ status: 'inactive' });
    await broken.destroy();
    await expect(cautious.find(id)).rejects.toMatchObject({ code: 'service.unavailable' });
  });
});

describe('a change by another connection is seen:', () => {
  test.each<[string, string, (user: LiveUser) => boolean]>([
    ['the status', `status = 'inactive'`, ({ status }) => status === 'inactive'],
    ['the name', `name = 'Renamed'`, ({ name }) => name === 'Renamed'],
    ['the e-mail', `email = 'renamed@example.test'`, ({ email }) => email === 'renamed@example.test'],
    ['another role', `role_id = 'role_reseller'`, ({ reach, roleName }) => reach.subtree && roleName === 'Reseller'],
  ])('%s', async (_what, set, isSeen) => {
    const { id } = await make();
    expect(isSeen(await remembered(id, () => true))).toBe(false);
    await database.query(`UPDATE user_account SET ${set} WHERE id = $1`, [id]);
    await remembered(id, isSeen);
  });

  test('a move to another company, with its name, reach and rules', async () => {
    const company = await makeCompany(database, { name: 'Next', ...enforced });
    const { id } = await make();
    await remembered(id, ({ companyId }) => companyId === 'co_root');
    await database.query('UPDATE user_account SET company_id = $2 WHERE id = $1', [id, company.id]);
    const moved = await remembered(id, ({ companyId }) => companyId === company.id);
    expect(moved).toMatchObject({
      companyName: 'Next',
      ownCompanyId: company.id,
      reach: { companyPath: company.path },
      companyRestrictions: [{ companyId: company.id }],
    });
  });

  test('an exemption from the company’s rules, and its end', async () => {
    const company = await makeCompany(database, enforced);
    const { id } = await make({ companyId: company.id });
    expect((await users.find(id))?.companyRestrictions).toHaveLength(1);
    await database.query('UPDATE user_account SET ip_exempt = true WHERE id = $1', [id]);
    await remembered(id, ({ companyRestrictions }) => companyRestrictions.length === 0);
    await database.query('UPDATE user_account SET ip_exempt = false WHERE id = $1', [id]);
    await remembered(id, ({ companyRestrictions }) => companyRestrictions.length === 1);
  });

  test('the company’s rules', async () => {
    const company = await makeCompany(database);
    const { id } = await make({ companyId: company.id });
    expect((await users.find(id))?.companyRestrictions).toEqual([]);
    await database.query(`UPDATE company SET ip_mode = 'report', ip_rules = '{192.0.2.1}' WHERE id = $1`, [company.id]);
    await remembered(id, ({ companyRestrictions }) => companyRestrictions[0]?.mode === 'report');
  });

  test('that a company above is suspended', async () => {
    const above = await makeCompany(database, { reseller: true });
    const company = await makeCompany(database, { parentId: above.id });
    const { id } = await make({ companyId: company.id });
    expect(await users.find(id)).toMatchObject({ companySuspended: false });
    await database.query(`UPDATE company SET status = 'suspended' WHERE id = $1`, [above.id]);
    await remembered(id, ({ companySuspended }) => companySuspended);
  });

  test('what the role grants and is called, and what an API offers', async () => {
    const roleId = await makeRole(database, { companyId: 'co_root' });
    const { id } = await make({ roleId });
    expect((await users.find(id))?.grants.size).toBe(0);
    await makeApi(database, { id: 'shop', privileges: [{ scope: 'a' }] });
    await database.query(`INSERT INTO role_privilege (role_id, api_id, scope) VALUES ($1, 'shop', 'a')`, [roleId]);
    await remembered(id, ({ grants }) => grants.get('shop')?.scopes.join() === 'a');
    await database.query(`UPDATE role SET name = 'Renamed' WHERE id = $1`, [roleId]);
    await remembered(id, ({ roleName }) => roleName === 'Renamed');
    await database.query(`UPDATE api SET available_to_all = false WHERE id = 'shop'`);
    await remembered(id, ({ grants }) => grants.size === 0);
  });

  test('that they are deleted', async () => {
    const { id } = await make();
    await remembered(id, () => true);
    await database.query('DELETE FROM user_account WHERE id = $1', [id]);
    await eventually('they are gone', async () => (await users.find(id)) === undefined, 2000);
    expect(users.peek(id)).toBeUndefined();
  });

  test('and a sign-in is none, nor what happens to others', async () => {
    const [signed, changed] = [await make(), await make()];
    await reopenReaders();
    const before = await remembered(signed.id, () => true);
    await remembered(changed.id, () => true);
    await database.query('UPDATE user_account SET last_sign_in_at = now() WHERE id = $1', [signed.id]);
    await database.query(`UPDATE user_account SET name = 'Renamed' WHERE id = $1`, [changed.id]);
    await remembered(changed.id, ({ name }) => name === 'Renamed');
    expect(users.peek(signed.id)).toBe(before);
  });
});

// Live companies: what is read of one, that a change never leaves the old picture behind, and that clients have their company's rules.

import type { DataSource } from 'typeorm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type IpAddress, parseIpAddress } from '../../src/domain/address/ip-address.ts';
import { MANAGEMENT_PRIVILEGES } from '../../src/domain/api/privilege.ts';
import type { LiveClients } from '../../src/domain/client/live-client.ts';
import type { LiveCompanies, LiveCompany } from '../../src/domain/company/live-company.ts';
import type { ChangeFeed } from '../../src/storage/change-feed.ts';
import { createLiveClients } from '../../src/storage/live-clients.ts';
import { createLiveCompanies } from '../../src/storage/live-companies.ts';
import { poolOf } from '../../src/storage/pool.ts';
import { createTestDatabase, openTestStorage, type TestDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { makeApi, makeClient, makeCompany } from '../support/factories.ts';
import { keepLog, openDataSource, openFeed } from './live-parts.ts';

let database: TestDatabase;
let dataSource: DataSource;
let feed: ChangeFeed;
let companies: LiveCompanies;
let clients: LiveClients;

beforeAll(async () => {
  database = await createTestDatabase();
  dataSource = await openDataSource(database.connection);
});

beforeEach(async () => {
  feed = await openFeed(dataSource);
  companies = createLiveCompanies({ dataSource, feed, log: keepLog() });
  clients = createLiveClients({ dataSource, feed, log: keepLog(), companies });
});

afterEach(async () => {
  await feed.close();
});

afterAll(async () => {
  await dataSource.destroy();
  await database.drop();
});

const restricted = (mode: 'off' | 'report' | 'enforce', ...rules: string[]) => ({ ipRestriction: { mode, rules } });

function scopesOf(level: readonly string[]): readonly string[] {
  return MANAGEMENT_PRIVILEGES.filter((privilege) => level.includes(privilege.level)).map(({ scope }) => scope);
}

/** As soon as the live view shows it; fails when it never does. */
async function seen(id: string, isThere: (company: LiveCompany | undefined) => boolean): Promise<void> {
  await eventually('the change is seen', async () => isThere(await companies.find(id)), 2000);
  const peeked = await eventually('and remembered', async () => {
    await companies.find(id);
    return companies.peek(id);
  });
  expect(isThere(peeked)).toBe(true);
}

describe('a live company', () => {
  test('holds what narrowing and the access decision need', async () => {
    const parent = await makeCompany(database, { reseller: true });
    const { id, path } = await makeCompany(database, {
      parentId: parent.id,
      name: 'Łódź “GmbH”',
      ...restricted('enforce', '192.0.2.0/24'),
    });
    const company = await companies.find(id);
    expect(company).toMatchObject({
      id,
      name: 'Łódź “GmbH”',
      path,
      reseller: false,
      suspended: false,
      restriction: { companyId: id, companyName: 'Łódź “GmbH”', mode: 'enforce' },
    });
    expect(company?.restriction?.matcher.allows(parseIpAddress('192.0.2.9'))).toBe(true);
    expect(company?.restriction?.matcher.allows(parseIpAddress('192.0.3.9'))).toBe(false);
    expect(companies.peek(id)).toBe(company);
  });

  test.each([
    ['a plain company', false, ['company']],
    ['a reseller', true, ['company', 'reseller']],
  ])('of %s has the role Reseller’s grants up to its level', async (_name, reseller, levels) => {
    const { id } = await makeCompany(database, { reseller });
    expect((await companies.find(id))?.resellerGrants.get('management')?.scopes).toEqual(scopesOf(levels));
  });

  test('of the root company has them all', async () => {
    const root = await companies.find('co_root');
    expect(root?.resellerGrants.get('management')?.scopes).toEqual(scopesOf(['company', 'reseller', 'root']));
    expect(root).toMatchObject({ path: 'co_root/', reseller: true, restriction: undefined });
  });

  test('has grants of the APIs that are available to it or above it, and of no other', async () => {
    const parent = await makeCompany(database, { reseller: true });
    const { id } = await makeCompany(database, { parentId: parent.id });
    const privileges = [{ scope: 'read' }, { scope: 'resell', level: 'reseller' as const }];
    await makeApi(database, { id: 'above', availableTo: [parent.id], privileges });
    await makeApi(database, { id: 'elsewhere', availableTo: [], privileges });
    const grants = (await companies.find(id))?.resellerGrants;
    expect([...(grants?.keys() ?? [])]).toEqual(['above', 'management']);
    expect(grants?.get('above')).toEqual({
      id: 'above',
      identifier: 'https://above.example.test',
      name: 'above',
      scopes: ['read'],
    });
  });

  test('shares one object for what thousands have the same', async () => {
    const [one, two] = [await makeCompany(database), await makeCompany(database)];
    expect((await companies.find(one.id))?.resellerGrants).toBe((await companies.find(two.id))?.resellerGrants);
  });

  test('lets nobody in by a rule that cannot be read, and says so', async () => {
    const log = keepLog();
    const watched = createLiveCompanies({ dataSource, feed, log });
    const { id } = await makeCompany(database, restricted('enforce', '1.2.3', '192.0.2.1'));
    const matcher = (await watched.find(id))?.restriction?.matcher;
    expect(matcher?.allows(parseIpAddress('192.0.2.1'))).toBe(true);
    expect(matcher?.allows(parseIpAddress('1.2.3.4'))).toBe(false);
    expect(log.messages).toEqual(['stored IP rules cannot be read']);
  });

  test('asks for host names at every check', async () => {
    const stands: IpAddress[] = [];
    const resolving = createLiveCompanies({ dataSource, feed, log: keepLog(), resolveHost: () => stands });
    const { id } = await makeCompany(database, restricted('enforce', 'office.example.com'));
    const matcher = (await resolving.find(id))?.restriction?.matcher;
    expect(matcher?.hostNames).toEqual(['office.example.com']);
    expect(matcher?.allows(parseIpAddress('192.0.2.1'))).toBe(false);
    stands.push(parseIpAddress('192.0.2.1') as IpAddress);
    expect(matcher?.allows(parseIpAddress('192.0.2.1'))).toBe(true);
  });

  test('is not looked for under an id that cannot be one', async () => {
    let statements = 0;
    const count = () => (statements += 1);
    poolOf(dataSource).on('acquire', count);
    for (const id of ['', 'co_', 'root', `co_${'a'.repeat(101)}`, 'co_a\0', 'co_é', 'co_a b', "co_'"]) {
      expect(await companies.find(id)).toBeUndefined();
    }
    expect(statements).toBe(0);
    expect(await companies.find('co_nowhere')).toBeUndefined();
    poolOf(dataSource).off('acquire', count);
    expect(statements).toBe(1);
  });
});

describe('a change by another connection is seen', () => {
  test('of the company itself', async () => {
    const { id } = await makeCompany(database);
    expect(await companies.find(id)).toMatchObject({ reseller: false });
    await database.query('UPDATE company SET name = $2, reseller = true WHERE id = $1', [id, 'Renamed']);
    await seen(id, (company) => company?.name === 'Renamed' && company.reseller);
  });

  test('that suspends a company far above, and lets it in again', async () => {
    const top = await makeCompany(database, { reseller: true });
    const middle = await makeCompany(database, { parentId: top.id, reseller: true });
    const { id } = await makeCompany(database, { parentId: middle.id });
    expect(await companies.find(id)).toMatchObject({ suspended: false });
    await database.query(`UPDATE company SET status = 'suspended' WHERE id = $1`, [top.id]);
    await seen(id, (company) => company?.suspended === true);
    await database.query(`UPDATE company SET status = 'active' WHERE id = $1`, [top.id]);
    await seen(id, (company) => company?.suspended === false);
  });

  test('of its IP rules', async () => {
    const { id } = await makeCompany(database);
    expect((await companies.find(id))?.restriction).toBeUndefined();
    await database.query(`UPDATE company SET ip_mode = 'enforce', ip_rules = '{192.0.2.1}' WHERE id = $1`, [id]);
    await seen(id, (company) => company?.restriction?.mode === 'enforce');
  });

  test('of what an API offers and to whom', async () => {
    const { id } = await makeCompany(database);
    await makeApi(database, { id: 'late', availableTo: [], privileges: [{ scope: 'read' }] });
    expect((await companies.find(id))?.resellerGrants.has('late')).toBe(false);
    await database.query('INSERT INTO api_company (api_id, company_id) VALUES ($1, $2)', ['late', id]);
    await seen(id, (company) => company?.resellerGrants.has('late') === true);
    await database.query(
      `INSERT INTO privilege (api_id, scope, group_name, description, level, position) VALUES ('late', 'write', 'G', '', 'company', 2)`,
    );
    await seen(id, (company) => company?.resellerGrants.get('late')?.scopes.join() === 'read,write');
  });

  test('that makes it, and that deletes it', async () => {
    expect(await companies.find('co_to_come')).toBeUndefined();
    await makeCompany(database, { id: 'co_to_come' });
    await seen('co_to_come', (company) => company?.id === 'co_to_come');
    await database.query(`DELETE FROM company WHERE id = 'co_to_come'`);
    await eventually('it is gone', async () => (await companies.find('co_to_come')) === undefined, 2000);
  });

  test('and leaves companies elsewhere in memory', async () => {
    const [changed, other] = [await makeCompany(database), await makeCompany(database)];
    const remembered = await companies.find(other.id);
    await companies.find(changed.id);
    await database.query(`UPDATE company SET status = 'suspended' WHERE id = $1`, [changed.id]);
    await seen(changed.id, (company) => company?.suspended === true);
    expect(companies.peek(other.id)).toBe(remembered);
  });
});

test('while the feed is silent every read asks the database', async () => {
  const silent = { isFresh: () => false, subscribe: () => undefined, onGap: () => undefined };
  const cautious = createLiveCompanies({ dataSource, feed: silent, log: keepLog() });
  const { id } = await makeCompany(database);
  expect(await cautious.find(id)).toMatchObject({ suspended: false });
  expect(cautious.peek(id)).toBeUndefined();
  await database.query(`UPDATE company SET status = 'suspended' WHERE id = $1`, [id]);
  expect(await cautious.find(id)).toMatchObject({ suspended: true });
});

describe('the clients of a company', () => {
  test('have its rules, all the same object; those of companies above are not theirs', async () => {
    const storage = await openTestStorage(database.connection);
    const parent = await makeCompany(database, { reseller: true, ...restricted('enforce', '10.0.0.0/8') });
    const company = await makeCompany(database, { parentId: parent.id, ...restricted('report', '192.0.2.0/24') });
    const free = await makeCompany(database, { parentId: parent.id, ...restricted('off', '192.0.2.0/24') });
    const made = [company, company, free, parent].map(({ id }) => makeClient(storage.storage, { companyId: id }));
    const ids = (await Promise.all(made)).map(({ clientId }) => clientId);
    const [one, two, without, above] = await Promise.all(ids.map((id) => clients.find(id)));
    expect(one?.companyRestrictions).toMatchObject([{ companyId: company.id, mode: 'report' }]);
    expect(two?.companyRestrictions[0]).toBe(one?.companyRestrictions[0]);
    expect(without?.companyRestrictions).toEqual([]);
    expect(above?.companyRestrictions).toMatchObject([{ companyId: parent.id, mode: 'enforce' }]);
    await storage.close();
  });

  test('have them anew at once when the company changes', async () => {
    const storage = await openTestStorage(database.connection);
    const company = await makeCompany(database);
    const { clientId } = await makeClient(storage.storage, { companyId: company.id });
    expect((await clients.find(clientId))?.companyRestrictions).toEqual([]);
    const rulesOf = async () => (await clients.find(clientId))?.companyRestrictions.map(({ mode }) => mode).join();
    for (const mode of ['enforce', 'report', 'off']) {
      await database.query(`UPDATE company SET ip_mode = $2, ip_rules = '{192.0.2.1}' WHERE id = $1`, [
        company.id,
        mode,
      ]);
      await eventually(mode, async () => (await rulesOf()) === (mode === 'off' ? '' : mode), 2000);
    }
    await storage.close();
  });
});

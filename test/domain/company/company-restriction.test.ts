// The IP restriction of a whole company: who may save one, in what form it is kept, and when is asked first.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import { Problem } from '../../../src/base/problem.ts';
import type { Caller } from '../../../src/domain/access/caller.ts';
import { OwnAddressProblem } from '../../../src/domain/access/own-address.ts';
import { parseIpAddress } from '../../../src/domain/address/ip-address.ts';
import type { IpRestriction } from '../../../src/domain/address/ip-rule-list.ts';
import type { KnownHosts } from '../../../src/domain/address/kept-restriction.ts';
import { type CompanyService, createCompanyService } from '../../../src/domain/company/company-service.ts';
import type { Company } from '../../../src/domain/company/company.ts';
import { rootCompany, toCaller } from '../../api/api-server.ts';
import { createTestDatabase, openTestStorage, type TestDatabase, type TestStorage } from '../../support/database.ts';
import { makeCompany } from '../../support/factories.ts';

let database: TestDatabase;
let opened: TestStorage;
let companies: CompanyService;
let company: Company;

/** Of these names something has been heard. */
const heard = new Set<string>();

/** home.test stands for one address, every other name for nothing. */
const hosts: KnownHosts = {
  resolve: (name) =>
    [parseIpAddress('203.0.113.9')].flatMap((each) => (name === 'home.test' && heard.has(name) && each) || []),
  ready: async (names) => names.forEach((name) => heard.add(name)),
  state: (name) => ({
    name,
    status: name === 'home.test' ? 'resolved' : 'no_such_name',
    addresses: hosts.resolve(name),
    since: null,
    checkedAt: null,
    closesAt: null,
    failure: null,
  }),
};

beforeAll(async () => {
  database = await createTestDatabase();
  opened = await openTestStorage(database.connection);
  companies = createCompanyService({ storage: opened.storage, clock: systemClock, hosts });
});

afterAll(async () => {
  await opened.close();
  await database.drop();
});

beforeEach(async () => {
  heard.clear();
  company = await makeCompany(database, { reseller: true });
});

const from = (ip: string | null, caller = toCaller('root', { company: rootCompany, role: 'reseller' })): Caller => ({
  ...caller,
  origin: { requestId: 'r', ip, userAgent: null },
});

const save = (caller: Caller, ipRestriction: Partial<IpRestriction>, isConfirmed?: boolean) =>
  companies.update(caller, company.id, { ipRestriction }, undefined, isConfirmed);

async function refusalOf(attempt: Promise<unknown>): Promise<Problem> {
  const error = await attempt.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof Problem)) throw new Error('it was not refused', { cause: error });
  return error;
}

const stored = async () => (await companies.get(from(null), company.id)).ipRestriction;

describe('saving', () => {
  test('keeps rules in canonical form, says what was changed, and tells old and new', async () => {
    const saved = await save(from('192.168.1.7'), { mode: 'enforce', rules: ['192.168.1.30/24', '::1/128'] });
    const kept = { mode: 'enforce', rules: ['192.168.1.0/24', '::1'] };
    expect(saved).toMatchObject({ ipRestriction: kept, version: 2 });
    expect(saved.notices.map(({ pointer }) => pointer)).toContain('/ip_restriction/rules/0');
    expect(await stored()).toEqual(kept);
    const [event] = await database.query<{ action: string; changes: unknown }>(
      'SELECT action, changes FROM audit_event WHERE target_id = $1',
      [company.id],
    );
    expect(event).toEqual({
      action: 'company.updated',
      changes: { ip_restriction: [{ mode: 'off', rules: [] }, kept] },
    });
  });

  test('a mode is switched without sending the list again; what lets in nobody is refused', async () => {
    expect((await refusalOf(save(from('192.0.2.1'), { mode: 'report' }))).errors[0]?.pointer).toBe(
      '/ip_restriction/rules',
    );
    await save(from('192.0.2.1'), { mode: 'report', rules: ['198.51.100.0/24'] });
    await save(from('198.51.100.3'), { mode: 'enforce' });
    expect(await stored()).toEqual({ mode: 'enforce', rules: ['198.51.100.0/24'] });
  });

  test('each rule that is none is pointed at, and nothing is kept', async () => {
    const refusal = await refusalOf(
      save(from('192.0.2.1'), { mode: 'enforce', rules: ['192.0.2.1', '010.0.0.1', 'x y'] }),
    );
    expect(refusal.errors.map(({ pointer }) => pointer)).toEqual([
      '/ip_restriction/rules/1',
      '/ip_restriction/rules/2',
    ]);
    expect(await stored()).toEqual({ mode: 'off', rules: [] });
  });

  test('comes with a new company too', async () => {
    const ipRestriction = { mode: 'enforce', rules: ['192.0.2.0/25'] } as const;
    const made = await companies.create(from('192.0.2.1'), {
      name: 'Restricted',
      ipRestriction: { ...ipRestriction, rules: [...ipRestriction.rules] },
    });
    expect(made.ipRestriction).toEqual(ipRestriction);
  });
});

describe('host names that match nobody now', () => {
  const rules = ['192.0.2.1', 'home.test', 'gone.test'];
  const gone = {
    pointer: '/ip_restriction/rules/2',
    detail: expect.stringContaining('gone.test: The DNS has no such name'),
  };

  test('are saved and told at the entry that was sent, with a new company too', async () => {
    const caller = from('192.0.2.1');
    expect((await save(caller, { mode: 'enforce', rules })).notices).toEqual([gone]);
    const made = await companies.create(caller, { name: 'Hosts', ipRestriction: { mode: 'report', rules } });
    expect(made.notices).toEqual([gone]);
    expect(made.ipRestriction.rules).toContain('gone.test');
  });

  test('are told again when the mode is switched on, not while it is off, nor when something else is changed', async () => {
    const caller = from('192.0.2.1');
    expect((await save(caller, { mode: 'off', rules })).notices).toEqual([]);
    // Pointed at is what was sent.
    expect((await save(caller, { mode: 'enforce' })).notices).toEqual([
      { pointer: '/ip_restriction/mode', detail: gone.detail },
    ]);
    expect((await companies.update(caller, company.id, { name: 'Renamed with hosts' })).notices).toEqual([]);
  });
});

describe('one’s own address', () => {
  test.each([
    ['another', '192.0.2.1', ['198.51.100.0/24']],
    ['an unknown', null, ['0.0.0.0/0', '::/0']],
    ['one that a host name does not stand for', '192.0.2.1', ['home.test']],
  ])('%s address asks first, and saves when it is confirmed', async (_name, ip, rules) => {
    const refusal = await refusalOf(save(from(ip), { mode: 'enforce', rules }));
    expect(refusal).toBeInstanceOf(OwnAddressProblem);
    expect(refusal).toMatchObject({ status: 409, errors: [{ pointer: '/ip_restriction/rules' }] });
    if (ip) expect(refusal.detail).toContain(ip);
    expect(await stored()).toEqual({ mode: 'off', rules: [] });
    await save(from(ip), { mode: 'enforce', rules }, true);
    expect(await stored()).toEqual({ mode: 'enforce', rules });
  });

  test.each([
    ['the list lets it in', '192.0.2.1', 'enforce', ['192.0.2.0/24']],
    ['a host name stands for it', '203.0.113.9', 'enforce', ['home.test']],
    ['the restriction only reports', '192.0.2.1', 'report', ['198.51.100.1']],
    ['the restriction is off', '192.0.2.1', 'off', ['198.51.100.1']],
  ] as const)('is not asked about when %s', async (_name, ip, mode, rules) => {
    await save(from(ip), { mode, rules: [...rules] });
    expect(await stored()).toEqual({ mode, rules });
  });

  test('nor when a list that was off is enforced, and a host name in it stands for it', async () => {
    await save(from('203.0.113.9'), { mode: 'off', rules: ['home.test'] });
    heard.clear();
    await save(from('203.0.113.9'), { mode: 'enforce' });
    expect(await stored()).toEqual({ mode: 'enforce', rules: ['home.test'] });
  });

  test('nor when something else is changed, nor by the command line', async () => {
    await save(from('192.0.2.1'), { mode: 'enforce', rules: ['198.51.100.1'] }, true);
    expect(await companies.update(from('192.0.2.1'), company.id, { name: 'Renamed' })).toMatchObject({
      name: 'Renamed',
    });
    const system: Caller = { ...from(null), type: 'system' };
    expect(await save(system, { rules: ['198.51.100.2'] })).toMatchObject({ version: 4 });
  });

  test('a new company asks as well', async () => {
    const input = { name: 'Shut', ipRestriction: { mode: 'enforce' as const, rules: ['198.51.100.1'] } };
    expect(await refusalOf(companies.create(from('192.0.2.1'), input))).toBeInstanceOf(OwnAddressProblem);
    expect(await companies.create(from('192.0.2.1'), input, true)).toMatchObject({ name: 'Shut' });
  });
});

describe('whose business it is', () => {
  test('of one’s own company too, unlike its name', async () => {
    const own = from('192.0.2.1', toCaller('own', { company, role: 'reseller' }));
    expect(await save(own, { mode: 'enforce', rules: ['192.0.2.1'] })).toMatchObject({ version: 2 });
    expect(await refusalOf(companies.update(own, company.id, { name: 'x' }))).toMatchObject({ status: 403 });
    expect(
      await refusalOf(companies.update(own, company.id, { name: 'x', ipRestriction: { mode: 'off' } })),
    ).toMatchObject({ status: 403 });
  });

  test('a company out of reach answers as one that does not exist', async () => {
    const other = await makeCompany(database, { reseller: true });
    const stranger = from('192.0.2.1', toCaller('stranger', { company: other, role: 'reseller' }));
    expect(await refusalOf(save(stranger, { mode: 'off' }))).toMatchObject({ status: 404 });
  });
});

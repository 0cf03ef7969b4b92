// POST /oauth2/token with `company_id`: a client with the role Reseller gets a token that is confined to a company below its own.

import { decodeJwt } from 'jose';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Caller } from '../../src/domain/access/caller.ts';
import { MANAGEMENT_PRIVILEGES, type PrivilegeLevel } from '../../src/domain/api/privilege.ts';
import type { ClientRegistration } from '../../src/domain/client/client-fields.ts';
import { type CompanyService, createCompanyService } from '../../src/domain/company/company-service.ts';
import { RESELLER_ROLE_ID } from '../../src/domain/role/role.ts';
import { eventually } from '../support/eventually.ts';
import { makeApi, makeCompany } from '../support/factories.ts';
import { type Installation, startInstallation, type TestClient } from './installation.ts';
import { type Answer, eventOf, fetchToken, GRANT, introspect, send } from './requests.ts';
import { TICKETS, WATCHER_ROLE } from './tenants.ts';

let installation: Installation;
let companies: CompanyService;
/** Of co_acme, with the role Reseller. */
let reseller: TestClient;
/** An administrator of root who may do everything. */
let admin: Caller;

beforeAll(async () => {
  installation = await startInstallation();
  admin = installation.admin;
  companies = createCompanyService(installation);
  reseller = await register({ name: 'acme automation' });
  // root ─ acme ─ acme_us (a reseller) ─ acme_us_shop
  await makeCompany(installation.database, { id: 'co_acme_us', parentId: 'co_acme', reseller: true });
  await makeCompany(installation.database, { id: 'co_acme_us_shop', parentId: 'co_acme_us' });
});

afterAll(() => installation.close());

function register(registration: Partial<ClientRegistration> = {}): Promise<TestClient> {
  return installation.register({ companyId: 'co_acme', roleId: RESELLER_ROLE_ID, ...registration });
}

let hosts = 0;
/** An address of its own for each, so that they do not throttle each other. */
const freshAddress = () => `198.18.${(hosts += 1) >> 8}.${hosts & 255}`;

function ask(basic: TestClient, form: Record<string, string>, from = freshAddress()): Promise<Answer> {
  return send(installation, { basic, body: { ...GRANT, ...form }, from });
}

function tokenFor(client: TestClient, companyId: string, form: Record<string, string> = {}): Promise<string> {
  return fetchToken(installation, client, { company_id: companyId, ...form }, freshAddress());
}

async function isActive(caller: TestClient, token: string): Promise<boolean> {
  const { json } = await introspect(installation, caller, { token }, freshAddress());
  if (!json.active) expect(json).toEqual({ active: false });
  return json.active;
}

function managementScopes(...levels: PrivilegeLevel[]): string {
  return MANAGEMENT_PRIVILEGES.filter(({ level }) => levels.includes(level))
    .map(({ scope }) => scope)
    .join(' ');
}

describe('a company below', () => {
  test.each([
    ['a plain company', 'co_acme_eu', ['company']],
    ['a reseller', 'co_acme_us', ['company', 'reseller']],
    ['one below a reseller below', 'co_acme_us_shop', ['company']],
  ] as const)('%s: the token is confined to it, with the scopes of its level', async (_name, companyId, levels) => {
    const answer = await ask(reseller, { company_id: companyId });
    expect(answer).toMatchObject({ status: 200, json: { scope: managementScopes(...levels), expires_in: 86_400 } });
    expect(decodeJwt(answer.json.access_token)).toMatchObject({
      company_id: companyId,
      role: 'Reseller',
      client_id: reseller.clientId,
      scope: managementScopes(...levels),
    });
  });

  test('its own company is no narrowing, for a client of any role', async () => {
    const own = await ask(reseller, { company_id: 'co_acme' });
    expect(own.json.scope).toBe(managementScopes('company', 'reseller'));
    expect(eventOf(installation, own)?.details).not.toHaveProperty('client_company_id');
    const plain = await installation.register({ companyId: 'co_acme_eu' });
    expect((await ask(plain, { company_id: 'co_acme_eu' })).status).toBe(200);
  });

  test('an empty company_id was not sent (RFC 6749 §3.1)', async () => {
    const answer = await ask(reseller, { company_id: '' });
    expect(decodeJwt(answer.json.access_token)['company_id']).toBe('co_acme');
  });

  test('scope and resource are asked for as ever, of what is held there', async () => {
    const tickets = await ask(reseller, { company_id: 'co_acme_eu', resource: TICKETS, scope: 'tickets:read' });
    expect(decodeJwt(tickets.json.access_token)).toMatchObject({ aud: TICKETS, company_id: 'co_acme_eu' });
    const beyond = await ask(reseller, { company_id: 'co_acme_eu', scope: 'companies:write' });
    expect([beyond.status, beyond.json.error]).toEqual([400, 'invalid_scope']);
    expect((await ask(reseller, { company_id: 'co_acme_us', scope: 'companies:write' })).status).toBe(200);
  });

  test('an API that is available there, and not to the client’s own company, is held there alone', async () => {
    await makeCompany(installation.database, { id: 'co_acme_local', parentId: 'co_acme' });
    const privileges = [{ scope: 'local:read' }];
    await makeApi(installation.database, { id: 'local', availableTo: ['co_acme_local'], privileges });
    const there = { company_id: 'co_acme_local', scope: 'local:read' };
    await eventually('the API is known', async () => (await ask(reseller, there)).status === 200, 2000);
    for (const form of [{}, { company_id: 'co_acme_eu' }, { company_id: 'co_acme_us' }]) {
      const { json } = await ask(reseller, { ...form, scope: 'local:read' });
      expect(json.error).toBe('invalid_scope');
    }
  });
});

describe('any other company', () => {
  let plain: TestClient;
  beforeAll(async () => {
    plain = await installation.register({ companyId: 'co_acme' });
  });

  test('gets one and the same invalid_target, whether it exists or not, and whoever asks', async () => {
    const below = await register({ companyId: 'co_acme_us' });
    const cases: [TestClient, string][] = [
      [reseller, 'co_nowhere'],
      [reseller, 'co_bolt'],
      [reseller, 'co_root'],
      [reseller, 'nonsense \u{1f600} '],
      [reseller, `co_${'x'.repeat(5000)}`],
      [below, 'co_acme'],
      [below, 'co_acme_eu'],
      [plain, 'co_acme_eu'],
      [plain, 'co_nowhere'],
      [plain, 'co_bolt'],
    ];
    const answers = new Set<string>();
    for (const [client, companyId] of cases) {
      const answer = await ask(client, { company_id: companyId });
      const { 'x-request-id': _id, date: _date, ...headers } = answer.headers;
      answers.add(JSON.stringify([answer.status, headers, answer.json]));
      const event = eventOf(installation, answer);
      expect(event).toMatchObject({ action: 'token.refused', reason: 'invalid_target', outcome: 'failure' });
      expect(event?.companyId, 'in the log of the client’s own company').toMatch(/^co_acme(_us)?$/);
      if (/^co_\w{1,20}$/.test(companyId)) expect(event?.details).toMatchObject({ company_id: companyId });
    }
    expect([...answers]).toEqual([expect.stringContaining('"error":"invalid_target"')]);
  });

  test('in the URL is refused: who sends it there means it', async () => {
    const answer = await send(installation, {
      path: '/oauth2/token?company_id=co_acme_eu',
      basic: reseller,
      body: GRANT,
      from: freshAddress(),
    });
    expect([answer.status, answer.json.error]).toEqual([400, 'invalid_request']);
  });

  test('twice is refused', async () => {
    const body = 'grant_type=client_credentials&company_id=co_acme_eu&company_id=co_acme_us';
    const answer = await send(installation, { basic: reseller, body, from: freshAddress() });
    expect([answer.status, answer.json.error]).toEqual([400, 'invalid_request']);
  });
});

describe.each(['jwt', 'opaque'] as const)('a narrowed %s token at work', (tokenFormat) => {
  let client: TestClient;
  let token: string;
  beforeAll(async () => {
    client = await register({ tokenFormat });
    token = await tokenFor(client, 'co_acme_eu', { scope: 'clients:read users:read' });
  });

  test('introspection tells the company that it is confined to', async () => {
    const { json } = await introspect(installation, client, { token });
    expect(json).toMatchObject({
      active: true,
      company_id: 'co_acme_eu',
      client_id: client.clientId,
      role: 'Reseller',
      scope: 'clients:read users:read',
    });
  });

  test('it is seen by whoever reaches that company, and by nobody beside it', async () => {
    const watcherIn = async (companyId: string) =>
      installation.register({ companyId, name: `watcher of ${companyId}` });
    expect(await isActive(await watcherIn('co_acme_eu'), token), 'that company’s own').toBe(true);
    expect(await isActive(await register(), token), 'the reseller’s, with all below').toBe(true);
    expect(await isActive(await register({ companyId: 'co_root' }), token), 'root’s, with all below').toBe(true);
    expect(await isActive(await watcherIn('co_acme'), token), 'a role that reaches the reseller alone').toBe(false);
    expect(await isActive(await watcherIn('co_bolt'), token)).toBe(false);
    expect(await isActive(await register({ companyId: 'co_acme_us' }), token)).toBe(false);
    expect(await isActive(await installation.register({ roleId: WATCHER_ROLE }), token)).toBe(false);
  });

  test('its client revokes it, and that alone', async () => {
    const other = await tokenFor(client, 'co_acme_eu');
    const answer = await send(installation, { path: '/oauth2/revoke', basic: client, body: { token: other } });
    expect(answer.status).toBe(200);
    expect(await isActive(client, other)).toBe(false);
    expect(await isActive(client, token)).toBe(true);
  });

  test('it dies with the role Reseller and with all tokens of its client', async () => {
    const { clients } = installation;
    const demoted = await register({ tokenFormat });
    const theirs = await tokenFor(demoted, 'co_acme_eu');
    const caller = await register();
    expect(await isActive(caller, theirs)).toBe(true);
    await clients.update(admin, demoted.clientId, { roleId: 'role_company_admin' });
    expect(await isActive(caller, theirs)).toBe(false);
    await clients.update(admin, demoted.clientId, { roleId: RESELLER_ROLE_ID });
    expect(await isActive(caller, theirs), 'a pause, as with an inactive client').toBe(true);
    await clients.revokeTokens(admin, demoted.clientId);
    expect(await isActive(caller, theirs)).toBe(false);
  });

  test('it dies with its company', async () => {
    await makeCompany(installation.database, { id: `co_brief_${tokenFormat}`, parentId: 'co_acme' });
    const theirs = await tokenFor(client, `co_brief_${tokenFormat}`);
    expect(await isActive(client, theirs)).toBe(true);
    await companies.delete(admin, `co_brief_${tokenFormat}`);
    expect(await isActive(client, theirs)).toBe(false);
  });
});

describe('a suspended company', () => {
  afterEach(async () => {
    for (const id of ['co_acme', 'co_acme_us', 'co_acme_us_shop']) await companies.reactivate(admin, id);
  });

  test.each(['co_acme', 'co_acme_us', 'co_acme_us_shop'])(
    'when %s is suspended, tokens for co_acme_us_shop are refused at the very next request, new ones and those out',
    async (suspended) => {
      const watcher = await register({ companyId: 'co_root' });
      const own = await installation.register({ companyId: 'co_acme_us_shop' });
      const tokens = [await tokenFor(reseller, 'co_acme_us_shop'), await fetchToken(installation, own)];
      for (const token of tokens) expect(await isActive(watcher, token)).toBe(true);
      await companies.suspend(admin, suspended);
      for (const token of tokens) expect(await isActive(watcher, token)).toBe(false);
      for (const answer of [await ask(reseller, { company_id: 'co_acme_us_shop' }), await ask(own, {})]) {
        expect([answer.status, answer.json.error]).toEqual([401, 'invalid_client']);
        expect(answer.json.error_description).toContain(answer.headers['x-request-id']);
        expect(eventOf(installation, answer)).toMatchObject({ action: 'token.refused', reason: 'company_suspended' });
      }
      await companies.reactivate(admin, suspended);
      for (const token of tokens) expect(await isActive(watcher, token)).toBe(true);
      expect((await ask(reseller, { company_id: 'co_acme_us_shop' })).status).toBe(200);
    },
  );

  test('the client goes on acting for its own and for companies beside it', async () => {
    await companies.suspend(admin, 'co_acme_us');
    expect((await ask(reseller, {})).status).toBe(200);
    expect((await ask(reseller, { company_id: 'co_acme_eu' })).status).toBe(200);
  });

  test('the refusal stands in that company’s log and names both', async () => {
    await companies.suspend(admin, 'co_acme_us');
    const answer = await ask(reseller, { company_id: 'co_acme_us_shop' });
    expect(eventOf(installation, answer)).toMatchObject({
      companyId: 'co_acme_us_shop',
      details: { company_id: 'co_acme_us_shop', client_company_id: 'co_acme' },
    });
  });

  test('suspended behind our back, by SQL, it is refused a moment later', async () => {
    const token = await tokenFor(reseller, 'co_acme_us_shop');
    await installation.query(`UPDATE company SET status = 'suspended' WHERE id = 'co_acme_us'`);
    await eventually('it is refused', async () => !(await isActive(reseller, token)), 2000);
    await eventually('and none is issued', async () => {
      const { status } = await ask(reseller, { company_id: 'co_acme_us_shop' });
      return status === 401;
    });
  });
});

describe('the audit log', () => {
  test('has the event where the token acts, and names the client’s own company beside it', async () => {
    const answer = await ask(reseller, { company_id: 'co_acme_eu' });
    expect(eventOf(installation, answer)).toMatchObject({
      action: 'token.issued',
      companyId: 'co_acme_eu',
      actor: { type: 'client', id: reseller.clientId, name: 'acme automation' },
      details: { company_id: 'co_acme_eu', client_company_id: 'co_acme' },
    });
  });

  test('shows it to the reseller and to the company itself, and to nobody beside them', async () => {
    const answer = await ask(reseller, { company_id: 'co_acme_eu' });
    const page = { limit: 10, order: 'desc' } as const;
    const filter = { requestId: answer.headers['x-request-id'] };
    const reaches = {
      reseller: { companyId: 'co_acme', companyPath: 'co_root/co_acme/', subtree: true },
      itself: { companyId: 'co_acme_eu', companyPath: 'co_root/co_acme/co_acme_eu/', subtree: false },
      beside: { companyId: 'co_bolt', companyPath: 'co_root/co_bolt/', subtree: false },
    };
    const seen = async (who: keyof typeof reaches) => {
      const { items } = await installation.storage.read((stores) => stores.audit.list(filter, page, reaches[who]));
      return items.length;
    };
    expect([await seen('reseller'), await seen('itself'), await seen('beside')]).toEqual([1, 1, 0]);
  });
});

describe('IP rules of companies', () => {
  const restrict = (id: string, mode: 'off' | 'report' | 'enforce', ...rules: string[]) =>
    companies.update(
      admin,
      id,
      { ipRestriction: { mode, rules: rules.length > 0 ? rules : ['192.0.2.1'] } },
      undefined,
      true,
    );

  afterEach(async () => {
    for (const id of ['co_acme', 'co_acme_eu']) await restrict(id, 'off');
  });

  test('hold for the company’s own clients at the very next request, with a reason of their own', async () => {
    const client = await installation.register({ companyId: 'co_acme_eu' });
    const token = await fetchToken(installation, client, {}, '203.0.113.9');
    await restrict('co_acme_eu', 'enforce', '192.0.2.0/24');
    const refused = await ask(client, {}, '203.0.113.9');
    expect([refused.status, refused.json.error]).toEqual([401, 'invalid_client']);
    expect(eventOf(installation, refused)).toMatchObject({
      reason: 'company_address_refused',
      companyId: 'co_acme_eu',
    });
    expect((await ask(client, {}, '192.0.2.9')).status).toBe(200);
    const watcher = await register({ companyId: 'co_root' });
    const seenFrom = async (clientIp: string) =>
      (await introspect(installation, watcher, { token, client_ip: clientIp })).json.active;
    expect([await seenFrom('192.0.2.9'), await seenFrom('203.0.113.9')]).toEqual([true, false]);
  });

  test('in the mode report let pass and say so', async () => {
    const client = await installation.register({ companyId: 'co_acme_eu' });
    await restrict('co_acme_eu', 'report', '192.0.2.0/24');
    const reported = await ask(client, {}, '203.0.113.10');
    expect(reported.status).toBe(200);
    expect(eventOf(installation, reported)).toMatchObject({
      action: 'token.issued',
      reason: 'company_address_refused',
    });
    expect(eventOf(installation, await ask(client, {}, '192.0.2.10'))?.reason).toBeNull();
  });

  test('hold for narrowed clients: its own company’s and those of the company for which it acts', async () => {
    const client = await register();
    await restrict('co_acme', 'enforce', '192.0.2.0/24', '203.0.113.0/24');
    await restrict('co_acme_eu', 'enforce', '203.0.113.0/24', '198.51.100.0/24');
    const statusFrom = async (from: string, form = {}) => (await ask(client, form, from)).status;
    const there = { company_id: 'co_acme_eu' };
    expect(await statusFrom('203.0.113.77', there), 'in both').toBe(200);
    expect(await statusFrom('192.0.2.77', there), 'in its own alone').toBe(401);
    expect(await statusFrom('198.51.100.77', there), 'in the other alone').toBe(401);
    expect(await statusFrom('192.0.2.77'), 'acting for its own').toBe(200);
    const refused = await ask(client, there, '192.0.2.77');
    expect(eventOf(installation, refused)).toMatchObject({
      companyId: 'co_acme_eu',
      reason: 'company_address_refused',
      details: { client_company_id: 'co_acme' },
    });
  });

  test('are told to resource servers that send no client_ip: what all of them let in', async () => {
    const client = await register({
      ipRestriction: { mode: 'enforce', rules: ['203.0.113.0/28', '192.0.2.1'] },
    });
    const token = await fetchToken(installation, client, { company_id: 'co_acme_eu' }, '203.0.113.1');
    const allowed = async (form = {}) =>
      (await introspect(installation, client, { token, ...form }, '203.0.113.1')).json.allowed_ips;
    expect(await allowed(), 'its own rules, as they are kept').toEqual(['203.0.113.0/28', '192.0.2.1']);
    expect(await allowed({ client_ip: '203.0.113.2' }), 'nothing is left to check').toBeUndefined();
    await restrict('co_acme_eu', 'report', '10.0.0.0/8');
    expect(await allowed()).toEqual(['203.0.113.0/28', '192.0.2.1']);
    await restrict('co_acme_eu', 'enforce', '203.0.113.1-203.0.113.5', '10.0.0.0/8');
    expect(await allowed()).toEqual(['203.0.113.1-203.0.113.5']);
    await installation.clients.update(admin, client.clientId, { ipRestriction: { mode: 'off', rules: [] } });
    expect(await allowed()).toEqual(['203.0.113.1-203.0.113.5', '10.0.0.0/8']);
    await restrict('co_acme_eu', 'off');
    expect(await allowed(), 'anywhere').toBeUndefined();
  });
});

test('with the database away a company that is not in memory gets 503, never a verdict', async () => {
  const client = await register();
  await fetchToken(installation, client, {}, freshAddress());
  await makeCompany(installation.database, { id: 'co_acme_cold', parentId: 'co_acme' });
  installation.faults.storage = true;
  const answer = await ask(client, { company_id: 'co_acme_cold' }).finally(() => {
    installation.faults.storage = false;
  });
  expect(answer.status).toBe(503);
});

test('addresses of clients are remembered: uses, and refusals of those whose secret was right', async () => {
  const client = await register({ ipRestriction: { mode: 'enforce', rules: ['192.0.2.0/24'] } });
  const { clientId } = client;
  expect((await ask(client, { company_id: 'co_acme_eu' }, '192.0.2.50')).status).toBe(200);
  expect((await ask(client, {}, '203.0.113.50')).status).toBe(401);
  const wrong = { clientId, secret: reseller.secret };
  expect((await ask(wrong, {}, '203.0.113.51')).status).toBe(401);
  const sources = () =>
    installation.query(
      'SELECT ip, uses::integer, refusals::integer FROM client_source WHERE client_id = $1 ORDER BY ip',
      [clientId],
    );
  await eventually('they are written', async () => (await sources()).length > 0, 5000);
  expect(await sources()).toEqual([
    { ip: '192.0.2.50', uses: 1, refusals: 0 },
    { ip: '203.0.113.50', uses: 0, refusals: 1 },
  ]);
});

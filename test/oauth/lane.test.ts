// The short lane against the long way: the same requests to two servers, one of which sends everything through the engine. Status,
// headers, bodies, claims and audit events must be the same in all but what is random.

import { decodeJwt, decodeProtectedHeader } from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { NewAuditEvent } from '../../src/domain/audit/audit-event.ts';
import { createCredential } from '../../src/domain/client/credential.ts';
import { RESELLER_ROLE_ID } from '../../src/domain/role/role.ts';
import { makeCompany } from '../support/factories.ts';
import { type Installation, startInstallation, type TestClient } from './installation.ts';
import { type Answer, eventOf, GRANT, send, type Sending } from './requests.ts';
import { BILLING, EMPTY_ROLE, SUPPORT_ROLE, TICKETS, TICKETS_ROLE } from './tenants.ts';

interface Side {
  readonly installation: Installation;
  readonly clients: Readonly<Record<string, TestClient>>;
}

let withLane: Side;
let engineOnly: Side;

beforeAll(async () => {
  withLane = await startSide(true);
  engineOnly = await startSide(false);
});

afterAll(async () => {
  await withLane.installation.close();
  await engineOnly.installation.close();
});

const CLIENTS = {
  admin: {},
  reseller: { roleId: RESELLER_ROLE_ID },
  'reseller below': { roleId: RESELLER_ROLE_ID, companyId: 'co_acme' },
  'opaque reseller': { roleId: RESELLER_ROLE_ID, companyId: 'co_acme', tokenFormat: 'opaque' },
  support: { roleId: SUPPORT_ROLE },
  tickets: { roleId: TICKETS_ROLE, tokenLifetimeSeconds: 60 },
  nothing: { roleId: EMPTY_ROLE },
  opaque: { tokenFormat: 'opaque' },
  below: { companyId: 'co_acme_eu' },
  odd: { name: 'Łódź “quoted” \\ 日本' },
  reporting: { ipRestriction: { mode: 'report', rules: ['192.0.2.1'] } },
  enforcing: { ipRestriction: { mode: 'enforce', rules: ['192.0.2.1'] } },
} as const;

async function startSide(lane: boolean): Promise<Side> {
  const installation = await startInstallation({ lane });
  const { database } = installation;
  await makeCompany(database, { id: 'co_suspended', parentId: 'co_acme', status: 'suspended' });
  const ipRestriction = { mode: 'enforce', rules: ['192.0.2.1'] } as const;
  await makeCompany(database, { id: 'co_strict', parentId: 'co_acme', ipRestriction });
  const clients: Record<string, TestClient> = {};
  for (const [name, registration] of Object.entries(CLIENTS)) {
    const client = await installation.register(registration as object);
    clients[name] = client;
    // Remembered by both from here on.
    await send(installation, { basic: client, body: GRANT, from: '192.0.2.1' });
  }
  return { installation, clients };
}

const FORMS: readonly (string | Record<string, string>)[] = [
  {},
  { scope: '' },
  { scope: 'audit:read' },
  { scope: 'audit:read  clients:read' },
  { scope: ' audit:read ' },
  { scope: 'audit:read audit:read' },
  { scope: 'tickets:write tickets:read' },
  { scope: 'shared:read' },
  { scope: 'shared:read', resource: BILLING },
  { scope: 'apis:write' },
  { scope: 'nothing:here' },
  { scope: 'a"b' },
  { scope: 'é' },
  { scope: 'audit:read '.repeat(700) },
  { resource: TICKETS },
  { resource: BILLING },
  { resource: 'https://unknown.example' },
  { resource: 'relative' },
  { resource: `${TICKETS}#fragment` },
  { company_id: 'co_root' },
  { company_id: 'co_acme' },
  { company_id: 'co_acme_eu' },
  { company_id: 'co_acme_eu', scope: 'audit:read' },
  { company_id: 'co_acme_eu', scope: 'companies:read' },
  { company_id: 'co_acme_eu', resource: TICKETS },
  { company_id: 'co_bolt' },
  { company_id: 'co_suspended' },
  { company_id: 'co_strict' },
  { company_id: 'co_nowhere' },
  { company_id: '' },
  { company_id: 'co_acme_eu', grant_type: 'password' },
  { grant_type: 'password' },
  { grant_type: '' },
  { unknown: 'parameter' },
  'grant_type=client_credentials&scope=audit%3Aread+clients%3Aread',
  'scope=audit:read&grant_type=client_credentials',
  'grant_type=client_credentials&',
  'grant_type=client_credentials&scope=a&scope=b',
  'grant_type=client_credentials&scope=%zz',
];

type Ways = Record<string, (client: TestClient, form: string) => Sending>;

const WAYS: Ways = {
  basic: (basic, body) => ({ basic, body }),
  post: ({ clientId, secret }, form) => ({ body: `${form}&client_id=${clientId}&client_secret=${secret}` }),
  'basic and the id': (basic, form) => ({ basic, body: `${form}&client_id=${basic.clientId}` }),
  'basic and both': (basic, form) => ({
    basic,
    body: `${form}&client_id=${basic.clientId}&client_secret=${basic.secret}`,
  }),
  'encoded basic': ({ clientId, secret }, body) => ({
    basic: { clientId: clientId.replace('_', '%5F'), secret: secret.replace('_', '%5f') },
    body,
  }),
  'another secret': ({ clientId }, body) => ({ basic: { clientId, secret: createCredential('psts_') }, body }),
  'with an Origin': (basic, body) => ({ basic, body, headers: { origin: 'https://a.example', accept: 'text/html' } }),
  'with DPoP': (basic, body) => ({ basic, body, headers: { dpop: 'x', 'oauth-client-attestation-pop': 'y' } }),
};

let hosts = 0;

test.each(Object.keys(CLIENTS))('client %s gets the same from both, whatever it asks and however', async (name) => {
  let issued = 0;
  for (const form of FORMS) {
    const text = typeof form === 'string' ? form : new URLSearchParams({ ...GRANT, ...form }).toString();
    for (const [way, toSending] of Object.entries(WAYS)) {
      // A new address for each failure-prone request, but the one that the IP restrictions know for the others.
      const from = hosts % 2 === 0 ? '192.0.2.1' : `198.19.${(hosts >> 8) & 255}.${hosts & 255}`;
      hosts += 1;
      const sides = [withLane, engineOnly].map(async ({ installation, clients }) => {
        const client = clients[name] as TestClient;
        const answer = await send(installation, { ...toSending(client, text), from });
        return { status: answer.status, seen: comparable(answer, installation, client) };
      });
      const [left, right] = await Promise.all(sides);
      expect(left, `${way}: ${text.slice(0, 100)}`).toEqual(right);
      if (left?.status === 200) issued += 1;
    }
    // Failures from the one known address would throttle it.
    withLane.installation.clock.advance(61);
    engineOnly.installation.clock.advance(61);
  }
  if (name !== 'nothing') expect(issued).toBeGreaterThan(10);
});

test('plain requests do take the short lane, and no others', async () => {
  const { installation, clients } = withLane;
  const { keys } = installation;
  const ring = keys.current;
  // A key with which no engine can be built.
  keys.current = { ...ring, current: { ...ring.current, publicKey: null as never } };
  const statusOf = async (name: string, form: Record<string, string>) => {
    const answer = await send(installation, { basic: clients[name], body: { ...GRANT, ...form }, from: '192.0.2.1' });
    return answer.status;
  };
  expect(await statusOf('admin', {})).toBe(200);
  expect(await statusOf('admin', { scope: 'audit:read' })).toBe(200);
  expect(await statusOf('support', { resource: TICKETS })).toBe(200);
  expect(await statusOf('reseller', { company_id: 'co_acme_eu' })).toBe(200);
  expect(await statusOf('admin', { unknown: 'parameter' })).toBe(500);
  expect(await statusOf('opaque reseller', { company_id: 'co_acme_eu' })).toBe(500);
  expect(await statusOf('opaque', {})).toBe(500);
  keys.current = ring;
  expect(await statusOf('opaque', {})).toBe(200);
});

/** What must not differ; random and personal parts are replaced by their kind. */
function comparable(answer: Answer, installation: Installation, client: TestClient): object {
  const { date: _date, 'x-request-id': requestId = '', ...headers } = answer.headers;
  const neutral = (text: string) =>
    text
      .replaceAll(requestId, '<request>')
      .replaceAll(client.clientId, '<client>')
      .replaceAll(encodeURIComponent(client.clientId).replace('_', '%5F'), '<client>')
      .replaceAll(client.secret.slice(-4), '<hint>')
      .replaceAll(/\d-[0-9A-Za-z]{22}/g, '<jti>')
      .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<time>');
  const { access_token: token, ...body } = (answer.json ?? {}) as { access_token?: string };
  return {
    status: answer.status,
    headers: { ...headers, 'content-length': Object.hasOwn(headers, 'content-length') },
    members: Object.keys(answer.json ?? {}),
    body: neutral(JSON.stringify(body)),
    token: token === undefined ? undefined : describeToken(token, client),
    event: neutral(JSON.stringify(withoutTimes(eventOf(installation, answer)) ?? null)),
  };
}

function describeToken(token: string, client: TestClient): object {
  if (!token.includes('.')) return { opaque: token.length };
  const { jti, iat = 0, exp = 0, sub, client_id, ...claims } = decodeJwt(token);
  const { kid: _kid, ...header } = decodeProtectedHeader(token);
  return {
    header,
    claims,
    order: Object.keys(decodeJwt(token)),
    lifetime: exp - iat,
    isOwn: sub === client.clientId && client_id === client.clientId,
    jti: /^0-[0-9A-Za-z]{22}$/.test(jti ?? ''),
  };
}

function withoutTimes(event: NewAuditEvent | undefined): object | undefined {
  return event && { ...event, time: null };
}

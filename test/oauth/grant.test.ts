// POST /oauth2/token: which API and which scopes a request gets (RFC 6749 §3.3, RFC 8707), and how it is told that it gets none.

import { decodeJwt } from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Installation, startInstallation, type TestClient } from './installation.ts';
import { type Answer, eventOf, GRANT, send } from './requests.ts';
import { BILLING, EMPTY_ROLE, SUPPORT_ROLE, TICKETS, TICKETS_ROLE } from './tenants.ts';

let installation: Installation;

beforeAll(async () => {
  installation = await startInstallation();
});

afterAll(() => installation.close());

const ask = (basic: TestClient, form: Record<string, string> = {}): Promise<Answer> =>
  send(installation, { basic, body: { ...GRANT, ...form } });

let support: TestClient;
let tickets: TestClient;
beforeAll(async () => {
  support = await installation.register({ roleId: SUPPORT_ROLE });
  tickets = await installation.register({ roleId: TICKETS_ROLE });
});

const audienceAndScope = async (basic: TestClient, form: Record<string, string>) => {
  const { json } = await ask(basic, form);
  const { aud, scope } = decodeJwt(json.access_token);
  expect(json.scope).toBe(scope);
  return [aud, scope];
};

test('without either the default API is meant, with all that the role holds there', async () => {
  expect(await audienceAndScope(support, {})).toEqual([`${installation.issuer}/api`, 'clients:read']);
});

test('asked scopes are granted exactly, in the order asked, each once', async () => {
  const form = { scope: 'tickets:write tickets:read tickets:write' };
  expect(await audienceAndScope(support, form)).toEqual([TICKETS, 'tickets:write tickets:read']);
});

test('RFC 8707 §2.2 › a resource chooses among APIs that share a scope', async () => {
  const form = { scope: 'shared:read', resource: BILLING };
  expect(await audienceAndScope(support, form)).toEqual([BILLING, 'shared:read']);
  expect(await audienceAndScope(support, { ...form, resource: TICKETS })).toEqual([TICKETS, 'shared:read']);
});

test('a role that knows one API alone needs no resource', async () => {
  expect(await audienceAndScope(tickets, {})).toEqual([TICKETS, 'tickets:read tickets:write shared:read']);
});

test.each([
  ['a scope beyond the role', { scope: 'clients:read apis:write' }, 'invalid_scope', /apis:write/],
  ['scopes of two APIs', { scope: 'tickets:read billing:read' }, 'invalid_scope', /No single API/],
  ['a scope that several APIs have', { scope: 'shared:read' }, 'invalid_target', /Send resource/],
  ['an unknown API', { resource: 'https://unknown.example' }, 'invalid_target', /may ask for/],
  ['a resource that is no URI', { resource: 'tickets' }, 'invalid_target', /may ask for/],
  ['a scope that the API of the resource lacks', { scope: 'tickets:read', resource: BILLING }, 'invalid_scope', /./],
  ['characters outside of the syntax', { scope: 'tickets:réad' }, 'invalid_scope', /character/],
  ['more than 6 KB of scope', { scope: 'tickets:read '.repeat(600) }, 'invalid_scope', /fewer/],
])('%s gets 400 with the error of its own', async (_name, form, error, description) => {
  const answer = await ask(support, form as Record<string, string>);
  expect(answer.status).toBe(400);
  expect(answer.json).toEqual({ error, error_description: expect.stringMatching(description) });
  expect(answer.json.error_description).toMatch(/^[\x20\x21\x23-\x5b\x5d-\x7e]+$/);
  expect(eventOf(installation, answer)).toMatchObject({
    action: 'token.refused',
    outcome: 'failure',
    reason: error,
    companyId: 'co_root',
    actor: { type: 'client', id: support.clientId, name: 'siem-connector' },
  });
});

test('a role without any privilege gets invalid_target', async () => {
  const nothing = await installation.register({ roleId: EMPTY_ROLE });
  expect((await ask(nothing)).json.error).toBe('invalid_target');
});

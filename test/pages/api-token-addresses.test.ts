// From a call that was refused for its address to the list that refused it, where an API token called.

import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Caller } from '../../src/domain/access/caller.ts';
import { auditEvent } from '../../src/domain/audit/audit-event.ts';
import { makeApiToken, makeClient } from './api-token-fixtures.ts';
import { request } from './form-request.ts';
import { type PageServer, startPages } from './page-server.ts';
import { makePageTenants } from './tenants.ts';

const FROM = '198.51.100.9';

let server: PageServer;
let ada: Caller;
let sessionToken: string;
let clientId: string;
let token: { id: string; name: string };

beforeAll(async () => {
  server = await startPages();
  ({ sessionToken, ada } = await makePageTenants(server));
  ({ clientId } = await makeClient(server, ada, 'owner'));
  token = await makeApiToken(server, ada, {
    name: 'feed',
    clientId,
    privileges: ['management/clients:read'],
    ipRestriction: { mode: 'enforce', rules: ['203.0.113.7'] },
  });
});
afterAll(() => server.close());

const get = (path: string) => request(server, path, { sessionToken });

/** The page of an event as the gate stores it. */
async function pageOfRefusal(reason: string, owner: { type: 'client' | 'user'; id: string }): Promise<string> {
  const requestId = `request-${reason}-${owner.type}`;
  const event = auditEvent(
    'token.use_refused',
    { requestId, ip: FROM, userAgent: null },
    {
      time: server.clock.now(),
      companyId: ada.companyId,
      actor: { type: 'api_token', id: token.id, name: token.name },
      target: { type: 'api', id: 'management', name: 'Management' },
      outcome: 'failure',
      reason,
      details: { audience: `${server.issuer}/api`, jti: token.id, owner_type: owner.type, owner_id: owner.id },
    },
  );
  await server.storage.write((stores) => stores.audit.append(event));
  const { items } = await server.services.audit.list(ada, { requestId }, { limit: 1, order: 'desc' });
  return (await get(`/audit/${items[0]?.id}`)).text;
}

const client = () => ({ type: 'client', id: clientId }) as const;
const edit = () => `/api-tokens/${token.id}/edit?address=${FROM}`;
const allow = () => `/clients/${clientId}/allow-address?address=${FROM}`;
const explain = () => `/clients/${clientId}/check?address=${FROM}`;

test('the token’s own list refused: the address leads to the form of the token, and nothing is said of its client', async () => {
  const text = await pageOfRefusal('token_address_refused', client());
  expect(text).toContain('Address not allowed by the API token');
  expect([text.includes(edit()), text.includes(allow()), text.includes(explain())]).toEqual([true, false, false]);
});

test('the list of its client refused: the address is allowed there, and the decision explained', async () => {
  const text = await pageOfRefusal('address_refused', client());
  expect([text.includes(edit()), text.includes(allow()), text.includes(explain())]).toEqual([false, true, true]);
});

test('the rules of the company refused: the decision is explained by its client, and nothing is offered that would not help', async () => {
  const text = await pageOfRefusal('company_address_refused', client());
  expect([text.includes(edit()), text.includes(allow()), text.includes(explain())]).toEqual([false, false, true]);
  const ofUser = await pageOfRefusal('company_address_refused', { type: 'user', id: ada.id });
  expect(ofUser).not.toMatch(/Allow this address|Explain this decision/);
});

test('the form has the address in its list, and saves nothing by itself; what is no address is left out', async () => {
  const listed = async (path: string) =>
    /<textarea[^>]*name="ip_rules"[^>]*>([^<]*)</.exec((await get(path)).text)?.[1]?.trim();
  expect(await listed(edit())).toBe(`203.0.113.7\n${FROM}`);
  expect(await listed(`/api-tokens/${token.id}/edit?address=evil%3Cscript`)).toBe('203.0.113.7');
  const { ipRestriction } = await server.services.apiTokens.get(ada, token.id);
  expect(ipRestriction.rules).toEqual(['203.0.113.7']);
});

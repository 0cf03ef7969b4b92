// Calls of the Management API from addresses that IP rules don't let in: the audit log has them, and by their reference they are found.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Caller } from '../../src/domain/access/caller.ts';
import { COMPANY_ADMIN_ROLE_ID } from '../../src/domain/role/role.ts';
import { eventually } from '../support/eventually.ts';
import { rootCompany, toCaller } from './api-server.ts';
import { startWholeServer, type WholeServer } from './whole-server.ts';

let server: WholeServer;
let admin: Caller;

beforeAll(async () => {
  server = await startWholeServer();
  admin = toCaller('admin', { company: rootCompany, role: 'reseller' });
});

afterAll(() => server.close());

type Restriction = { mode: 'report' | 'enforce'; rules: string[] };

interface Rules {
  readonly ofClient?: Restriction;
  readonly ofToken?: Restriction;
}

async function make({ ofClient, ofToken }: Rules, privilege = 'management/clients:read', by = admin) {
  const { client } = await server.services.clients.register(by, {
    name: 'job',
    roleId: COMPANY_ADMIN_ROLE_ID,
    ...(ofClient ? { ipRestriction: ofClient } : {}),
  });
  const { token, plaintext } = await server.services.apiTokens.create(by, {
    name: 'tool',
    clientId: client.clientId,
    privileges: [privilege],
    ...(ofToken ? { ipRestriction: ofToken } : {}),
  });
  return { clientId: client.clientId, tokenId: token.id, value: plaintext };
}

async function callMe(value: string) {
  const answer = await fetch(`${server.issuer}/api/v1/me`, { headers: { Authorization: `Bearer ${value}` } });
  const { detail } = (await answer.json()) as { detail?: string };
  return { status: answer.status, detail, reference: answer.headers.get('x-request-id') ?? '' };
}

const eventsOf = async (filter: { requestId?: string; actorId?: string }) =>
  (await server.services.audit.list(admin, filter, { limit: 10, cursor: undefined, order: 'desc' })).items;

const elsewhere = (mode: Restriction['mode']): Restriction => ({ mode, rules: ['192.0.2.7'] });

describe('a call from an address outside the rules', () => {
  test.each<[string, Rules, string]>([
    ['of the client', { ofClient: elsewhere('enforce') }, 'address_refused'],
    ['of the API token', { ofToken: elsewhere('enforce') }, 'token_address_refused'],
  ])('%s is found in the audit log by the reference of its refusal, with the true reason', async (_, rules, reason) => {
    const { clientId, tokenId, value } = await make(rules);
    const { status, reference } = await callMe(value);
    expect(status).toBe(403);
    const [event] = await eventually('the event is stored', async () => {
      const found = await eventsOf({ requestId: reference });
      return found.length > 0 && found;
    });
    expect(event).toMatchObject({
      action: 'token.use_refused',
      outcome: 'failure',
      reason,
      actor: { type: 'api_token', id: tokenId, name: 'tool' },
      target: { type: 'api', id: 'management' },
      ip: '127.0.0.1',
      details: { owner_type: 'client', owner_id: clientId },
    });
  });

  test('is told once a minute, and passes where the rules only report', async () => {
    const { value } = await make({ ofToken: elsewhere('report') });
    const [first, second] = [await callMe(value), await callMe(value)];
    expect([first.status, second.status]).toEqual([200, 200]);
    const [event] = await eventually('the event is stored', async () => {
      const found = await eventsOf({ requestId: first.reference });
      return found.length > 0 && found;
    });
    expect(event).toMatchObject({
      action: 'token.use_reported',
      outcome: 'success',
      reason: 'token_address_refused',
    });
    expect(await eventsOf({ requestId: second.reference })).toEqual([]);
  });
});

test('a token that is good for another API alone is told so', async () => {
  const scope = 'tickets:read';
  await server.services.apis.create(admin, {
    id: 'tickets',
    identifier: 'https://tickets.test',
    name: 'Tickets',
    availableTo: 'all',
    privileges: [{ scope, group: 'tickets', description: 'See tickets', level: 'company' }],
  });
  const holder = { ...admin, privileges: new Set([...admin.privileges, `tickets/${scope}`]) };
  const { value } = await make({}, `tickets/${scope}`, holder);
  const { status, detail } = await callMe(value);
  expect([status, detail]).toEqual([401, expect.stringContaining('it is for another API')]);
});

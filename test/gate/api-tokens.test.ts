// API tokens at the gate: static, of a client or a user, and judged as of this moment, by their own IP rules as well.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ApiToken } from '../../src/domain/api-token/api-token.ts';
import type { Client } from '../../src/domain/client/client.ts';
import { createCredential } from '../../src/domain/client/credential.ts';
import type { User } from '../../src/domain/user/user.ts';
import { eventually } from '../support/eventually.ts';
import { makeApiToken, makeUser, newApiToken, type TestApiToken } from '../support/factories.ts';
import { type GateAnswer, type GateInstallation, send, type Sending, startGateInstallation } from './installation.ts';

let gate: GateInstallation;
let client: Client;
let user: User;

beforeAll(async () => {
  gate = await startGateInstallation();
  client = await gate.client();
  user = await makeUser(gate.database.storage, { roleId: gate.roleId, email: 'ann@acme.test' });
});

afterAll(() => gate.close());

const QUESTION = '/gate?api=tickets&scope=tickets:read';

function make(owner: Client | User, given: Partial<ApiToken> = {}): Promise<TestApiToken> {
  return makeApiToken(gate.database.storage, owner, { apiId: 'tickets', scopes: ['tickets:read'], ...given });
}

const ask = (token: TestApiToken | string, sending: Sending = {}, question = QUESTION): Promise<GateAnswer> =>
  send(gate.url, question, { token: typeof token === 'string' ? token : token.value, ...sending });

const statusOf = async (...args: Parameters<typeof ask>) => (await ask(...args)).status;

const challenge = ({ headers }: GateAnswer) => headers['www-authenticate'] ?? '';

describe('a good one', () => {
  test('of a client lets through as the client', async () => {
    const answer = await ask(await make(client));
    expect([answer.status, answer.text]).toEqual([200, '']);
    expect(answer.headers).toMatchObject({
      'x-auth-client-id': client.clientId,
      'x-auth-company-id': 'co_root',
      'x-auth-scope': 'tickets:read',
    });
  });

  test('of a user lets through as the user, whose id stands where a client’s would', async () => {
    const answer = await ask(await make(user));
    expect([answer.status, answer.headers['x-auth-client-id']]).toEqual([200, user.id]);
  });

  test('comes by the scheme Token too, in any case; a JWT does not', async () => {
    const { value } = await make(client);
    const by = (scheme: string, token: string) =>
      statusOf('', { token: undefined, headers: { authorization: `${scheme} ${token}` } });
    expect([await by('Token', value), await by('token', value), await by('BEARER', value)]).toEqual([200, 200, 200]);
    expect(await by('Token', gate.sign(client.clientId))).toBe(401);
    expect(await by('Basic', value)).toBe(401);
  });

  test('that is in memory costs no read of the database', async () => {
    const token = await make(client);
    await ask(token);
    // What was stored just now is told a moment later, and forgotten once more.
    await eventually('five calls need no read', async () => {
      const before = gate.reads();
      for (let call = 0; call < 5; call += 1) expect(await statusOf(token)).toBe(200);
      return gate.reads() === before;
    });
  });
});

describe('is refused with 401', () => {
  test.each([
    ['of the right form that was never made', () => createCredential('pstt_')],
    [
      'with a wrong check character',
      async () => (await make(client)).value.replace(/.$/, (last) => (last === '0' ? '1' : '0')),
    ],
    ['for another API', async () => (await make(client, { apiId: 'plain', scopes: ['plain:read'] })).value],
    ['that has expired', async () => (await make(client, { expiresAt: new Date(Date.now() - 1000) })).value],
  ])('one %s', async (_what, makeOne) => {
    const answer = await ask(await makeOne());
    expect(answer.status).toBe(401);
    expect(challenge(answer)).toContain('error="invalid_token"');
  });

  test('at once when it is deleted, gets a new value, or its owner is paused, and again let through when the owner is active', async () => {
    const [deleted, renewed, paused] = [await make(client), await make(client), await make(user)];
    for (const token of [deleted, renewed, paused]) expect(await statusOf(token)).toBe(200);
    const { storage } = gate.database;
    await storage.write((stores) => stores.apiTokens.delete(deleted.id));
    expect(await statusOf(deleted)).toBe(401);
    const { tokenHash, hint, value } = newApiToken(client);
    await storage.write((stores) => stores.apiTokens.update({ ...renewed, tokenHash, hint }));
    expect(await statusOf(value)).toBe(200);
    expect(await statusOf(renewed)).toBe(401);
    await gate.testDatabase.query(`UPDATE user_account SET status = 'inactive' WHERE id = $1`, [user.id]);
    await eventually('it is refused', async () => (await statusOf(paused)) === 401);
    await gate.testDatabase.query(`UPDATE user_account SET status = 'active' WHERE id = $1`, [user.id]);
    await eventually('it is let through again', async () => (await statusOf(paused)) === 200);
  });
});

describe('its scopes', () => {
  test('are what it was given, whatever more its owner holds', async () => {
    const answer = await ask(await make(client), {}, '/gate?api=tickets&scope=tickets:write');
    expect(answer.status).toBe(403);
    expect(challenge(answer)).toContain('scope="tickets:write"');
  });

  test('shrink with the role of its owner and never grow', async () => {
    const token = await make(client, { scopes: ['tickets:read', 'tickets:write'] });
    const write = () => statusOf(token, {}, '/gate?api=tickets&scope=tickets:write');
    expect(await write()).toBe(200);
    const change = (sql: string) => gate.testDatabase.query(sql, [gate.roleId]);
    await change(`DELETE FROM role_privilege WHERE role_id = $1 AND api_id = 'tickets' AND scope = 'tickets:write'`);
    await eventually('the scope is gone', async () => (await write()) === 403);
    expect((await ask(token)).headers['x-auth-scope']).toBe('tickets:read');
    await change(`INSERT INTO role_privilege VALUES ($1, 'tickets', 'tickets:write')`);
    await eventually('the scope is back', async () => (await write()) === 200);
  });

  test('decide by the operation that is called as for an access token', async () => {
    const token = await make(client);
    const call = (method: string, uri: string) =>
      statusOf(token, { headers: { 'x-original-method': method, 'x-original-uri': uri } }, '/gate?api=tickets');
    expect([await call('GET', '/v1/tickets'), await call('POST', '/v1/tickets')]).toEqual([200, 403]);
  });
});

describe('its address', () => {
  const elsewhere = '203.0.113.9';
  const rules = (mode: 'report' | 'enforce', ...list: string[]) => ({ ipRestriction: { mode, rules: list } });

  test('must be let in by its own rules; the answer names the address and whose rules they are', async () => {
    const token = await make(client, rules('enforce', '198.51.100.0/24'));
    expect(await statusOf(token, { from: '198.51.100.7' })).toBe(200);
    const answer = await ask(token, { from: elsewhere });
    expect(answer.status).toBe(403);
    expect(answer.json.detail).toBe(
      'This API token may not call from your address, which Postern sees as 203.0.113.9. Its own IP restriction must allow it first.',
    );
  });

  test('must be let in by its owner’s rules as well, which its own cannot widen', async () => {
    const restricted = await gate.client(rules('enforce', '198.51.100.0/24'));
    const token = await make(restricted, rules('enforce', '198.51.100.0/25', elsewhere));
    expect(await statusOf(token, { from: '198.51.100.7' })).toBe(200);
    expect(await statusOf(token, { from: '198.51.100.200' })).toBe(403);
    const answer = await ask(token, { from: elsewhere });
    expect([answer.status, answer.json.detail]).toEqual([403, expect.stringMatching(/^This client may not call/)]);
  });

  test('that only reporting rules would refuse passes and is in the audit log, once', async () => {
    const token = await make(client, rules('report', '198.51.100.0/24'));
    for (let call = 0; call < 3; call += 1) expect(await statusOf(token, { from: elsewhere })).toBe(200);
    const read = () =>
      gate.testDatabase.query('SELECT action, reason, actor_type, details FROM audit_event WHERE actor_id = $1', [
        token.id,
      ]);
    const rows = await eventually('the event is stored', async () => {
      const found = await read();
      return found.length > 0 && found;
    });
    expect(rows).toEqual([
      {
        action: 'token.use_reported',
        reason: 'token_address_refused',
        actor_type: 'api_token',
        details: expect.objectContaining({ owner_type: 'client', owner_id: client.clientId }),
      },
    ]);
  });

  test('is kept to the company’s rules too, but for a user who is exempt', async () => {
    const exempt = await makeUser(gate.database.storage, {
      roleId: gate.roleId,
      email: 'eve@acme.test',
      ipExempt: true,
    });
    const tokens = [await make(client), await make(user), await make(exempt)];
    const all = () => Promise.all(tokens.map((token) => statusOf(token, { from: elsewhere })));
    expect(await all()).toEqual([200, 200, 200]);
    const restrict = (mode: string) =>
      gate.testDatabase.query(`UPDATE company SET ip_mode = $1, ip_rules = '{198.51.100.0/24}' WHERE id = 'co_root'`, [
        mode,
      ]);
    await restrict('enforce');
    await eventually('the rules hold', async () => (await all()).join() === '403,403,200');
    const answer = await ask(tokens[0] ?? '', { from: elsewhere });
    expect(answer.json.detail).toMatch(
      /^Clients and users of this company may not call.* The IP restriction of the company must allow it first\.$/,
    );
    await restrict('off');
    await eventually('the rules are off', async () => (await all()).join() === '200,200,200');
  });
});

test('a call counts as its last use, with the address, and as one of its client’s', async () => {
  const other = await gate.client();
  const token = await make(other);
  await ask(token, { from: '192.0.2.44' });
  const read = async (sql: string, id: string) =>
    (await gate.testDatabase.query<Record<string, unknown>>(sql, [id]))[0];
  const used = await eventually('the use is written', async () => {
    const row = await read('SELECT last_used_ip, last_used_at FROM api_token WHERE id = $1', token.id);
    return row?.['last_used_at'] !== null && row;
  });
  expect(used?.['last_used_ip']).toBe('192.0.2.44');
  expect(await read('SELECT ip, uses FROM client_source WHERE client_id = $1', other.clientId)).toEqual({
    ip: '192.0.2.44',
    uses: '1',
  });
});

test('its value is in no log line', async () => {
  const token = await make(client, { expiresAt: new Date(Date.now() - 1000) });
  await ask(token);
  expect(gate.logged()).not.toContain(token.value);
});

// What the gate answers over real HTTP on a real database: to good tokens and bad ones, and always as of this moment.

import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTokenId } from '../../src/domain/token/access-token.ts';
import { opaqueTokenHash } from '../../src/domain/token/token-inspector.ts';
import { eventually } from '../support/eventually.ts';
import {
  administrator,
  type GateAnswer,
  type GateInstallation,
  ISSUER,
  ROLE_NAME,
  send,
  type Sending,
  startGateInstallation,
} from './installation.ts';

let gate: GateInstallation;
let clientId: string;
/** For `tickets`, with tickets:read. */
let token: string;

beforeAll(async () => {
  gate = await startGateInstallation();
  ({ clientId } = await gate.client());
  token = gate.sign(clientId);
});

afterAll(() => gate.close());

const ask = (target: string, sending: Sending = {}) => send(gate.url, target, { token, ...sending });

const nginx = (method: string, uri: string) => ({ 'X-Original-Method': method, 'X-Original-URI': uri });

const challenge = ({ headers }: GateAnswer) => headers['www-authenticate'] ?? '';

describe('an answer', () => {
  test('that lets through is empty, must not be kept, and says who calls', async () => {
    const answer = await ask('/gate?api=tickets&scope=tickets:read');
    expect([answer.status, answer.text]).toEqual([200, '']);
    expect(answer.headers).toMatchObject({
      'cache-control': 'no-store',
      'content-length': '0',
      'x-auth-client-id': clientId,
      'x-auth-company-id': 'co_root',
      'x-auth-scope': 'tickets:read',
      'x-request-id': expect.stringMatching(/^[0-9a-f]{32}$/),
    });
  });

  test('has the role’s present name, percent-encoded where a header has no such letters', async () => {
    const { headers } = await ask('/gate?api=tickets&scope=tickets:read');
    expect(headers['x-auth-role']).toBe('B%C3%BCro 100 %25 %E6%9D%B1%E4%BA%AC');
    expect(decodeURIComponent(headers['x-auth-role'] ?? '')).toBe(ROLE_NAME);
  });

  test('to a call without a token is 401 with a bare challenge (RFC 6750 §3.1)', async () => {
    const answer = await ask('/gate?api=tickets&scope=tickets:read', { token: undefined });
    expect([answer.status, challenge(answer)]).toEqual([401, 'Bearer realm="postern"']);
    expect(answer.headers).toMatchObject({ 'cache-control': 'no-store', 'content-type': 'application/problem+json' });
    expect(answer.json).toMatchObject({
      type: 'urn:postern:problem:request.unauthenticated',
      status: 401,
      instance: `urn:request:${answer.headers['x-request-id']}`,
    });
  });

  test('to a token without the scope is 403 insufficient_scope that names it (RFC 6750 §3.1)', async () => {
    const answer = await ask('/gate?api=tickets&scope=tickets:read+tickets:write');
    expect(answer.status).toBe(403);
    expect(challenge(answer)).toMatch(
      /^Bearer realm="postern", error="insufficient_scope", error_description="[^"\\]+", scope="tickets:read tickets:write"$/,
    );
    expect(Object.keys(answer.headers).filter((name) => name.startsWith('x-auth-'))).toEqual([]);
  });

  test('to a call from elsewhere is 403 that names the address as seen', async () => {
    const ipRestriction = { mode: 'enforce', rules: ['203.0.113.0/24'] } as const;
    const restricted = gate.sign((await gate.client({ ipRestriction })).clientId);
    const target = '/gate?api=tickets&scope=tickets:read';
    expect((await ask(target, { token: restricted, from: '203.0.113.9' })).status).toBe(200);
    const answer = await ask(target, { token: restricted, from: '198.51.100.7' });
    expect([answer.status, answer.json.type]).toEqual([403, 'urn:postern:problem:request.address_refused']);
    expect(answer.json.detail).toContain('198.51.100.7');
    expect(challenge(answer)).toMatch(/^Bearer realm="postern", error_description="[^"]*198\.51\.100\.7[^"]*"$/);
    const unknown = await ask(target, { token: restricted, from: 'unknown' });
    expect([unknown.status, unknown.json.detail]).toEqual([403, expect.stringContaining('cannot be told')]);
  });
});

describe('a token that is none here', () => {
  const target = '/gate?api=tickets&scope=tickets:read';

  async function expectBad(bad: string): Promise<void> {
    const answer = await ask(target, { token: bad });
    expect(answer.status, answer.text).toBe(401);
    expect(challenge(answer)).toMatch(/^Bearer realm="postern", error="invalid_token", error_description="[^"\\]+"$/);
  }

  test.each([
    ['garbage', () => 'garbage'],
    ['a changed signature', () => `${token.slice(0, -4)}AAAA`],
    ['one part too few', () => token.slice(0, token.lastIndexOf('.'))],
    ['expired', () => gate.sign(clientId, { exp: Math.floor(Date.now() / 1000) - 1 })],
    ['of another issuer', () => gate.sign(clientId, { iss: 'https://evil.example' })],
    ['for the Management API', () => gate.sign(clientId, { aud: `${ISSUER}/api` })],
    ['for the id in place of the identifier', () => gate.sign(clientId, { aud: 'tickets' })],
    ['of an unknown client', () => gate.sign('pst_000000000000000000000000')],
    ['an opaque one that was never issued', () => randomBytes(32).toString('base64url')],
    ['17,000 characters', () => `${'a'.repeat(14_000)}.b.c`],
  ])('is refused with 401: %s', async (_what, bad) => {
    await expectBad(bad());
  });

  test('is refused with 401 once it was revoked', async () => {
    const jti = createTokenId(0);
    const revoked = gate.sign(clientId, { jti });
    expect((await ask(target, { token: revoked })).status).toBe(200);
    const expiresAt = new Date(Date.now() + 60_000);
    await gate.database.storage.write((stores) => stores.tokens.revoke(jti, clientId, expiresAt));
    await expectBad(revoked);
  });

  test('counts only from the Authorization header, of the scheme Bearer, sent once', async () => {
    const statusOf = async (sending: Sending, at = target) => (await send(gate.url, at, sending)).status;
    expect(await statusOf({ headers: { Authorization: `bearer  ${token}` } })).toBe(200);
    expect(await statusOf({}, `${target}&access_token=${token}`)).toBe(401);
    expect(await statusOf({ headers: { 'X-Forwarded-Uri': `/?access_token=${token}` } })).toBe(401);
    expect(await statusOf({ headers: { Authorization: `Token ${token}` } })).toBe(401);
    expect(await statusOf({ headers: { Authorization: token } })).toBe(401);
    expect(await statusOf({ headers: { Authorization: 'Bearer' } })).toBe(401);
    expect(await statusOf({ headers: { 'X-Access-Token': token } })).toBe(401);
    const several = await send(gate.url, target, { headers: { Authorization: [`Bearer ${token}`, 'Bearer other'] } });
    expect([several.status, challenge(several)]).toEqual([401, expect.stringContaining('error="invalid_request"')]);
  });

  test('an opaque token opens it as a JWT does', async () => {
    const opaque = randomBytes(32).toString('base64url');
    await gate.database.storage.write((stores) =>
      stores.tokens.insertOpaque({
        tokenHash: opaqueTokenHash(opaque),
        jti: createTokenId(0),
        clientId,
        companyId: 'co_root',
        audience: 'https://tickets.example.test',
        scope: 'tickets:read',
        issuedAt: new Date(),
        expiresAt: new Date(Date.now() + 60_000),
      }),
    );
    expect((await ask(target, { token: opaque })).status).toBe(200);
    expect((await ask('/gate?api=tickets&scope=tickets:write', { token: opaque })).status).toBe(403);
  });
});

describe('the answer is that of this moment', () => {
  const target = '/gate?api=tickets&scope=tickets:read';

  test('a paused client is refused at the very next call, and let in again when it is active', async () => {
    const client = await gate.client();
    const its = gate.sign(client.clientId);
    expect((await ask(target, { token: its })).status).toBe(200);
    await gate.clients.update(administrator, client.clientId, { status: 'inactive' });
    expect((await ask(target, { token: its })).status).toBe(401);
    await gate.clients.update(administrator, client.clientId, { status: 'active' });
    expect((await ask(target, { token: its })).status).toBe(200);
    await gate.clients.revokeTokens(administrator, client.clientId);
    expect((await ask(target, { token: its })).status).toBe(401);
  });

  test('rules of the client count at the very next call', async () => {
    const client = await gate.client();
    const its = gate.sign(client.clientId);
    const from = '203.0.113.9';
    expect((await ask(target, { token: its, from })).status).toBe(200);
    const restrict = (rules: string[]) =>
      gate.clients.update(administrator, client.clientId, { ipRestriction: { mode: 'enforce', rules } });
    await restrict(['10.0.0.0/8']);
    expect((await ask(target, { token: its, from })).status).toBe(403);
    await restrict(['10.0.0.0/8', from]);
    expect((await ask(target, { token: its, from })).status).toBe(200);
  });

  test('what its role loses is lost, and what the API’s setting says counts, as soon as the feed tells', async () => {
    const { testDatabase } = gate;
    const unknown = { headers: nginx('GET', '/v1/health') };
    expect((await ask('/gate?api=tickets', unknown)).status).toBe(403);
    await testDatabase.query(`UPDATE api SET unknown_operations = 'allow' WHERE id = 'tickets'`);
    await eventually('it passes', async () => (await ask('/gate?api=tickets', unknown)).status === 200);
    expect((await ask('/gate?api=tickets', { headers: nginx('GET', '/v1/ping/../tickets') })).status).toBe(403);
    await testDatabase.query(`UPDATE api SET unknown_operations = 'refuse' WHERE id = 'tickets'`);
    await eventually('it is refused', async () => (await ask('/gate?api=tickets', unknown)).status === 403);

    const post = { headers: nginx('POST', '/v1/tickets'), token: gate.sign(clientId, { scope: 'tickets:write' }) };
    expect((await ask('/gate?api=tickets', post)).status).toBe(200);
    await testDatabase.query(`DELETE FROM role_privilege WHERE role_id = $1 AND scope = 'tickets:write'`, [
      gate.roleId,
    ]);
    await eventually('it is refused', async () => (await ask('/gate?api=tickets', post)).status === 403);
  });

  test('no call asks the database once it knows token, client and API', async () => {
    // Not at the first try where the machine is so busy that the change feed falls behind.
    await eventually('fifty calls are answered from memory', async () => {
      await ask(target);
      const before = gate.reads();
      const answers = await Promise.all(Array.from({ length: 50 }, () => ask(target)));
      expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
      return gate.reads() === before;
    });
  });
});

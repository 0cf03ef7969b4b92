// What the gate leaves behind, in the audit log and as last use, and what it says while its database is away.

import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { type GateInstallation, send, startGateInstallation } from './installation.ts';

let gate: GateInstallation;

beforeAll(async () => {
  gate = await startGateInstallation();
});

afterAll(() => gate.close());

const TARGET = '/gate?api=tickets&scope=tickets:read';

interface EventRow {
  readonly action: string;
  readonly outcome: string;
  readonly reason: string;
  readonly ip: string;
  readonly request_id: string;
  readonly target_id: string;
  readonly details: Record<string, string>;
}

function eventsOf(clientId: string): Promise<EventRow[]> {
  return gate.testDatabase.query<EventRow>('SELECT * FROM audit_event WHERE actor_id = $1 ORDER BY id', [clientId]);
}

describe('the audit log', () => {
  test('has a refused address once a minute for each client and address, however often it calls', async () => {
    const { clientId } = await gate.client({ ipRestriction: { mode: 'enforce', rules: ['203.0.113.7'] } });
    const token = gate.sign(clientId);
    const first = await send(gate.url, TARGET, { token, from: '198.51.100.1' });
    for (let times = 0; times < 20; times += 1) await send(gate.url, TARGET, { token, from: '198.51.100.1' });
    await send(gate.url, TARGET, { token, from: '198.51.100.2' });
    await send(gate.url, TARGET, { token, from: '203.0.113.7' });
    const events = await eventually('both addresses are there', async () => {
      const rows = await eventsOf(clientId);
      return rows.length >= 2 && rows;
    });
    expect(events.map(({ action, outcome, reason, ip }) => [action, outcome, reason, ip])).toEqual([
      ['token.use_refused', 'failure', 'address_refused', '198.51.100.1'],
      ['token.use_refused', 'failure', 'address_refused', '198.51.100.2'],
    ]);
    expect(events[0]).toMatchObject({
      request_id: first.headers['x-request-id'],
      target_id: 'tickets',
      details: { audience: 'https://tickets.example.test', jti: expect.stringMatching(/^0-/) },
    });
  });

  test('has an address that is only reported, and the call passes', async () => {
    const { clientId } = await gate.client({ ipRestriction: { mode: 'report', rules: ['203.0.113.7'] } });
    const token = gate.sign(clientId);
    for (let times = 0; times < 3; times += 1) {
      expect((await send(gate.url, TARGET, { token, from: '198.51.100.1' })).status).toBe(200);
    }
    const events = await eventually('it is there', async () => {
      const rows = await eventsOf(clientId);
      return rows.length > 0 && rows;
    });
    expect(events.map(({ action, outcome, reason }) => [action, outcome, reason])).toEqual([
      ['token.use_reported', 'success', 'address_refused'],
    ]);
  });

  test('has nothing of calls that lack a scope or a good token: anybody could fill it', async () => {
    const { clientId } = await gate.client();
    expect((await send(gate.url, '/gate?api=tickets&scope=x', { token: gate.sign(clientId) })).status).toBe(403);
    expect((await send(gate.url, TARGET, { token: gate.sign(clientId, { exp: 1 }) })).status).toBe(401);
    const refused = await gate.client({ ipRestriction: { mode: 'enforce', rules: ['203.0.113.7'] } });
    await send(gate.url, TARGET, { token: gate.sign(refused.clientId), from: '198.51.100.1' });
    // Events are stored in order: when the later one is there, the earlier ones would be.
    await eventually('the later one is there', async () => (await eventsOf(refused.clientId)).length > 0);
    expect(await eventsOf(clientId)).toEqual([]);
  });
});

test('a call that passes counts as the client’s last use, one that is refused does not', async () => {
  const [used, refused] = [await gate.client(), await gate.client()];
  expect((await send(gate.url, '/gate?api=tickets&scope=x', { token: gate.sign(refused.clientId) })).status).toBe(403);
  expect((await send(gate.url, TARGET, { token: gate.sign(used.clientId) })).status).toBe(200);
  const lastUse = async (id: string) => {
    const [row] = await gate.testDatabase.query<{ last_used_at: Date | null }>(
      'SELECT last_used_at FROM client WHERE client_id = $1',
      [id],
    );
    return row?.last_used_at ?? undefined;
  };
  expect(await eventually('it is written', () => lastUse(used.clientId))).toBeInstanceOf(Date);
  expect(await lastUse(refused.clientId)).toBeUndefined();
});

describe('while the database is away', () => {
  test('the gate says 503 with Retry-After and never a wrong verdict, logs it once, and goes on when it is back', async () => {
    const { clientId } = await gate.client();
    const token = gate.sign(clientId);
    expect((await send(gate.url, TARGET, { token })).status).toBe(200);
    await gate.proxy.goAway();
    const away = await eventually('it cannot know', async () => {
      const answer = await send(gate.url, TARGET, { token });
      expect([200, 503]).toContain(answer.status);
      return answer.status === 503 && answer;
    });
    expect(Number(away.headers['retry-after'])).toBeGreaterThan(0);
    expect(away.json).toMatchObject({ status: 503, type: 'urn:postern:problem:service.unavailable' });
    expect(Object.keys(away.headers).filter((name) => /^x-auth|^www-auth/.test(name))).toEqual([]);
    const opaque = await send(gate.url, TARGET, { token: randomBytes(32).toString('base64url') });
    expect(opaque.status).toBe(503);
    // What needs nobody to be asked is told as always.
    expect((await send(gate.url, TARGET)).status).toBe(401);
    expect((await send(gate.url, TARGET, { token: gate.sign(clientId, { exp: 1 }) })).status).toBe(401);
    for (let times = 0; times < 5; times += 1) await send(gate.url, TARGET, { token });
    const told = gate.logged().match(/cannot reach its database/g) ?? [];
    expect(told.length).toBeLessThanOrEqual(2);

    await gate.proxy.comeBack();
    await eventually('it goes on', async () => (await send(gate.url, TARGET, { token })).status === 200);
  });
});

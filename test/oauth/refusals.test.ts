// The uniform refusal: nobody without the right secret can tell why, by body, header or cost. The true reason stands in the audit log.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createClientId, createCredential } from '../../src/domain/client/credential.ts';
import { type Installation, startInstallation, type TestClient } from './installation.ts';
import { type Answer, eventOf, GRANT, send } from './requests.ts';

let installation: Installation;

beforeAll(async () => {
  installation = await startInstallation();
});

afterAll(() => installation.close());

let hosts = 0;
/** An address of its own for each case, so that they do not throttle each other. */
const freshAddress = () => `198.18.${(hosts += 1) >> 8}.${hosts & 255}`;

const ask = (basic: TestClient, from = freshAddress()): Promise<Answer> =>
  send(installation, { basic, body: GRANT, from });

interface Case {
  readonly reason: string;
  readonly companyId: string | null;
  readonly presented: TestClient;
  readonly from: string;
  /** bcrypt comparisons that the refusal costs. */
  readonly comparisons: number;
}

async function everyCase(): Promise<Case[]> {
  const { admin, clients, query, register } = installation;
  const well = () => createCredential('psts_');
  const from = freshAddress;
  const active = await register();
  const inactive = await register({ status: 'inactive' });
  const expired = await register({ expiresAt: new Date(installation.clock.now().getTime() + 1000) });
  const rotated = await register();
  await query(`UPDATE client_secret SET expires_at = now() - interval '1 second' WHERE client_id = $1`, [
    rotated.clientId,
  ]);
  await query(`UPDATE client SET version = version + 1 WHERE client_id = $1`, [rotated.clientId]);
  const suspended = await register({ companyId: 'co_bolt' });
  await query(`UPDATE company SET status = 'suspended' WHERE id = 'co_bolt'`);
  const restricted = await register({ ipRestriction: { mode: 'enforce', rules: ['203.0.113.7'] } });
  const gone = await register();
  await clients.delete(admin, gone.clientId);
  installation.clock.advance(2);
  const broken = `${active.secret.slice(0, 20)}${active.secret[20] === 'x' ? 'y' : 'x'}${active.secret.slice(21)}`;
  const one = { comparisons: 1 };
  return [
    {
      reason: 'unknown_client',
      companyId: null,
      presented: { clientId: createClientId(), secret: well() },
      from: from(),
      ...one,
    },
    {
      reason: 'unknown_client',
      companyId: null,
      presented: { clientId: 'admin', secret: well() },
      from: from(),
      ...one,
    },
    { reason: 'unknown_client', companyId: null, presented: gone, from: from(), ...one },
    { reason: 'wrong_secret', companyId: 'co_root', presented: { ...active, secret: well() }, from: from(), ...one },
    { reason: 'wrong_secret', companyId: 'co_root', presented: { ...inactive, secret: well() }, from: from(), ...one },
    {
      reason: 'malformed_secret',
      companyId: 'co_root',
      presented: { ...active, secret: broken },
      from: from(),
      comparisons: 0,
    },
    {
      reason: 'malformed_secret',
      companyId: null,
      presented: { clientId: createClientId(), secret: 'hunter2' },
      from: from(),
      comparisons: 0,
    },
    { reason: 'secret_expired', companyId: 'co_root', presented: rotated, from: from(), ...one },
    { reason: 'client_inactive', companyId: 'co_root', presented: inactive, from: from(), ...one },
    { reason: 'client_expired', companyId: 'co_root', presented: expired, from: from(), ...one },
    { reason: 'company_suspended', companyId: 'co_bolt', presented: suspended, from: from(), ...one },
    { reason: 'address_refused', companyId: 'co_root', presented: restricted, from: '203.0.113.8', ...one },
    { reason: 'address_refused', companyId: 'co_root', presented: restricted, from: 'unknown-hop', comparisons: 0 },
  ];
}

/** An answer without what differs by nature: the reference and the time. */
function shape({ status, headers, text }: Answer): object {
  const { date: _date, 'x-request-id': requestId = '', ...others } = headers;
  return { status, headers: others, text: text.replaceAll(requestId, '<ref>') };
}

describe('RFC 6749 §5.2 › invalid_client', () => {
  test('is one and the same answer for every reason; the audit log knows which', async () => {
    const cases = await everyCase();
    const shapes = new Set<string>();
    for (const { reason, companyId, presented, from, comparisons } of cases) {
      const before = installation.comparisons();
      const answer = await ask(presented, from);
      expect(answer.json, reason).toEqual({
        error: 'invalid_client',
        error_description: `Client authentication failed (ref ${answer.headers['x-request-id']})`,
      });
      expect(installation.comparisons() - before, `${reason}: one comparison for a well-formed secret`).toBe(
        comparisons,
      );
      const event = eventOf(installation, answer);
      expect(event, reason).toMatchObject({
        action: 'token.refused',
        outcome: 'failure',
        reason,
        companyId,
        actor: { type: 'client', id: presented.clientId },
        ip: from.includes('.') ? from : null,
      });
      expect(JSON.stringify(event)).not.toContain(presented.secret);
      shapes.add(JSON.stringify(shape(answer)));
    }
    expect([...shapes]).toHaveLength(1);
    expect(shapes.values().next().value).toContain('"www-authenticate":"Basic realm=');
  });

  test('the event can be found in the database by the reference', async () => {
    const answer = await ask({ clientId: createClientId(), secret: createCredential('psts_') });
    const reference = /\(ref ([0-9a-f]{32})\)$/.exec(answer.json.error_description)?.[1];
    const rows = await installation.query<object>('SELECT reason FROM audit_event WHERE request_id = $1', [reference]);
    expect(rows).toEqual([{ reason: 'unknown_client' }]);
  });

  test('the event of a client that is known has what it asked for, that of a stranger has not', async () => {
    const { clientId, secret } = await installation.register({
      ipRestriction: { mode: 'enforce', rules: ['203.0.113.7'] },
    });
    const asked = { scope: 'audit:read', resource: 'https://api.test/', company_id: 'co_acme' };
    const refused = async (basic: TestClient) => {
      const answer = await send(installation, { basic, body: { ...GRANT, ...asked }, from: freshAddress() });
      expect(answer.status).toBe(401);
      return eventOf(installation, answer);
    };
    expect(await refused({ clientId, secret })).toMatchObject({ reason: 'address_refused', details: asked });
    const wrong = await refused({ clientId, secret: createCredential('psts_') });
    expect(wrong).toMatchObject({ reason: 'wrong_secret', details: asked });
    expect(await refused({ clientId: createClientId(), secret })).toMatchObject({ details: null });
  });

  test('a secret sent in place of the client ID is not kept', async () => {
    const { clientId, secret } = await installation.register();
    const answer = await ask({ clientId: secret, secret: clientId });
    expect(answer.status).toBe(401);
    expect(JSON.stringify(eventOf(installation, answer))).not.toContain(secret);
  });

  test('what a stranger calls itself is clipped and made printable', async () => {
    const answer = await send(installation, {
      body: { ...GRANT, client_id: 'x'.repeat(5000), client_secret: 'y' },
      from: freshAddress(),
    });
    expect(answer.status).toBe(401);
    expect(eventOf(installation, answer)?.actor.id).toHaveLength(131);
    const odd = await send(installation, {
      body: { ...GRANT, client_id: 'évil\r\nid', client_secret: 'y' },
      from: freshAddress(),
    });
    expect(odd.status).toBe(401);
    expect(eventOf(installation, odd)?.actor.id).toBe('?vil??id');
  });
});

describe('missing and malformed credentials get 401 invalid_client with a challenge and a hint', () => {
  const basic = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString('base64')}` });
  test.each<[string, Record<string, string>, Record<string, string>, string]>([
    ['none at all', {}, {}, 'missing_credentials'],
    ['a client ID alone', {}, { client_id: 'pst_0123456789012345678901' }, 'missing_credentials'],
    ['a secret alone', {}, { client_secret: 'x' }, 'malformed_credentials'],
    ['Bearer', { authorization: 'Bearer abc' }, {}, 'malformed_credentials'],
    ['Basic without a value', { authorization: 'Basic' }, {}, 'malformed_credentials'],
    ['Basic that is no base64', { authorization: 'Basic !!!' }, {}, 'malformed_credentials'],
    ['Basic with two spaces', { authorization: 'Basic  eDp5' }, {}, 'malformed_credentials'],
    ['Basic without a colon', basic('pst_a'), {}, 'malformed_credentials'],
    ['Basic with an empty ID', basic(':secret'), {}, 'malformed_credentials'],
    ['Basic with an empty secret', basic('pst_a:'), {}, 'malformed_credentials'],
    ['Basic with bad percent-encoding', basic('pst_a:%zz'), {}, 'malformed_credentials'],
    ['Basic with a NUL', basic('pst_a\0:secret'), {}, 'malformed_credentials'],
    ['Basic with an encoded NUL', basic('pst_a%00:secret'), {}, 'malformed_credentials'],
    ['Basic with letters beyond ASCII', basic('klïent:secret'), {}, 'malformed_credentials'],
    ['Basic that is no UTF-8', { authorization: 'Basic //86eA==' }, {}, 'malformed_credentials'],
  ])('%s', async (_name, headers, form, reason) => {
    const answer = await send(installation, { headers, body: { ...GRANT, ...form }, from: freshAddress() });
    expect(answer.status).toBe(401);
    expect(answer.json.error).toBe('invalid_client');
    expect(answer.json.error_description).toMatch(/\(ref [0-9a-f]{32}\)$/);
    expect(answer.headers['www-authenticate']).toMatch(/^Basic realm="[^"]+"/);
    expect(eventOf(installation, answer)).toMatchObject({ action: 'token.refused', reason, companyId: null });
  });

  test('a client that is known although it sends no secret: its company sees it', async () => {
    const { clientId } = await installation.register();
    const answer = await send(installation, { body: { ...GRANT, client_id: clientId }, from: freshAddress() });
    expect(eventOf(installation, answer)).toMatchObject({ reason: 'missing_credentials', companyId: 'co_root' });
  });
});

describe('more than one way to authenticate gets 400 invalid_request', () => {
  let client: TestClient;
  beforeAll(async () => {
    client = await installation.register();
  });

  test.each<[string, (client: TestClient) => Parameters<typeof send>[1]]>([
    ['Basic and a secret in the form', (own) => ({ basic: own, body: { ...GRANT, client_secret: own.secret } })],
    ['Basic and another client ID in the form', (own) => ({ basic: own, body: { ...GRANT, client_id: 'pst_other' } })],
    ['Basic and an assertion', (own) => ({ basic: own, body: { ...GRANT, client_assertion: 'eyJ' } })],
    [
      'Basic and an attestation',
      (own) => ({ basic: own, body: GRANT, headers: { 'oauth-client-attestation': 'eyJ' } }),
    ],
  ])('%s', async (_name, sending) => {
    const answer = await send(installation, { ...sending(client), from: freshAddress() });
    expect(answer.status).toBe(400);
    expect(answer.json.error).toBe('invalid_request');
    expect(eventOf(installation, answer)).toMatchObject({ action: 'token.refused', reason: 'invalid_request' });
  });
});

describe('time', () => {
  /** How likely it is that a time of `a` is longer than one of `b`; 0.5 when they can't be told apart. */
  const areaUnderCurve = (a: readonly number[], b: readonly number[]) => {
    let wins = 0;
    for (const x of a) for (const y of b) wins += x > y ? 1 : x === y ? 0.5 : 0;
    return wins / (a.length * b.length);
  };

  test('an unknown client, a wrong secret and an inactive client take the same work; the times are printed, not judged', async () => {
    const active = await installation.register();
    const inactive = await installation.register({ status: 'inactive' });
    const secret = createCredential('psts_');
    const kinds = {
      unknown: () => ({ clientId: createClientId(), secret }),
      wrong: () => ({ ...active, secret }),
      inactive: () => ({ ...inactive, secret }),
    };
    const times: Record<keyof typeof kinds, number[]> = { unknown: [], wrong: [], inactive: [] };
    for (let round = 0; round < 60; round += 1) {
      for (const kind of ['unknown', 'wrong', 'inactive'] as const) {
        const [before, comparisons] = [performance.now(), installation.comparisons()];
        const answer = await ask(kinds[kind]());
        times[kind].push(performance.now() - before);
        expect(answer.status).toBe(401);
        expect(installation.comparisons() - comparisons).toBe(1);
      }
    }
    const against = (kind: keyof typeof kinds) => areaUnderCurve(times.unknown, times[kind]).toFixed(3);
    console.info(`unknown against wrong: AUC ${against('wrong')}; against inactive: AUC ${against('inactive')}`);
  });
});

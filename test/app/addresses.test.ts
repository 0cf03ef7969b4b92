// Help with addresses on a real server: what comes in is seen, suggested, refused, explained by its reference, and allowed.

import { z } from 'zod';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import {
  accessAnswerSchema,
  clientSourceSchema,
  suggestionSchema,
} from '../../src/ports/api/client-address-schemas.ts';
import { auditEventSchema } from '../../src/ports/api/schemas.ts';
import { systemSchema } from '../../src/ports/api/system-route.ts';
import { eventually } from '../support/eventually.ts';
import { cleanUpPostern, launchPostern, type PosternProcess, type TestClient } from '../support/postern.ts';

vi.setConfig({ testTimeout: 90_000, hookTimeout: 120_000 });

let postern: PosternProcess;
let client: TestClient;
let token: string;

const tokenAnswer = z.object({ access_token: z.string() });
const sourcePage = z.object({ items: z.array(clientSourceSchema) });
const eventPage = z.object({ items: z.array(auditEventSchema) });

beforeAll(async () => {
  postern = await launchPostern({ env: { POSTERN_TRUSTED_PROXIES: '127.0.0.1' } });
  await postern.ready();
  client = await postern.createClient();
  const args = ['clients', 'create', '--name', 'administrator', '--role', 'Reseller', '--json'];
  const { json } = await postern.command(...args);
  token = tokenAnswer.parse(await (await askForToken(json as TestClient, '192.0.2.200')).json()).access_token;
});

afterAll(cleanUpPostern);

function askForToken({ client_id, client_secret }: TestClient, from: string): Promise<Response> {
  return fetch(`${postern.url}/oauth2/token`, {
    method: 'POST',
    headers: {
      Authorization: `Basic ${Buffer.from(`${client_id}:${client_secret}`).toString('base64')}`,
      'X-Forwarded-For': from,
    },
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
  });
}

async function api(method: string, path: string, body?: unknown): Promise<unknown> {
  const response = await fetch(`${postern.url}/api/v1${path}`, {
    method,
    headers: {
      Authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  expect(response.status, await response.clone().text()).toBeLessThan(300);
  return response.json();
}

const sourcesOf = async () => sourcePage.parse(await api('GET', `/clients/${client.client_id}/sources`)).items;

test('from use to a list, from a refusal by its reference to the reason, and to being let in', async () => {
  for (const host of [4, 5, 6, 7]) expect((await askForToken(client, `203.0.113.${host}`)).status).toBe(200);
  await eventually('all four are seen', async () => (await sourcesOf()).length === 4);

  const { exact } = suggestionSchema.parse(await api('GET', `/clients/${client.client_id}/suggested-rules`));
  expect(exact.map(({ rule }) => rule)).toEqual(['203.0.113.4/30']);
  const rules = exact.map(({ rule }) => rule);
  await api('PATCH', `/clients/${client.client_id}`, { ip_restriction: { mode: 'enforce', rules } });

  expect((await askForToken(client, '203.0.113.7')).status).toBe(200);
  const refused = await askForToken(client, '203.0.113.8');
  expect(refused.status).toBe(401);
  const reference = /\(ref ([0-9a-f]{32})\)/.exec(await refused.text())?.[1];

  const { items } = eventPage.parse(await api('GET', `/audit-events?request_id=${reference}`));
  const [event] = items;
  const question = { address: event?.ip };
  const answer = accessAnswerSchema.parse(await api('POST', `/clients/${client.client_id}/check`, question));
  expect(answer).toMatchObject({ allowed: false, reason: event?.reason, address: '203.0.113.8' });
  await eventually('the refused address is seen', async () =>
    (await sourcesOf()).some(
      ({ address, uses, refusals }) => address === '203.0.113.8' && uses === 0 && refusals === 1,
    ),
  );

  await api('PATCH', `/clients/${client.client_id}`, { ip_restriction: { rules: [...rules, '203.0.113.8'] } });
  expect((await askForToken(client, '203.0.113.8')).status).toBe(200);
});

test('GET /api/v1/system › the server counts itself once, and ignores no forwarding of a trusted proxy', async () => {
  const system = systemSchema.parse(await api('GET', '/system'));
  expect(system).toMatchObject({
    trusted_proxies: ['127.0.0.1'],
    ignored_forwarding: [],
    change_feed: { fresh: true },
  });
  expect(system.database).toMatchObject({ embedded: true, processes: 1 });
});

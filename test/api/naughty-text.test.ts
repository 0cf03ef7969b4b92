// Every naughty text in every place that takes text: either it is refused at that place, or it comes back as it was sent.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { naughtyKinds, naughtyStrings } from '../support/naughty-strings.ts';
import { asClient, asClients, asEvents, asProblem, asRegistered, pointersOf } from './answers.ts';
import { type Answer, call } from './api-server.ts';
import { type Installation, startInstallation } from './installation.ts';

let installation: Installation;
let target: string;
let registered = 1;
let changed = 0;

beforeAll(async () => {
  installation = await startInstallation();
  installation.server.login('root', { company: installation.root, role: 'reseller' });
  target = asRegistered(await ask('POST', '/clients', { name: 'target', role_id: 'role_company_admin' })).client_id;
});

afterAll(() => installation.close());

const ask = (method: string, path: string, json?: unknown): Promise<Answer> =>
  call(installation.server, method, `/api/v1${path}`, { token: 'root', ...(json === undefined ? {} : { json }) });

/** It cannot be percent-encoded. */
const LONE_SURROGATE = /\p{Cs}/u;

/** What a fault of ours would show. */
const LEAK = /\n\s+at |\.[jt]s:\d|node_modules|QueryFailed|violates|invalid byte sequence|syntax error at/;

function expectRefusal(answer: Answer, statuses: readonly number[], sent: string): void {
  expect(statuses, `${JSON.stringify(sent.slice(0, 80))} ${answer.text.slice(0, 500)}`).toContain(answer.status);
  expect(asProblem(answer).status).toBe(answer.status);
  expect(answer.text).not.toMatch(LEAK);
  expect(answer.text.length).toBeLessThan(2000);
}

const kinds = Object.entries(naughtyKinds);

describe.each(kinds)('%s', (_kind, texts) => {
  test('in a name', async () => {
    for (const text of texts) {
      const answer = await ask('POST', '/clients', { name: text, role_id: 'role_company_admin' });
      if (answer.status !== 201) {
        expectRefusal(answer, [422], text);
        expect(pointersOf(answer)).toEqual(['/name']);
        continue;
      }
      registered += 1;
      const client = asRegistered(answer);
      expect(client.name).toBe(text.normalize('NFC').trim());
      const shown = await ask('GET', `/clients/${client.client_id}`);
      expect(asClient(shown).name).toBe(client.name);
      const found = await ask('GET', `/clients?limit=200&name=${encodeURIComponent(text)}`);
      expect(asClients(found).items.map(({ client_id }) => client_id)).toContain(client.client_id);
      const created = asEvents(await ask('GET', `/audit-events?target_id=${client.client_id}`)).items;
      expect(created.map(({ changes }) => changes?.['name'])).toEqual([[null, client.name]]);
    }
  });

  test('in a description', async () => {
    for (const text of texts) {
      const before = asClient(await ask('GET', `/clients/${target}`));
      const answer = await ask('PATCH', `/clients/${target}`, { description: text });
      if (answer.status === 200) {
        const kept = text.normalize('NFC').replaceAll(/\r\n?/g, '\n').trim();
        if (kept !== before.description) changed += 1;
        expect(asClient(await ask('GET', `/clients/${target}`)).description).toBe(kept);
      } else {
        expectRefusal(answer, [422], text);
        expect(pointersOf(answer)).toEqual(['/description']);
        expect(asClient(await ask('GET', `/clients/${target}`))).toEqual(before);
      }
    }
  });

  const fields = ['role_id', 'company_id', 'default_api', 'status', 'token_format', 'auth_method', 'expires_at'];

  test.each(fields)('in place of %s it is a 422 that points there', async (field) => {
    for (const text of texts) {
      const body = { name: 'x', role_id: 'role_company_admin', [field]: text };
      const answer = await ask('POST', '/clients', body);
      expectRefusal(answer, [422], text);
      expect(pointersOf(answer)).toEqual([`/${field}`]);
    }
  });

  test('in place of a rule it is a 422 that points there', async () => {
    for (const text of texts) {
      const ip_restriction = { mode: 'enforce', rules: ['192.0.2.1', text] };
      const answer = await ask('PATCH', `/clients/${target}`, { ip_restriction });
      // A host name is a rule too, and some of these are well-formed ones.
      if (answer.status === 200) {
        changed += 1;
        await ask('PATCH', `/clients/${target}`, { ip_restriction: null });
        changed += 1;
        continue;
      }
      expectRefusal(answer, [422], text);
      expect(pointersOf(answer)).toEqual(['/ip_restriction/rules/1']);
    }
  });

  test('as the name of a field it is a 422 that points there', async () => {
    for (const text of texts) {
      const body = `{"name":"x","role_id":"role_company_admin",${JSON.stringify(text)}:1}`;
      const answer = await call(installation.server, 'POST', '/api/v1/clients', {
        token: 'root',
        body,
        headers: { 'Content-Type': 'application/json' },
      });
      expectRefusal(answer, [422], text);
      expect(pointersOf(answer)).toHaveLength(1);
    }
  });

  test('in a path it is a 404', async () => {
    for (const text of texts.filter((each) => !LONE_SURROGATE.test(each) && !/^(?:\s|\.|..)*$/.test(each))) {
      const segment = encodeURIComponent(text);
      for (const path of [`/clients/${segment}`, `/roles/${segment}`, `/audit-events/${segment}`]) {
        const answer = await ask('GET', path);
        // The only event that exists under such a number is one of this test.
        if (answer.status === 200 && path.startsWith('/audit-events/') && /^\d+$/.test(text)) continue;
        // Longer than all header fields together may be: cut off before anything is read.
        if (answer.status === 431 && segment.length > 8000) continue;
        expectRefusal(answer, text.includes('\0') ? [400] : [404], text);
      }
    }
  });

  const searches = [
    '/clients?q=',
    '/clients?name=',
    '/clients?cursor=',
    '/roles?q=',
    '/privileges?q=',
    '/audit-events?q=',
  ];

  test.each([...searches, '/audit-events?target_id=', '/clients?role_id=', '/clients?x='])(
    'in the query %s it is looked for or refused, never more',
    async (path) => {
      for (const text of texts.filter((each) => !LONE_SURROGATE.test(each) && each.length <= 2000)) {
        const answer = await ask('GET', path + encodeURIComponent(text));
        if (answer.status !== 200) {
          expectRefusal(answer, [422], text);
          expect(pointersOf(answer)).toEqual([`/query/${path.replace(/.*\?(\w+)=/, '$1')}`]);
        }
      }
    },
  );
});

test('there are at least 150 of them, all different', () => {
  const texts = naughtyStrings.map(({ text }) => text);
  expect(new Set(texts).size).toBeGreaterThan(250);
});

test('what was refused left nothing behind, and what was accepted is there once, with its event', async () => {
  const [count] = await installation.database.query<Record<string, number>>(
    `SELECT (SELECT count(*)::int FROM client) AS clients,
            (SELECT count(*)::int FROM client_secret) AS secrets,
            (SELECT count(*)::int FROM audit_event WHERE action = 'client.created') AS created,
            (SELECT count(*)::int FROM audit_event WHERE action = 'client.updated') AS updated`,
  );
  expect(count).toEqual({ clients: registered, secrets: registered, created: registered, updated: changed });
  expect(registered).toBeGreaterThan(150);
});

test('none of it was a fault of ours', () => {
  expect(installation.server.logged()).not.toContain('because of a fault');
});

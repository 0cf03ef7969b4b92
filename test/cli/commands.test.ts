// The command line on a real installation: while the server runs, and while it doesn't.
import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { processesIn } from '../embedded/server-processes.ts';
import { eventually } from '../support/eventually.ts';
import {
  cleanUpPostern,
  environment,
  findFreePort,
  makeDataDirectory,
  type PosternProcess,
  requestToken,
  runCommand,
  startPostern,
} from '../support/postern.ts';

vi.setConfig({ testTimeout: 90_000, hookTimeout: 90_000 });
afterAll(cleanUpPostern);

const PSTS = /^psts_[0-9A-Za-z]{49}$/;

describe('before the first start', () => {
  test('a command makes the database, and the server then starts on it', async () => {
    const dataDirectory = await makeDataDirectory();
    const port = await findFreePort();
    const env = environment({ PORT: String(port), POSTERN_DATA_DIR: dataDirectory });

    const looked = await runCommand(env, 'doctor', '--json');
    expect([looked.status, looked.json.healthy]).toEqual([0, true]);
    expect(looked.json.findings).toContainEqual({
      check: 'database',
      verdict: 'ok',
      detail: 'the embedded one is made at the first start',
    });

    const made = await runCommand(env, 'clients', 'create', '--name', 'siem', '--role', 'Company Admin', '--json');
    expect([made.status, made.err]).toEqual([0, '']);
    await eventually('the database has ended with the command', () => processesIn(dataDirectory).length === 0);

    expect(await runCommand(env, 'migrate')).toMatchObject({ status: 0, out: 'The database is up to date.\n' });

    const postern = await startPostern({ dataDirectory, port });
    expect((await requestToken(postern.url, made.json)).status).toBe(200);
    await postern.stop();
  });
});

describe('while the server runs', () => {
  let postern: PosternProcess;
  beforeAll(async () => {
    postern = await startPostern();
  });
  afterAll(() => postern.stop());

  test('clients create prints client ID and secret once, for people too', async () => {
    const { status, out, err } = await postern.command(
      'clients',
      'create',
      '--name',
      'siem',
      '--role',
      'company admin',
    );
    expect([status, err]).toEqual([0, '']);
    const [, client_id = '', client_secret = ''] = /client_id: +(\S+)\nclient_secret: +(\S+)\n/.exec(out) ?? [];
    expect(client_secret).toMatch(PSTS);
    expect((await requestToken(postern.url, { client_id, client_secret })).status).toBe(200);
    const { out: listed } = await postern.command('clients', 'list');
    expect(listed).toContain(client_id);
    expect(listed).not.toContain(client_secret);
  });

  test('clients create takes addresses, which the server enforces', async () => {
    const args = ['clients', 'create', '--name', 'fenced', '--role', 'Company Admin', '--json'];
    const away = await postern.command(...args, '--ip', '203.0.113.7', '--ip', '198.51.100.30/24, 2001:db8::/32');
    expect(away.json).toMatchObject({
      name: 'fenced',
      role: 'Company Admin',
      company_id: 'co_root',
      status: 'active',
      client_secret: expect.stringMatching(PSTS),
      ip_restriction: { mode: 'enforce', rules: ['203.0.113.7', '198.51.100.0/24', '2001:db8::/32'] },
      notices: [{ pointer: '/ip_restriction/rules/1', detail: expect.stringContaining('198.51.100.0/24') }],
    });
    expect((await requestToken(postern.url, away.json)).status).toBe(401);
    const here = await postern.command(...args, '--ip', '127.0.0.1');
    expect((await requestToken(postern.url, here.json)).status).toBe(200);
  });

  test('what it did stands in the audit log under its name', async () => {
    const client = await postern.createClient();
    const { access_token } = (await (await requestToken(postern.url, client)).json()) as { access_token: string };
    const response = await fetch(
      `${postern.url}/api/v1/audit-events?action=client.created&target_id=${client.client_id}`,
      {
        headers: { Authorization: `Bearer ${access_token}` },
      },
    );
    const text = await response.text();
    expect(JSON.parse(text).items).toEqual([
      expect.objectContaining({ actor: { type: 'system', id: 'cli', name: 'Command line' }, ip: null }),
    ]);
    expect(text).not.toContain(client.client_secret);
  });

  test.each([
    [['--role', 'Nobody'], 'Root has no role "Nobody". There are: "Company Admin", "Reseller".'],
    [['--role', 'Company Admin', '--company', 'co_none'], 'There is no company with the id co_none.'],
    [['--role', 'Company Admin', '--ip', '300.1.1.1'], '300.1.1.1'],
    [['--role', 'Company Admin', '--ip', ' '], 'A restriction needs at least one rule.'],
  ])('clients create %j is refused with status 1', async (args, message) => {
    const { status, out, err } = await postern.command('clients', 'create', '--name', 'x', ...args);
    expect([status, out]).toEqual([1, '']);
    expect(err).toContain(message);
  });

  test('clients list filters, and answers programs with the words of the API', async () => {
    const { json: fenced } = await postern.command('clients', 'list', '--search', 'FENCED', '--json');
    expect(fenced.items.map(({ name }: { name: string }) => name)).toEqual(['fenced', 'fenced']);
    expect(Object.keys(fenced.items[0])).toEqual([
      'client_id',
      'name',
      'company_id',
      'role_id',
      'role',
      'status',
      'ip_restriction',
      'created_at',
      'last_used_at',
    ]);
    expect(await postern.command('clients', 'list', '--status', 'inactive')).toMatchObject({
      status: 0,
      out: 'There are no clients.\n',
    });
  });

  test('users create prints an invitation that works once', async () => {
    const { status, json } = await postern.command(
      'users',
      'create',
      '--email',
      'bob@example.com',
      '--role',
      'Reseller',
      '--json',
    );
    expect(status).toBe(0);
    expect(json).toMatchObject({ email: 'bob@example.com', name: 'bob', role: 'Reseller', status: 'active' });
    expect(json.ip_exempt).toBe(false);
    const link = new URL(json.invitation_url);
    expect(link.origin).toBe(`http://localhost:${postern.port}`);
    const accept = () =>
      fetch(`${postern.url}/invitation`, {
        method: 'POST',
        redirect: 'manual',
        headers: { 'Sec-Fetch-Site': 'same-origin' },
        body: new URLSearchParams({
          token: link.searchParams.get('token') ?? '',
          password: 'five quiet herons at noon',
        }),
      });
    expect((await accept()).status).toBe(303);
    expect((await accept()).status).toBe(403);

    const again = await postern.command('users', 'create', '--email', 'BOB@example.com');
    expect([again.status, again.out]).toEqual([1, '']);
    expect(again.err).not.toBe('');
  });

  test('doctor finds everything well, warns of a key that others can read, and fails for another issuer', async () => {
    const well = await postern.command('doctor', '--json');
    const verdicts = ({ findings }: { findings: readonly { check: string; verdict: string }[] }) =>
      Object.fromEntries(findings.map(({ check, verdict }) => [check, verdict]));
    expect([well.status, verdicts(well.json)]).toEqual([
      0,
      {
        settings: 'ok',
        'data directory': 'ok',
        database: 'ok',
        clock: 'ok',
        migrations: 'ok',
        'row-level security': 'ok',
        'signing keys': 'ok',
        server: 'ok',
        issuer: 'ok',
      },
    ]);

    await chmod(join(postern.dataDirectory, 'encryption-key'), 0o644);
    const open = await postern.command('doctor');
    expect([open.status, open.out]).toEqual([0, expect.stringContaining('warning  encryption key: others can read')]);

    const wrong = {
      ...postern.env,
      POSTERN_ENCRYPTION_KEY: Buffer.alloc(32).toString('hex'),
      POSTERN_ISSUER: postern.url,
    };
    const failed = await runCommand(wrong, 'doctor', '--json');
    expect([failed.status, verdicts(failed.json)]).toEqual([
      1,
      expect.objectContaining({ issuer: 'failed', 'signing keys': 'failed' }),
    ]);
  });
});

describe('with settings that are wrong', () => {
  test('a command says so with status 1, and doctor lists them', async () => {
    const env = environment({ POSTERN_WORKRES: '2', PORT: 'x' });
    const refused = await runCommand(env, 'clients', 'list');
    expect([refused.status, refused.out]).toEqual([1, '']);
    expect(refused.err).toContain('POSTERN_WORKRES: there is no such setting. Did you mean POSTERN_WORKERS?');
    expect(refused.err).not.toMatch(/\n\s+at /);
    const doctor = await runCommand(env, 'doctor');
    expect([doctor.status, doctor.out.split('\n').length]).toEqual([1, 3]);
  });
});

test('users create --ip-exempt is the way back when the rules of the root company shut everybody out', async () => {
  const postern = await startPostern();
  const make = ['clients', 'create', '--name', 'boss', '--role', 'Reseller', '--json'];
  const boss = (await postern.command(...make)).json;
  const { access_token } = (await (await requestToken(postern.url, boss)).json()) as { access_token: string };
  const shut = await fetch(`${postern.url}/api/v1/companies/co_root?confirm=true`, {
    method: 'PATCH',
    headers: { Authorization: `Bearer ${access_token}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({ ip_restriction: { mode: 'enforce', rules: ['192.0.2.1'] } }),
  });
  expect(shut.status).toBe(200);
  expect((await requestToken(postern.url, boss)).status).toBe(401);

  const signIn = async (email: string, ...options: string[]) => {
    const create = ['users', 'create', '--email', email, '--role', 'Reseller', '--json', ...options];
    const { json } = await postern.command(...create);
    const token = new URL(json.invitation_url).searchParams.get('token') ?? '';
    const send = (path: string, form: Record<string, string>) =>
      fetch(`${postern.url}${path}`, {
        method: 'POST',
        redirect: 'manual',
        headers: { 'Sec-Fetch-Site': 'same-origin' },
        body: new URLSearchParams({ password: 'five quiet herons at noon', ...form }),
      });
    await send('/invitation', { token });
    return [json.ip_exempt, (await send('/login', { email })).status];
  };
  expect(await signIn('ada@example.com')).toEqual([false, 422]);
  expect(await signIn('bob@example.com', '--ip-exempt')).toEqual([true, 303]);
  await postern.stop();
});

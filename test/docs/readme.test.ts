// What the README shows is done here, word for word, on a server that was started as it says: its commands run in a shell, its
// JavaScript in Node.js. Only the port, the data directory and the values that a reader fills in are set.
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SETTINGS } from '../../src/config/settings.ts';
import { eventually } from '../support/eventually.ts';

const README = readFileSync('README.md', 'utf8');
const hasCurl = spawnSync('curl', ['--version']).status === 0;

/** Every block of this language, in order. */
function blocks(language: string): string[] {
  return [...README.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm'))].map(
    ([, code = '']) => code,
  );
}

/** The one block that holds all of this. */
function blockWith(...parts: readonly string[]): string {
  const found = blocks('sh').filter((block) => parts.every((part) => block.includes(part)));
  expect(found, `blocks with ${parts.join(' and ')}`).toHaveLength(1);
  return found[0] ?? '';
}

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address ? address.port : 0;
}

describe.skipIf(!hasCurl)('the README, on a real server (skipped where there is no curl)', () => {
  let folder = '';
  let origin = '';
  let server: ChildProcess;
  /** What the shell of the reader holds. */
  const environment: NodeJS.ProcessEnv = {};

  const run = (block: string): string =>
    execFileSync('sh', ['-e', '-c', block.replaceAll('http://localhost:3000', origin)], {
      env: environment,
      encoding: 'utf8',
    });
  const runForJson = (block: string): Record<string, unknown> => JSON.parse(run(block));

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'postern-readme-'));
    chmodSync(folder, 0o711); // under root the database runs as somebody else, who has to pass through
    const port = await findFreePort();
    origin = `http://localhost:${port}`;
    Object.assign(environment, process.env, {
      PORT: String(port),
      POSTERN_DATA_DIR: join(folder, 'data'),
      POSTERN_BCRYPT_COST: '4',
    });
    execFileSync(process.execPath, ['tools/build.mjs']);
    server = spawn(process.execPath, ['dist/src/main.js'], {
      env: environment,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    await eventually(
      'the server is ready',
      async () => (await fetch(`${origin}/readyz`).catch(() => undefined))?.ok,
      45_000,
    );
    const printed = run(blockWith('postern -- clients create'));
    environment['CLIENT_ID'] = /^client_id: +(pst_\w+)$/m.exec(printed)?.[1];
    environment['CLIENT_SECRET'] = /^client_secret: +(psts_\w+)$/m.exec(printed)?.[1];
    environment['TOKEN'] = String(runForJson(firstToken())['access_token']);
  }, 90_000);

  afterAll(async () => {
    if (server.exitCode === null) {
      server.kill('SIGTERM');
      await once(server, 'exit');
    }
    await rm(folder, { recursive: true, force: true });
  });

  const firstToken = (): string =>
    blocks('sh').find((block) => block.includes('grant_type=client_credentials') && !block.includes('scope=')) ?? '';

  test('the first request gets a token for 24 hours with the scope of the role', () => {
    expect(runForJson(firstToken())).toEqual({
      access_token: expect.stringMatching(/^eyJ/),
      token_type: 'Bearer',
      expires_in: 86_400,
      scope: expect.stringMatching(/^clients:read clients:write /),
    });
  });

  test('the token opens /api/v1/me, which tells the address as seen', () => {
    expect(runForJson(blockWith('/api/v1/me'))).toMatchObject({
      type: 'client',
      client_id: environment['CLIENT_ID'],
      ip: { address: expect.stringMatching(/^(127\.0\.0\.1|::1)$/), allowed: true },
    });
  });

  test('a token can be asked for with less scope', () => {
    expect(runForJson(blockWith('scope=clients:read'))).toMatchObject({ scope: 'clients:read' });
  });

  test('the Management API registers a restricted client and lists the event', () => {
    expect(runForJson(blockWith('/api/v1/clients'))).toMatchObject({
      name: 'siem-connector',
      client_secret: expect.stringMatching(/^psts_/),
      ip_restriction: { mode: 'enforce', rules: ['203.0.113.7', '10.0.0.0/8'] },
    });
    const { items } = runForJson(blockWith('/api/v1/audit-events'));
    expect(items).toContainEqual(expect.objectContaining({ action: 'client.created' }));
  });

  test('the JavaScript takes the token, and refuses one that was changed', () => {
    const [code = ''] = blocks('js');
    writeFileSync(join(folder, 'check.mjs'), code.replaceAll('http://localhost:3000', origin));
    if (!existsSync(join(folder, 'node_modules')))
      symlinkSync(resolve('node_modules'), join(folder, 'node_modules'), 'dir');
    writeFileSync(
      join(folder, 'main.mjs'),
      "import { check } from './check.mjs';\nconsole.log(JSON.stringify(await check(process.argv[2])));\n",
    );
    const check = (token: string) =>
      spawnSync(process.execPath, ['main.mjs', token], { cwd: folder, encoding: 'utf8' });
    const token = environment['TOKEN'] ?? '';
    expect(JSON.parse(check(token).stdout)).toContain('clients:read');
    const changed = check(`${token.slice(0, -8)}AAAAAAAA`);
    expect(changed.status).toBe(1);
    expect(changed.stderr).toContain('signature verification failed');
  });

  test('introspection tells the state of this moment, and revocation ends the token', () => {
    const introspect = blockWith('/oauth2/introspect');
    expect(runForJson(introspect)).toMatchObject({ active: true, client_id: environment['CLIENT_ID'] });
    expect(run(blockWith('/oauth2/revoke'))).toBe('');
    expect(runForJson(introspect)).toEqual({ active: false });
  });

  test('Swagger UI and the OpenAPI document are where the README says', async () => {
    const page = await fetch(`${origin}/docs`);
    const document = await fetch(`${origin}/api/openapi.json`);
    expect([page.status, document.status]).toEqual([200, 200]);
    expect(await document.json()).toMatchObject({ openapi: expect.stringMatching(/^3\.1\./) });
  });

  test('every block of commands was run here or is one of those that only a reader can run', () => {
    const forReaders = ['npm ci', "export CLIENT_ID='", "export TOKEN='"];
    const done = [
      '-- clients create',
      '/oauth2/token',
      '/api/v1/me',
      '/api/v1/clients',
      '/api/v1/audit-events',
      '/oauth2/introspect',
      '/oauth2/revoke',
    ];
    const unknown = blocks('sh').filter((block) => ![...forReaders, ...done].some((part) => block.includes(part)));
    expect(unknown).toEqual([]);
  });
});

describe('the documents', () => {
  const documents = ['README.md', 'ARCHITECTURE.md', 'SECURITY.md', 'CHANGELOG.md', 'docs/README.md'];

  test.each(documents)('%s links only to files that are there', (path) => {
    const links = [...readFileSync(path, 'utf8').matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(
      ([, target = '']) => target,
    );
    expect(links.filter((target) => !existsSync(join(dirname(path), target)))).toEqual([]);
  });

  test('name no setting that Postern does not know', () => {
    const known = SETTINGS.flatMap(({ name, isSecret }) => (isSecret ? [name, `${name}_FILE`] : [name]));
    const named = documents.flatMap(
      (path) => readFileSync(path, 'utf8').match(/\b(POSTERN_[A-Z_]+|DATABASE_URL\w*)\b/g) ?? [],
    );
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter((name) => !known.includes(name))).toEqual([]);
  });

  test('ARCHITECTURE.md names only files that are there, and stays under 200 lines', () => {
    const text = readFileSync('ARCHITECTURE.md', 'utf8');
    const paths = [...text.matchAll(/`((?:src|views|migrations|test|bench|tools|docs)\/[\w./-]+)`/g)].map(
      ([, path = '']) => path,
    );
    expect(paths.length).toBeGreaterThan(15);
    expect(paths.filter((path) => !existsSync(path))).toEqual([]);
    expect(text.split('\n').length).toBeLessThan(200);
  });
});

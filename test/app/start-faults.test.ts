// What keeps Postern from starting is said in a sentence on standard error, with the way out and without a stack.
import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, describe, expect, inject, test, vi } from 'vitest';
import type { EmbeddedConnection } from '../../src/storage/embedded/embedded-postgres.ts';
import { processesIn } from '../embedded/server-processes.ts';
import { createTestDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { dropRole } from '../support/owned-database.ts';
import {
  cleanUpPostern,
  environment,
  findFreePort,
  launchPostern,
  makeDataDirectory,
  runCommand,
  type StartOptions,
  startPostern,
} from '../support/postern.ts';

vi.setConfig({ testTimeout: 90_000 });
afterAll(cleanUpPostern);

const KEY = Buffer.alloc(32, 1).toString('base64');

/** What it says on standard error; nothing of a stack may be in it, and no process left. */
async function refusedStart(options: StartOptions): Promise<string> {
  const postern = await launchPostern(options);
  const exit = await postern.exited;
  const said = postern.stderr();
  expect(exit, said + postern.stdout()).toEqual({ status: 1, signal: null });
  expect(said).toMatch(/^Postern can't start: /);
  expect(said).not.toMatch(/\n\s+at |node:internal|Error:/);
  await eventually('no process is left', () => processesIn(postern.dataDirectory).length === 0);
  return said;
}

describe('settings', () => {
  test('that are wrong or unknown are all named at once, and nothing is made', async () => {
    const dataDirectory = await makeDataDirectory();
    const env = { PORT: '80a', POSTERN_ISSUER: 'auth.example.com', POSTERN_TRUSTED_PROXY: '10.0.0.0/8' };
    const said = await refusedStart({ env, dataDirectory });
    expect(said).toContain('3 settings are wrong:');
    expect(said).toContain('PORT: "80a" is not a port number from 1 to 65535.');
    expect(said).toContain('POSTERN_ISSUER: "auth.example.com" is not an absolute http or https URL');
    expect(said).toContain('POSTERN_TRUSTED_PROXY: there is no such setting. Did you mean POSTERN_TRUSTED_PROXIES?');
    await expect(chmod(dataDirectory, 0o711)).rejects.toThrow('ENOENT');
  });

  test('that ask for a weak first password are refused', async () => {
    const env = { POSTERN_ADMIN_EMAIL: 'ada@example.com', POSTERN_ADMIN_PASSWORD: 'short-secret' };
    const said = await refusedStart({ env });
    expect(said).toContain('POSTERN_ADMIN_PASSWORD: A password needs at least 15 characters.');
    expect(said).not.toContain('short-secret');
  });
});

describe('a port', () => {
  test('in use is named', async () => {
    const port = await findFreePort();
    const other = createServer().listen(port, '127.0.0.1');
    expect(await refusedStart({ port })).toBe(
      `Postern can't start: 127.0.0.1:${port} is in use by another program. Stop it, or set another PORT.\n`,
    );
    other.close();
  });

  test('in use is named by several processes as by one', async () => {
    const port = await findFreePort();
    const other = createServer().listen(port, '127.0.0.1');
    expect(await refusedStart({ port, env: { POSTERN_WORKERS: '2' } })).toContain(`127.0.0.1:${port} is in use`);
    other.close();
  });
});

describe('a data directory', () => {
  test('at which a server is at work says so, and that server goes on', async () => {
    const first = await startPostern();
    const said = await refusedStartBeside(first.dataDirectory);
    expect(said).toContain('Postern seems to be running already');
    expect((await fetch(`${first.url}/readyz`)).status).toBe(200);
    await first.stop();

    // The same data with the key gone, damaged and wrong.
    const path = join(first.dataDirectory, 'encryption-key');
    await rm(path);
    expect(await refusedStart({ dataDirectory: first.dataDirectory })).toContain(
      `${path} is missing, but there is a database`,
    );
    await writeFile(path, 'not a key\n');
    expect(await refusedStart({ dataDirectory: first.dataDirectory })).toContain(`${path} is damaged`);
    await writeFile(path, `${KEY}\n`);
    expect(await refusedStart({ dataDirectory: first.dataDirectory })).toContain(
      'The encryption key does not open the signing keys in the database.',
    );
  });

  test('with something else in the place of the database is left as it is', async () => {
    const dataDirectory = await makeDataDirectory();
    await mkdir(join(dataDirectory, 'postgres'), { recursive: true });
    await writeFile(join(dataDirectory, 'postgres/photo.jpg'), 'x');
    await writeFile(join(dataDirectory, 'encryption-key'), `${KEY}\n`);
    expect(await refusedStart({ dataDirectory })).toContain('holds no complete PostgreSQL database');
  });
});

async function refusedStartBeside(dataDirectory: string): Promise<string> {
  const postern = await launchPostern({ dataDirectory });
  expect(await postern.exited).toEqual({ status: 1, signal: null });
  return postern.stderr();
}

describe('DATABASE_URL', () => {
  const { host, port, user }: EmbeddedConnection = inject('postgres');

  test('to a database that there is not is refused at once, without its password', async () => {
    const url = `postgres:///nowhere?host=${encodeURIComponent(host)}&port=${port}&user=${user}&password=hunter2`;
    const said = await refusedStart({ env: { DATABASE_URL: url, POSTERN_ENCRYPTION_KEY: KEY } });
    expect(said).toBe(`Postern can't start: The database at ${host}/nowhere has no such database; create it first.\n`);
    expect(said).not.toContain('hunter2');
  });

  test('to an account that lacks a right says which and how to grant it; so do a command and doctor', async () => {
    const database = await createTestDatabase('empty');
    const account = `stranger_${process.pid}`;
    await database.query(`CREATE ROLE ${account} LOGIN NOSUPERUSER`);
    await database.query('REVOKE CREATE ON SCHEMA public FROM PUBLIC');
    const name = database.connection.database;
    const env = {
      DATABASE_URL: `postgres:///${name}?host=${encodeURIComponent(host)}&port=${port}&user=${account}`,
      POSTERN_ENCRYPTION_KEY: KEY,
    };
    const sentence =
      `The database account ${account} may not make tables in the schema public of the database ${name}. ` +
      `Have an administrator run, in the database ${name}: GRANT CREATE ON SCHEMA public TO ${account};`;
    try {
      for (const workers of ['1', '2']) {
        const said = await refusedStart({ env: { ...env, POSTERN_WORKERS: workers } });
        expect(said).toBe(`Postern can't start: ${sentence}\n`);
      }
      const command = await runCommand(environment(env), 'clients', 'list');
      expect([command.status, command.err.includes(sentence)]).toEqual([1, true]);
      const doctor = await runCommand(environment(env), 'doctor', '--json');
      expect(doctor.status).toBe(1);
      expect(doctor.json.findings).toContainEqual({ check: 'database account', verdict: 'failed', detail: sentence });
    } finally {
      await database.drop();
      await dropRole(account);
    }
  });

  test('to nobody is tried again for a while, and the log says so', async () => {
    const nobody = await findFreePort();
    const env = { DATABASE_URL: `postgres://u:hunter2@127.0.0.1:${nobody}/p`, POSTERN_ENCRYPTION_KEY: KEY };
    const postern = await launchPostern({ env });
    const line = await eventually('it says that it waits', () =>
      postern.log().find(({ msg }) => msg.includes('Trying again')),
    );
    expect(line.msg).toBe(
      `The database at 127.0.0.1:${nobody}/p can't be reached: connect ECONNREFUSED 127.0.0.1:${nobody}. Trying again.`,
    );
    expect(await postern.stop()).toEqual({ status: 0, signal: null });
    expect(postern.stdout()).not.toContain('hunter2');
  });
});

// The container image and the compose file, read as Docker reads them: there need not be a Docker to notice that they are out of step
// with the code.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { readSettings } from '../../src/config/read-settings.ts';
import { SETTINGS } from '../../src/config/settings.ts';

const serviceSchema = z.object({
  image: z.string(),
  environment: z.record(z.string(), z.string()),
  secrets: z.array(z.string()),
  healthcheck: z.object({ test: z.tuple([z.literal('CMD')], z.string()) }).loose(),
  volumes: z.array(z.string()).optional(),
  ports: z.array(z.string()).optional(),
  depends_on: z.record(z.string(), z.object({ condition: z.string() })).optional(),
});
const composeSchema = z.object({
  services: z.record(z.string(), serviceSchema.loose()),
  secrets: z.record(z.string(), z.object({ file: z.string() })),
  volumes: z.record(z.string(), z.unknown()),
});

const composeText = readFileSync('docker-compose.yml', 'utf8');
const compose = composeSchema.parse(parse(composeText));
const dockerfile = readFileSync('Dockerfile', 'utf8').replaceAll(/\\\n\s*/g, '');

describe('docker-compose.yml', () => {
  const { database, postern } = compose.services;

  test('brings PostgreSQL 18 and Postern, which waits until the database is healthy', () => {
    expect(Object.keys(compose.services)).toEqual(['database', 'postern']);
    expect(database?.image).toBe('postgres:18');
    expect(postern?.depends_on).toEqual({ database: { condition: 'service_healthy' } });
    expect(postern?.healthcheck.test.join(' ')).toContain('http://127.0.0.1:3000/readyz');
  });

  test('keeps the data of PostgreSQL in a named volume where the image of 18 puts it', () => {
    expect(database?.volumes).toEqual(['database:/var/lib/postgresql']);
    expect(Object.keys(compose.volumes)).toEqual(['database']);
  });

  test('publishes Postern to this machine alone and the database to nobody', () => {
    expect(database?.ports).toBeUndefined();
    expect(postern?.ports).toEqual(['127.0.0.1:3000:3000']);
  });

  test('gives each service by file the secrets that it reads, and no secret in the environment', () => {
    const secretNames = SETTINGS.filter(({ isSecret }) => isSecret).map(({ name }) => name);
    for (const service of Object.values(compose.services)) {
      const read = Object.entries(service.environment).filter(([name]) => name.endsWith('_FILE'));
      expect(read.map(([, path]) => path).toSorted()).toEqual(service.secrets.map((name) => `/run/secrets/${name}`));
      for (const name of service.secrets) expect(compose.secrets[name]?.file).toBe(`./secrets/${name}`);
      expect(Object.keys(service.environment).filter((name) => secretNames.includes(name))).toEqual([]);
    }
  });
});

describe('the commands at the head of docker-compose.yml', () => {
  const commands = [...composeText.matchAll(/^# {3}(?!docker)(.+)$/gm)].map(([, command]) => command);
  let folder = '';

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'postern-compose-'));
    execFileSync('sh', ['-e', '-c', commands.join('\n')], { cwd: folder });
  });

  afterAll(() => rm(folder, { recursive: true, force: true }));

  test('make every secret that is named below, in a folder that is closed to others', () => {
    for (const { file } of Object.values(compose.secrets)) expect(existsSync(join(folder, file)), file).toBe(true);
    expect(statSync(join(folder, 'secrets')).mode & 0o777).toBe(0o700);
  });

  test('make secrets with which Postern accepts its environment', () => {
    const given = Object.entries(compose.services['postern']?.environment ?? {}).map(([name, value]) => [
      name,
      value.replace('/run/secrets', join(folder, 'secrets')).replace(/^\$\{\w+:-(.*)\}$/, '$1'),
    ]);
    const settings = readSettings(Object.fromEntries(given));
    const password = readFileSync(join(folder, 'secrets/database_password'), 'utf8');
    expect(password).toMatch(/^[0-9a-f]{48}$/);
    expect(settings).toMatchObject({
      host: '0.0.0.0',
      port: 3000,
      issuer: 'http://localhost:3000',
      databaseUrl: `postgres://postern:${password}@database:5432/postern`,
    });
    expect(settings.encryptionKey).toHaveLength(32);
  });
});

describe('the Dockerfile', () => {
  const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+)$/gm)].flatMap(([, names = '']) =>
    names.split(' ').slice(0, -1),
  );

  test('copies only what is there and what .dockerignore lets through', () => {
    const letThrough = readFileSync('.dockerignore', 'utf8').matchAll(/^!(.+)$/gm);
    expect(copied.filter((path) => !existsSync(path))).toEqual([]);
    expect([...new Set(copied)].toSorted()).toEqual([...letThrough].map(([, path]) => path).toSorted());
  });

  test('copies everything that the build reads', () => {
    const build = readFileSync('tools/build.mjs', 'utf8');
    const read = /SOURCE_FOLDERS = \[(.+)\];\nconst SETTINGS_FILES = \[(.+)\];/.exec(build);
    const names = [read?.[1], read?.[2]].join().matchAll(/'([^']+)'/g);
    expect([...names].map(([, name]) => name).filter((name) => name === undefined || !copied.includes(name))).toEqual(
      [],
    );
    expect(read).not.toBeNull();
  });

  test('ends as a user who is not root, on all interfaces, with a health check that Node.js runs', () => {
    const last = dockerfile.slice(dockerfile.lastIndexOf('\nFROM '));
    expect(last).toMatch(/^USER node$/m);
    expect(last).toMatch(/^ENV .*HOST=0\.0\.0\.0/m);
    expect(last).toMatch(/^HEALTHCHECK .*CMD \["node", "-e", "fetch\(.*\/healthz/m);
    expect(last).toMatch(/^CMD \["node", "dist\/src\/main\.js"\]$/m);
  });
});

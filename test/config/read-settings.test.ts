// What the environment may say, and what is said about what it may not.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readSettings, type SettingFault, SettingsError } from '../../src/config/read-settings.ts';
import { SETTINGS } from '../../src/config/settings.ts';

const KEY = Buffer.alloc(32, 7);
const withDatabase = {
  DATABASE_URL: 'postgres://postern:hunter2@db.example.com:5432/postern',
  POSTERN_ENCRYPTION_KEY: KEY.toString('base64'),
};

function faultsOf(environment: Record<string, string>): readonly SettingFault[] {
  try {
    readSettings(environment);
  } catch (error) {
    if (error instanceof SettingsError) return error.faults;
    throw error;
  }
  return [];
}

function faultOf(name: string, value: string): string {
  const faults = faultsOf({ [name]: value });
  expect(faults.map((fault) => fault.name)).toContain(name);
  return faults.find((fault) => fault.name === name)?.detail ?? '';
}

describe('without any variable', () => {
  test('the defaults of the contract hold', () => {
    expect(readSettings({})).toEqual({
      port: 3000,
      host: '127.0.0.1',
      issuer: 'http://localhost:3000',
      databaseUrl: undefined,
      dataDirectory: resolve('data'),
      trustedProxies: [],
      encryptionKey: undefined,
      firstAdministrator: undefined,
      workers: 1,
      logLevel: 'info',
      bcryptCost: 10,
      dnsServers: [],
      metricsPort: undefined,
      postgresBinDirectory: undefined,
    });
  });

  test('the result cannot be changed', () => {
    const settings = readSettings({
      POSTERN_TRUSTED_PROXIES: '10.0.0.0/8',
      POSTERN_ADMIN_EMAIL: 'a',
      POSTERN_ADMIN_PASSWORD: 'b',
    });
    expect(Object.isFrozen(settings)).toBe(true);
    expect(Object.isFrozen(settings.trustedProxies)).toBe(true);
    expect(Object.isFrozen(settings.firstAdministrator)).toBe(true);
  });

  test('an empty variable counts as not given', () => {
    expect(readSettings({ PORT: '', DATABASE_URL: '', POSTERN_ISSUER: '', POSTERN_ENCRYPTION_KEY: '' })).toEqual(
      readSettings({}),
    );
  });
});

describe('every variable', () => {
  test('is read', () => {
    const settings = readSettings({
      ...withDatabase,
      PORT: '8080',
      HOST: '::',
      POSTERN_ISSUER: 'https://auth.example.com',
      POSTERN_DATA_DIR: '/srv/postern',
      POSTERN_TRUSTED_PROXIES: '10.0.0.0/8, fd00::/8 192.0.2.1',
      POSTERN_ADMIN_EMAIL: 'admin@example.com',
      POSTERN_ADMIN_PASSWORD: ' with spaces around ',
      POSTERN_WORKERS: '12',
      POSTERN_LOG_LEVEL: 'debug',
      POSTERN_BCRYPT_COST: '12',
      POSTERN_DNS_SERVERS: '192.0.2.53,[2001:db8::53]:5353',
      POSTERN_METRICS_PORT: '9090',
      PG_BIN: '/usr/lib/postgresql/16/bin',
    });
    expect(settings).toEqual({
      port: 8080,
      host: '::',
      issuer: 'https://auth.example.com',
      databaseUrl: withDatabase.DATABASE_URL,
      dataDirectory: '/srv/postern',
      trustedProxies: ['10.0.0.0/8', 'fd00::/8', '192.0.2.1'],
      encryptionKey: KEY,
      firstAdministrator: { email: 'admin@example.com', password: ' with spaces around ' },
      workers: 12,
      logLevel: 'debug',
      bcryptCost: 12,
      dnsServers: ['192.0.2.53', '[2001:db8::53]:5353'],
      metricsPort: 9090,
      postgresBinDirectory: '/usr/lib/postgresql/16/bin',
    });
  });

  test('has a description and a default for the reference, and the secret ones are marked', () => {
    for (const { name, description, default: byDefault } of SETTINGS) {
      expect(description.length, name).toBeGreaterThan(15);
      expect(byDefault.length, name).toBeGreaterThan(0);
    }
    expect(SETTINGS.filter(({ isSecret }) => isSecret).map(({ name }) => name)).toEqual([
      'DATABASE_URL',
      'POSTERN_ENCRYPTION_KEY',
      'POSTERN_ADMIN_PASSWORD',
    ]);
  });

  test('names its default as the program has it', () => {
    const settings = readSettings({});
    const byName = new Map(SETTINGS.map((each) => [each.name, each.default]));
    expect(byName.get('PORT')).toBe(String(settings.port));
    expect(byName.get('HOST')).toBe(settings.host);
    expect(byName.get('POSTERN_WORKERS')).toBe(String(settings.workers));
    expect(byName.get('POSTERN_LOG_LEVEL')).toBe(settings.logLevel);
    expect(byName.get('POSTERN_BCRYPT_COST')).toBe(String(settings.bcryptCost));
    expect(resolve(byName.get('POSTERN_DATA_DIR') ?? '')).toBe(settings.dataDirectory);
  });
});

describe('faults', () => {
  test('all are told at once, each with its variable', () => {
    const environment = {
      PORT: '80a',
      POSTERN_ISSUER: 'auth.example.com',
      POSTERN_TRUSTED_PROXIES: '10.0.0.0/8,10.0.0.0/33',
      POSTERN_LOG_LEVEL: 'verbose',
      POSTERN_ADMIN_EMAIL: 'a@example.com',
      POSTERN_ISSER: 'x',
      DATABASE_URL: 'mysql://x/y',
    };
    expect(faultsOf(environment).map(({ name }) => name)).toEqual([
      'POSTERN_ISSER',
      'PORT',
      'POSTERN_ISSUER',
      'DATABASE_URL',
      'POSTERN_TRUSTED_PROXIES',
      'POSTERN_LOG_LEVEL',
      'POSTERN_ENCRYPTION_KEY',
      'POSTERN_ADMIN_PASSWORD',
    ]);
    expect(() => readSettings(environment)).toThrow(/^8 settings are wrong:\n  POSTERN_ISSER: .*\n  PORT: /);
  });

  test.each([
    ['POSTERN_ISSER', 'Did you mean POSTERN_ISSUER?'],
    ['POSTERN_TRUSTED_PROXY', 'Did you mean POSTERN_TRUSTED_PROXIES?'],
    ['POSTERN_ADMIN_PASSWORD_FIEL', 'Did you mean POSTERN_ADMIN_PASSWORD_FILE?'],
    ['postern_issuer', 'Did you mean POSTERN_ISSUER?'],
    ['POSTERN_WORKERS_FILE', 'Only secrets are read from files; set POSTERN_WORKERS.'],
    ['POSTERN_FROBNICATION_LEVEL_OF_EVERYTHING', 'Remove it.'],
  ])('the unknown %s is refused: %s', (name, hint) => {
    expect(faultOf(name, '1')).toBe(`there is no such setting. ${hint}`);
  });

  test('names that are not ours are left alone', () => {
    expect(faultsOf({ PORTS: '1', POSTGRES_PASSWORD: 'x', NODE_ENV: 'production' })).toEqual([]);
  });

  test.each(['0', '65536', '3000 ', '-1', '1e3', '0x50', '80.5', '٣٠٠٠'])('PORT=%s is no port', (value) => {
    expect(faultOf('PORT', value)).toContain('is not a port number from 1 to 65535');
  });

  test.each([
    ['https://auth.example.com/', 'https://auth.example.com'],
    ['https://Auth.Example.com', 'https://auth.example.com'],
    ['https://auth.example.com:443', 'https://auth.example.com'],
    ['HTTP://auth.example.com', 'http://auth.example.com'],
    ['https://auth.example.com?x=1', 'https://auth.example.com'],
    ['https://auth.example.com/#', 'https://auth.example.com'],
    ['https://auth.example.com/postern', 'https://auth.example.com'],
    ['https://bücher.example', 'https://xn--bcher-kva.example'],
  ])('the issuer %s is refused with the right spelling', (value, right) => {
    expect(faultOf('POSTERN_ISSUER', value)).toContain(right);
  });

  test.each(['auth.example.com', 'ftp://auth.example.com', '/auth', 'https://', 'https://u:p@auth.example.com'])(
    'the issuer %s is refused',
    (value) => {
      expect(faultOf('POSTERN_ISSUER', value)).not.toBe('');
    },
  );

  test.each([
    '10.0.0.0/33',
    '10.0.0',
    'proxy.local',
    'fe80::1%eth0',
    '10.0.0.0/8/8',
    '010.0.0.1',
    '10.0.0.0/-1',
    '::/129',
  ])('the trusted proxy %s is refused', (value) => {
    expect(faultOf('POSTERN_TRUSTED_PROXIES', `192.0.2.1,${value}`)).toContain(
      'is neither an IP address nor a network',
    );
  });

  test.each(['dns.example.com', '192.0.2.53:0', '192.0.2.53:99999', '[192.0.2.53]:53', '2001:db8::53]:53'])(
    'the name server %s is refused',
    (value) => {
      expect(faultOf('POSTERN_DNS_SERVERS', value)).toContain('is neither an address nor address:port');
    },
  );

  test.each(['a-pass-phrase', 'A'.repeat(42), 'g'.repeat(64), KEY.toString('base64').repeat(2)])(
    'the encryption key %s is refused without repeating it',
    (value) => {
      const detail = faultOf('POSTERN_ENCRYPTION_KEY', value);
      expect(detail).toContain('32 bytes in base64 or hexadecimal');
      expect(detail).not.toContain(value);
    },
  );

  test('no part of a database URL is repeated', () => {
    const detail = faultOf('DATABASE_URL', 'postgresq://postern:hunter2@db/postern');
    expect(detail).not.toContain('hunter2');
    expect(detail).toContain('postgres://');
  });

  test('a value with line breaks stays on one line of the message', () => {
    expect(faultOf('HOST', 'a\nb')).toMatch(/^"a\?b" is neither/);
  });

  test('DATABASE_URL needs an encryption key that outlives the machine', () => {
    expect(faultsOf({ DATABASE_URL: withDatabase.DATABASE_URL }).map(({ name }) => name)).toEqual([
      'POSTERN_ENCRYPTION_KEY',
    ]);
  });

  test('the embedded database serves at most eight processes', () => {
    expect(faultOf('POSTERN_WORKERS', '9')).toContain('at most 8');
    expect(faultsOf({ ...withDatabase, POSTERN_WORKERS: '9' })).toEqual([]);
    expect(faultsOf({ POSTERN_WORKERS: '8' })).toEqual([]);
  });

  test('the metrics have a port of their own', () => {
    expect(faultsOf({ POSTERN_METRICS_PORT: '3000' })).toEqual([
      { name: 'POSTERN_METRICS_PORT', detail: 'must differ from PORT.' },
    ]);
  });
});

describe('encryption keys', () => {
  test.each([
    ['base64', KEY.toString('base64')],
    ['base64url', KEY.toString('base64url')],
    ['hexadecimal', KEY.toString('hex')],
    ['upper-case hexadecimal', KEY.toString('hex').toUpperCase()],
  ])('are read in %s', (_encoding, text) => {
    expect(readSettings({ POSTERN_ENCRYPTION_KEY: text }).encryptionKey).toEqual(KEY);
  });
});

describe('secrets in files', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'postern-config-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  async function file(name: string, content: string): Promise<string> {
    const path = join(folder, name);
    await writeFile(path, content);
    return path;
  }

  test('each secret can be read from one, without its line end', async () => {
    const settings = readSettings({
      DATABASE_URL_FILE: await file('url', `${withDatabase.DATABASE_URL}\n`),
      POSTERN_ENCRYPTION_KEY_FILE: await file('key', `${KEY.toString('hex')}\r\n`),
      POSTERN_ADMIN_EMAIL: 'a@example.com',
      POSTERN_ADMIN_PASSWORD_FILE: await file('password', ' kept as it is \n'),
    });
    expect(settings.databaseUrl).toBe(withDatabase.DATABASE_URL);
    expect(settings.encryptionKey).toEqual(KEY);
    expect(settings.firstAdministrator?.password).toBe(' kept as it is ');
  });

  test('one that is missing or empty is told, and nothing is said about what it would have held', async () => {
    const missing = join(folder, 'missing');
    expect(faultsOf({ DATABASE_URL_FILE: missing, POSTERN_ENCRYPTION_KEY_FILE: await file('empty', '\n') })).toEqual([
      {
        name: 'DATABASE_URL_FILE',
        detail: `the file ${missing} can't be read (ENOENT). Correct the path or its permissions.`,
      },
      {
        name: 'POSTERN_ENCRYPTION_KEY_FILE',
        detail: `the file ${join(folder, 'empty')} is empty. It must hold the value and nothing else.`,
      },
    ]);
  });

  test('a fault in the content names the file’s variable', async () => {
    const path = await file('bad', 'no key');
    expect(faultsOf({ POSTERN_ENCRYPTION_KEY_FILE: path }).map(({ name }) => name)).toEqual([
      'POSTERN_ENCRYPTION_KEY_FILE',
    ]);
  });

  test('the variable and its file together are refused', async () => {
    const path = await file('both', KEY.toString('hex'));
    const environment = { POSTERN_ENCRYPTION_KEY: KEY.toString('hex'), POSTERN_ENCRYPTION_KEY_FILE: path };
    expect(faultsOf(environment)).toEqual([
      { name: 'POSTERN_ENCRYPTION_KEY_FILE', detail: 'POSTERN_ENCRYPTION_KEY is set too. Set one of the two.' },
    ]);
  });
});

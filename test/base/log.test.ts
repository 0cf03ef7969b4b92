// The log writes JSON lines and never a credential, wherever in the fields or in the message it stands.
import { describe, expect, test } from 'vitest';
import { createLog, type Log, type LogLevel } from '../../src/base/log.ts';

interface Written {
  readonly log: Log;
  readonly lines: string[];
  last(): Record<string, unknown>;
}

function capture(level: LogLevel = 'info'): Written {
  const lines: string[] = [];
  const log = createLog(level, { write: (line) => void lines.push(line) });
  return { log, lines, last: () => JSON.parse(lines.at(-1) ?? '') as Record<string, unknown> };
}

const CANARY = 'canary-1f0c';

describe('a log line', () => {
  test('is one JSON object with level, time, process id, fields and message', () => {
    const { log, lines, last } = capture();
    log.info({ client_id: 'pst_1', count: 2 }, 'token issued\nsecond line');
    expect(lines).toHaveLength(1);
    expect(lines[0]?.indexOf('\n')).toBe((lines[0]?.length ?? 0) - 1);
    expect(last()).toMatchObject({ level: 'info', pid: process.pid, client_id: 'pst_1', count: 2 });
    expect(last()['msg']).toBe('token issued\nsecond line');
    expect(new Date(String(last()['time'])).toISOString()).toBe(last()['time']);
  });

  test('below the level is not written', () => {
    const { log, lines } = capture('warn');
    log.info('quiet');
    log.warn('loud');
    expect(lines).toHaveLength(1);
  });
});

describe('redaction', () => {
  const names = [
    'authorization',
    'Authorization',
    'Proxy-Authorization',
    'cookie',
    'set-cookie',
    'Set-Cookie',
    'client_secret',
    'clientSecret',
    'password',
    'newPassword',
    'current_password',
    'token',
    'access_token',
    'accessToken',
    'refresh_token',
    'secret',
    'secrets',
    'client_assertion',
    'private_key',
    'POSTERN_ENCRYPTION_KEY',
    'X-Auth-Token',
    'rawHeaders',
  ];

  test.each(names)('of a field named %s hides its value at every depth', (name) => {
    const { log, lines } = capture();
    log.info({ [name]: CANARY, list: [{ req: { headers: { [name]: CANARY, kept: 'yes' } } }] }, 'x');
    log.info({ [name]: [CANARY, { deep: CANARY }] }, 'x');
    expect(lines.join('')).not.toContain(CANARY);
    expect(lines[0]).toContain('"kept":"yes"');
  });

  test('leaves counts and flags under such names', () => {
    const { log, last } = capture();
    log.info({ tokens: 3, has_secret: true, token: null }, 'x');
    expect(last()).toMatchObject({ tokens: 3, has_secret: true, token: null });
  });

  test.each([
    ['a client secret', 'psts_0123456789abcdefghijABCDEFGHIJ0123456789abc123456'],
    ['an API token', 'pstt_0123456789abcdefghijABCDEFGHIJ0123456789abc123456'],
    ['a JWT', 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJlMTIz'],
    ['a Basic header', 'Basic cHN0XzE6cHN0c18yYWJjZGVm'],
    ['a bcrypt hash', '$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy'],
    ['a password in a URL', 'postgres://postern:canary-pass@db/postern'],
  ])('finds %s inside a sentence, a field and an error', (_what, credential) => {
    const { log, lines } = capture();
    log.info({ note: `got ${credential}.` }, `saw ${credential} there`);
    log.error({ err: new Error(`failed with ${credential}`) }, 'x');
    expect(lines.join('')).not.toContain(credential);
    expect(lines.join('')).not.toContain('canary-pass');
    expect(lines.every((line) => typeof JSON.parse(line) === 'object')).toBe(true);
  });

  test('survives cycles, deep nesting, binary data and getters of a prototype', () => {
    const { log, lines } = capture();
    const cyclic: Record<string, unknown> = { name: 'a' };
    cyclic['self'] = cyclic;
    log.info({ cyclic, bytes: Buffer.from(CANARY), at: new Date(0) }, 'x');
    expect(lines[0]).toContain('"bytes":"[11 bytes]"');
    expect(lines[0]).toContain('"at":"1970-01-01T00:00:00.000Z"');
    expect(lines[0]).toContain('[deeper]');
  });
});

describe('an error in the log', () => {
  test('has type, message, frames and causes', () => {
    const { log, last } = capture();
    const cause = Object.assign(new Error('connection refused'), { code: 'ECONNREFUSED' });
    log.error({ err: new TypeError('outer', { cause }) }, 'x');
    const err = last()['err'] as Record<string, unknown>;
    expect(err).toMatchObject({ type: 'TypeError', message: 'outer' });
    expect(err['stack']).toMatch(/^\s+at .*log\.test\.ts/);
    expect(err['cause']).toMatchObject({ message: 'connection refused', code: 'ECONNREFUSED' });
  });

  test('given alone is described the same way', () => {
    const { log, last } = capture();
    log.error(Object.assign(new Error('alone'), { parameters: [CANARY] }), 'x');
    expect(last()['err']).toMatchObject({ type: 'Error', message: 'alone' });
    expect(JSON.stringify(last())).not.toContain(CANARY);
  });

  test('of a failed statement shows the SQL and the constraint, but neither parameters nor the row', () => {
    const { log, lines, last } = capture();
    const driverError = Object.assign(new Error('duplicate key value violates unique constraint "client_name"'), {
      code: '23505',
      constraint: 'client_name',
      table: 'client',
      detail: `Key (name)=(${CANARY}) already exists.`,
    });
    const failed = Object.assign(new Error(driverError.message, { cause: driverError }), {
      name: 'QueryFailedError',
      query: 'INSERT INTO client (name) VALUES ($1)',
      parameters: [CANARY],
      driverError,
    });
    log.error({ err: failed }, 'x');
    expect(lines.join('')).not.toContain(CANARY);
    expect(last()['err']).toMatchObject({
      query: 'INSERT INTO client (name) VALUES ($1)',
      cause: { code: '23505', constraint: 'client_name', table: 'client' },
    });
  });

  test('of class 22 loses the value that PostgreSQL quotes', () => {
    const { log, lines } = capture();
    const error = Object.assign(new Error(`invalid input syntax for type uuid: "${CANARY}"`), { code: '22P02' });
    log.error({ err: error }, 'x');
    expect(lines.join('')).not.toContain(CANARY);
    expect(lines.join('')).toContain('invalid input syntax for type uuid');
  });

  test('whose causes form a circle or aren’t errors ends', () => {
    const { log, lines } = capture();
    const first = new Error('first');
    first.cause = first;
    log.error({ err: first }, 'x');
    log.error({ err: new Error('second', { cause: { password: CANARY } }) }, 'x');
    log.error({ err: new AggregateError([new Error('a'), 'b'], 'many') }, 'x');
    expect(lines).toHaveLength(3);
    expect(lines.join('')).not.toContain(CANARY);
    expect(lines[2]).toContain('"message":"a"');
  });
});

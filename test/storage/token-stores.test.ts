// Signing keys, revocations and opaque tokens in the database; cursors.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Stores } from '../../src/domain/stores.ts';
import type { OpaqueToken } from '../../src/domain/token/access-token.ts';
import { encodeCursor } from '../../src/storage/cursor.ts';
import { createTestDatabase, openTestStorage } from '../support/database.ts';
import type { TestDatabase, TestStorage } from '../support/database.ts';
import { makeClient, reachOf, rootCompany } from '../support/factories.ts';

let database: TestDatabase;
let opened: TestStorage;

beforeAll(async () => {
  database = await createTestDatabase();
  opened = await openTestStorage(database.connection);
});

afterAll(async () => {
  await opened.close();
  await database.drop();
});

const read = <T>(work: (stores: Stores) => Promise<T>) => opened.storage.read(work);
const write = <T>(work: (stores: Stores) => Promise<T>) => opened.storage.write(work);

describe('signing keys', () => {
  test('come back as they were stored, newest first, and tell their change', async () => {
    const keys = (['retired', 'next'] as const).map((status, index) => ({
      kid: `kid-${status}`,
      algorithm: 'ES256' as const,
      status,
      publicJwk: { kty: 'EC', crv: 'P-256', x: 'x', y: 'y' },
      sealedPrivateKey: Buffer.from([0, 1, 2, 255]),
      createdAt: new Date(Date.UTC(2025, 0, 1 + index)),
    }));
    opened.changes.length = 0;
    await write(async (stores) => {
      for (const key of keys) await stores.signingKeys.insert(key);
    });
    expect(await read((stores) => stores.signingKeys.list())).toEqual(keys.toReversed());
    expect(opened.changes.map(({ topic, key }) => `${topic} ${key}`)).toEqual([
      'signing_key kid-retired',
      'signing_key kid-next',
    ]);
  });

  test('are made once by however many hold the lock in turn', async () => {
    await database.query('DELETE FROM signing_key');
    const makeFirst = () =>
      write(async (stores) => {
        await stores.signingKeys.lock();
        if ((await stores.signingKeys.list()).length > 0) return false;
        await stores.signingKeys.insert({
          kid: 'only',
          algorithm: 'ES256',
          status: 'current',
          publicJwk: {},
          sealedPrivateKey: Buffer.alloc(1),
          createdAt: new Date(),
        });
        return true;
      });
    const made = await Promise.all(Array.from({ length: 8 }, makeFirst));
    expect(made.filter(Boolean)).toHaveLength(1);
  });
});

describe('tokens', () => {
  test('revoked stay so; a second revocation changes nothing', async () => {
    const revoke = () => write((stores) => stores.tokens.revoke('0-jti', 'pst_x', new Date('2099-01-01')));
    expect(await read((stores) => stores.tokens.isRevoked('0-jti'))).toBe(false);
    opened.changes.length = 0;
    await revoke();
    await revoke();
    await Promise.all([revoke(), revoke()]);
    expect(await read((stores) => stores.tokens.isRevoked('0-jti'))).toBe(true);
    expect(opened.changes).toEqual([{ topic: 'revoked_token', key: '0-jti' }]);
  });

  test('opaque ones come back as they were stored', async () => {
    const token: OpaqueToken = {
      tokenHash: 'hash',
      jti: '0-opaque',
      clientId: 'pst_x',
      companyId: 'co_root',
      audience: 'https://api.example.test',
      scope: 'a b',
      issuedAt: new Date('2025-01-01T00:00:00.000Z'),
      expiresAt: new Date('2025-01-02T00:00:00.000Z'),
    };
    await write((stores) => stores.tokens.insertOpaque(token));
    expect(await read((stores) => stores.tokens.findOpaque('hash'))).toEqual(token);
    expect(await read((stores) => stores.tokens.findOpaque('other'))).toBeUndefined();
  });
});

describe('a cursor that no list gave', () => {
  const reach = reachOf(rootCompany);
  const LISTS: Record<string, (cursor: string) => Promise<unknown>> = {
    clients: (cursor) => read((stores) => stores.clients.list({}, { limit: 1, cursor }, reach)),
    'clients by name': (cursor) => read((stores) => stores.clients.list({ sort: 'name' }, { limit: 1, cursor }, reach)),
    'clients by last use': (cursor) =>
      read((stores) => stores.clients.list({ sort: 'last_used_at' }, { limit: 1, cursor }, reach)),
    roles: (cursor) => read((stores) => stores.roles.list({}, { limit: 1, cursor }, reach)),
    privileges: (cursor) => read((stores) => stores.privileges.list({}, { limit: 1, cursor }, 'co_root')),
    'audit events': (cursor) => read((stores) => stores.audit.list({}, { limit: 1, order: 'asc', cursor }, reach)),
  };
  const WRONG = [
    '',
    'x',
    '%%%',
    'null',
    '💥',
    'a'.repeat(1000),
    Buffer.from('null').toString('base64url'),
    Buffer.from('{"__proto__":1}').toString('base64url'),
    encodeCursor('roles', []),
    encodeCursor('audit_events', []),
    encodeCursor('audit_events', ['-1']),
    encodeCursor('audit_events', ['1', '2']),
    encodeCursor('audit_events', ['99999999999999999999']),
    encodeCursor('audit_events', ['1']).slice(0, -3),
    `${encodeCursor('audit_events', ['1'])}=`,
    encodeCursor('clients.created_at', ['not a time', 'pst_x']),
    encodeCursor('clients.created_at', ['2025-13-01T00:00:00.000Z', 'pst_x']),
    encodeCursor('clients.last_used_at', ['infinity', 'pst_x']),
    encodeCursor('clients.created_at', ['2025-01-01T00:00:00.000Z', 'a\0b']),
    encodeCursor('clients.created_at', ['2025-01-01T00:00:00.000Z', 'pst_x', 'more']),
    encodeCursor('clients.name', ['a', "'; DROP TABLE client --", 'x']),
    encodeCursor('privileges', ['management', 'Clients']),
  ];

  test.each(Object.keys(LISTS))('is refused at /cursor by the list of %s', async (name) => {
    for (const cursor of WRONG) {
      const error: unknown = await LISTS[name]?.(cursor).then(
        () => `accepted: ${cursor}`,
        (reason: unknown) => reason,
      );
      expect(error, cursor).toMatchObject({
        code: 'request.invalid',
        errors: [{ pointer: '/cursor', detail: expect.any(String) }],
      });
    }
  });

  test('that of one list is refused by the others', async () => {
    await makeClient(opened.storage);
    await makeClient(opened.storage);
    const cursors = new Map<string, string>();
    for (const sort of ['created_at', 'name', 'last_used_at'] as const) {
      const page = await read((stores) => stores.clients.list({ sort }, { limit: 1 }, reach));
      cursors.set(sort, page.nextCursor ?? '');
    }
    const roles = await read((stores) => stores.roles.list({}, { limit: 1 }, reach));
    cursors.set('roles', roles.nextCursor ?? '');
    for (const [from, cursor] of cursors) {
      for (const sort of ['created_at', 'name', 'last_used_at'] as const) {
        const asked = read((stores) => stores.clients.list({ sort }, { limit: 1, cursor }, reach));
        if (sort === from) expect((await asked).items).toHaveLength(1);
        else await expect(asked).rejects.toMatchObject({ code: 'request.invalid' });
      }
    }
  });
});

// Users, sessions, one-time links and counted attempts in the database.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Stores } from '../../src/domain/stores.ts';
import type { Session } from '../../src/domain/user/user.ts';
import { createTestDatabase, openTestStorage } from '../support/database.ts';
import type { TestDatabase, TestStorage } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { makeCompany, makeTenants, makeUser, newUser } from '../support/factories.ts';
import type { Tenants } from '../support/factories.ts';

let database: TestDatabase;
let opened: TestStorage;
let tenants: Tenants;

beforeAll(async () => {
  database = await createTestDatabase();
  opened = await openTestStorage(database.connection);
  tenants = await makeTenants(database);
});

afterAll(async () => {
  await opened.close();
  await database.drop();
});

const read = <T>(work: (stores: Stores) => Promise<T>) => opened.storage.read(work);
const write = <T>(work: (stores: Stores) => Promise<T>) => opened.storage.write(work);
const later = (milliseconds: number) => new Date(Date.now() + milliseconds);
const MINUTE = 60_000;

const isWaiting = () =>
  eventually('somebody waits', async () => {
    const rows = await database.query(
      `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    );
    return rows.length > 0;
  });

describe('a user', () => {
  test('comes back as it was stored, with company, role and what the role grants', async () => {
    const user = newUser({
      email: 'Ada.Lovelace@Example.test',
      name: 'Ada',
      companyId: tenants.reseller.id,
      roleId: 'role_reseller',
      passwordHash: 'hash',
      lastSignInAt: new Date('2025-01-01T00:00:00.001Z'),
    });
    await makeUser(opened.storage, user);
    const privileges = await read((stores) => stores.roles.privilegesOf('role_reseller', tenants.reseller.id));
    const summary = {
      ...user,
      companyName: 'Reseller Ltd',
      companyPath: tenants.reseller.path,
      companySuspended: false,
      companyReseller: true,
      companyIpMode: 'off',
      roleName: 'Reseller',
      privileges,
    };
    expect(privileges.length).toBeGreaterThan(0);
    expect(await read((stores) => stores.users.find(user.id))).toEqual(summary);
    for (const email of ['ada.lovelace@example.test', 'ADA.LOVELACE@EXAMPLE.TEST', 'Ada.Lovelace@Example.test']) {
      expect(await read((stores) => stores.users.findByEmail(email))).toEqual(summary);
    }
    expect(await read((stores) => stores.users.findByEmail('ada.lovelace@example.tes'))).toBeUndefined();
    expect(await read((stores) => stores.users.find('usr_none'))).toBeUndefined();
  });

  test('changed: every field is written, the version raised by one', async () => {
    const user = await makeUser(opened.storage);
    const changed = {
      ...user,
      email: 'new@example.test',
      name: 'New',
      companyId: tenants.plain.id,
      status: 'inactive',
      passwordHash: 'new hash',
      ipExempt: true,
      updatedAt: new Date('2031-01-01T00:00:00.000Z'),
    } as const;
    await write((stores) => stores.users.update(changed));
    expect(await read((stores) => stores.users.findByEmail('NEW@example.test'))).toMatchObject({
      ...changed,
      version: 2,
    });
  });

  test('signed in: that is no change, the version stays, and no change writes it back', async () => {
    const user = await makeUser(opened.storage);
    const at = new Date('2031-01-01T00:00:00.000Z');
    await write((stores) => stores.users.recordSignIn(user.id, at));
    expect(await read((stores) => stores.users.find(user.id))).toMatchObject({ lastSignInAt: at, version: 1 });
    await write((stores) => stores.users.update(user));
    expect(await read((stores) => stores.users.find(user.id))).toMatchObject({ lastSignInAt: at, version: 2 });
  });

  test('of a company below a suspended one is suspended with it', async () => {
    const top = await makeCompany(database, { reseller: true, status: 'suspended' });
    const below = await makeCompany(database, { parentId: top.id });
    const user = await makeUser(opened.storage, { companyId: below.id });
    expect(await read((stores) => stores.users.find(user.id))).toMatchObject({ companySuspended: true });
  });

  test('read to be changed: a change made meanwhile is waited for, not undone', async () => {
    const user = await makeUser(opened.storage);
    let signIn: Promise<void> | undefined;
    await write(async (stores) => {
      const current = await stores.users.find(user.id);
      if (!current) throw new Error('missing');
      signIn = write(async (others) => {
        const found = await others.users.findByEmail(user.email);
        if (found) await others.users.update({ ...found, name: 'Renamed' });
      });
      await isWaiting();
      await stores.users.update({ ...current, status: 'inactive' });
    });
    await signIn;
    expect(await read((stores) => stores.users.find(user.id))).toMatchObject({
      name: 'Renamed',
      status: 'inactive',
      version: 3,
    });
  });

  test('counts', async () => {
    const before = await read((stores) => stores.users.countAll());
    await makeUser(opened.storage);
    expect(await read((stores) => stores.users.countAll())).toBe(before + 1);
  });
});

describe('sessions', () => {
  const makeSession = async (userId: string, given: Partial<Session> = {}): Promise<Session> => {
    const id = `ses_${Math.random()}`;
    const session = {
      id,
      tokenHash: `hash of ${id}`,
      userId,
      createdAt: new Date('2025-01-01T00:00:00.000Z'),
      lastSeenAt: new Date('2025-01-01T00:00:00.000Z'),
      expiresAt: new Date('2025-01-01T12:00:00.000Z'),
      ip: '2001:db8::1',
      userAgent: 'Mozilla/5.0 …',
      actingCompanyId: null,
      ...given,
    };
    await write((stores) => stores.sessions.insert(session));
    return session;
  };

  test('are found by the hash of their token, and listed newest first', async () => {
    const user = await makeUser(opened.storage);
    const old = await makeSession(user.id);
    const recent = await makeSession(user.id, { createdAt: new Date('2025-01-02T00:00:00.000Z'), ip: null });
    await makeSession((await makeUser(opened.storage)).id);
    expect(await read((stores) => stores.sessions.findByTokenHash(old.tokenHash))).toEqual(old);
    expect(await read((stores) => stores.sessions.findByTokenHash('none'))).toBeUndefined();
    expect(await read((stores) => stores.sessions.listOfUser(user.id))).toEqual([recent, old]);
  });

  test('touch never goes back in time', async () => {
    const session = await makeSession((await makeUser(opened.storage)).id);
    const touch = (hour: number) =>
      read((stores) => stores.sessions.touch(session.id, new Date(Date.UTC(2025, 0, 1, hour))));
    await touch(5);
    await touch(3);
    expect(await read((stores) => stores.sessions.findByTokenHash(session.tokenHash))).toMatchObject({
      lastSeenAt: new Date('2025-01-01T05:00:00.000Z'),
    });
  });

  test('end one by one, all but one, and all', async () => {
    const user = await makeUser(opened.storage);
    const [one, two, three, four] = [
      await makeSession(user.id),
      await makeSession(user.id),
      await makeSession(user.id),
      await makeSession(user.id),
    ];
    const left = async () =>
      (await read((stores) => stores.sessions.listOfUser(user.id))).map(({ id }) => id).toSorted();
    await write((stores) => stores.sessions.delete(one.id));
    expect(await left()).toEqual([two.id, three.id, four.id].toSorted());
    expect(await write((stores) => stores.sessions.deleteOfUser(user.id, three.id))).toBe(2);
    expect(await left()).toEqual([three.id]);
    expect(await write((stores) => stores.sessions.deleteOfUser(user.id, null))).toBe(1);
    expect(await write((stores) => stores.sessions.deleteOfUser(user.id, null))).toBe(0);
  });
});

describe('one-time links', () => {
  const insert = (tokenHash: string, kind: 'setup' | 'invitation', userId: string | null, expiresAt = later(MINUTE)) =>
    write((stores) => stores.links.insert({ tokenHash, kind, userId, expiresAt }));
  const find = (tokenHash: string, kind: 'setup' | 'invitation') =>
    read((stores) => stores.links.find(tokenHash, kind, new Date()));

  test('are found by hash and kind until their end', async () => {
    const { id } = await makeUser(opened.storage);
    await insert('setup 1', 'setup', null);
    await insert('invitation 1', 'invitation', id);
    await insert('invitation 2', 'invitation', id, later(-1));
    expect(await find('setup 1', 'setup')).toEqual({ userId: null });
    expect(await find('setup 1', 'invitation')).toBeUndefined();
    expect(await find('invitation 1', 'invitation')).toEqual({ userId: id });
    expect(await find('invitation 2', 'invitation')).toBeUndefined();
    expect(await find('none', 'setup')).toBeUndefined();
  });

  test('end together: those of one user, or all of a kind', async () => {
    const [ada, bob] = [await makeUser(opened.storage), await makeUser(opened.storage)];
    await insert('ada', 'invitation', ada.id);
    await insert('bob', 'invitation', bob.id);
    await insert('setup 2', 'setup', null);
    await write((stores) => stores.links.deleteAll('invitation', ada.id));
    expect([await find('ada', 'invitation'), await find('bob', 'invitation')]).toEqual([undefined, { userId: bob.id }]);
    await write((stores) => stores.links.deleteAll('invitation', null));
    expect([await find('bob', 'invitation'), await find('setup 2', 'setup')]).toEqual([undefined, { userId: null }]);
  });

  test('serve one of two who use them at once', async () => {
    await insert('contested', 'setup', null);
    const use = () =>
      write(async (stores) => {
        const link = await stores.links.find('contested', 'setup', new Date());
        if (link) await stores.links.deleteAll('setup', null);
        return link !== undefined;
      });
    expect((await Promise.all([use(), use(), use()])).toSorted()).toEqual([false, false, true]);
  });
});

describe('attempts', () => {
  const now = new Date('2025-01-01T00:00:00.000Z');
  const after = (seconds: number) => new Date(now.getTime() + seconds * 1000);
  const count = (key: string, at: Date, windowSeconds = 60) =>
    write((stores) => stores.attempts.count(key, windowSeconds, at));

  test('are counted in a window that begins with the first', async () => {
    expect(await count('a', now)).toEqual({ attempts: 1, windowEndsAt: after(60) });
    expect(await count('a', after(30))).toEqual({ attempts: 2, windowEndsAt: after(60) });
    expect(await count('b', after(30))).toEqual({ attempts: 1, windowEndsAt: after(90) });
    expect(await count('a', after(59.999))).toEqual({ attempts: 3, windowEndsAt: after(60) });
    expect(await count('a', after(60))).toEqual({ attempts: 1, windowEndsAt: after(120) });
  });

  test('of a hundred at once, over two instances, each gets a number of its own', async () => {
    const other = await openTestStorage(database.connection);
    try {
      const counted = await Promise.all(
        Array.from({ length: 100 }, (_, index) =>
          (index % 2 === 0 ? opened : other).storage.write((stores) => stores.attempts.count('crowd', 60, now)),
        ),
      );
      expect(counted.map(({ attempts }) => attempts).toSorted((a, b) => a - b)).toEqual(
        Array.from({ length: 100 }, (_, index) => index + 1),
      );
    } finally {
      await other.close();
    }
  });

  test('forgotten, they start anew', async () => {
    await count('forget', now);
    await write((stores) => stores.attempts.forget('forget'));
    expect((await count('forget', now)).attempts).toBe(1);
  });

  test('a window that a clock ten years ahead has opened locks nobody out', async () => {
    await count('ahead', new Date('2035-01-01T00:00:00.000Z'));
    expect(await count('ahead', now)).toEqual({ attempts: 1, windowEndsAt: after(60) });
  });

  test('instances whose clocks differ by a second share a window', async () => {
    await count('skewed', after(1));
    expect(await count('skewed', now)).toEqual({ attempts: 2, windowEndsAt: after(61) });
  });

  test('a refused command does not count', async () => {
    await expect(
      write(async (stores) => {
        await stores.attempts.count('undone', 60, now);
        throw new Error('no');
      }),
    ).rejects.toThrow('no');
    expect((await count('undone', now)).attempts).toBe(1);
  });
});

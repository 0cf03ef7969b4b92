// The rules about users, on a real database: nobody takes over who is stronger, and the last who can manage users stays.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { Problem } from '../../src/base/problem.ts';
import type { Caller } from '../../src/domain/access/caller.ts';
import { bearerHash, openSession } from '../../src/domain/user/opening.ts';
import { createUserCommands, type UserCommands } from '../../src/domain/user/user-commands.ts';
import { createUserService } from '../../src/domain/user/user-service.ts';
import type { UserSummary } from '../../src/domain/user/user.ts';
import type { Storage } from '../../src/domain/stores.ts';
import { createCompanyService } from '../../src/domain/company/company-service.ts';
import { rootCompany, type TestCaller, toCaller } from '../api/api-server.ts';
import { createTestDatabase, openTestStorage, type TestDatabase, type TestStorage } from '../support/database.ts';

const password = 'mauve otter declines politely';
const origin = { requestId: '', ip: null, userAgent: null };

let database: TestDatabase;
let opened: TestStorage;
let storage: Storage;
let users: UserCommands;
let root: Caller;
let acme: TestCaller['company'];
let made = 0;

beforeAll(async () => {
  database = await createTestDatabase();
  opened = await openTestStorage(database.connection);
  ({ storage } = opened);
  users = createUserCommands({ storage, clock: systemClock, hasher: { hash: async (plain) => `hash of ${plain}` } });
  root = toCaller('root', { company: rootCompany, role: 'reseller' });
  acme = await createCompanyService({ storage, clock: systemClock }).create(root, { name: 'Acme' });
});

afterAll(async () => {
  await opened.close();
  await database.drop();
});

async function create(companyId: string, roleId: string): Promise<UserSummary> {
  made += 1;
  const fields = { email: `user-${made}@acme.test`, name: `User ${made}`, companyId, roleId };
  return (await createUserService({ storage, clock: systemClock }).create(root, fields)).user;
}

let user: UserSummary;

beforeEach(async () => {
  user = await create(acme.id, 'role_company_admin');
});

async function refusalOf(attempt: Promise<unknown>): Promise<{ status: number; detail: string; pointers: string[] }> {
  const error = await attempt.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof Problem)) throw new Error('it was not refused', { cause: error });
  return { status: error.status, detail: error.detail, pointers: error.errors.map(({ pointer }) => pointer) };
}

async function signIn(who: UserSummary): Promise<string> {
  const signedIn = await storage.write((stores) => openSession(stores, who, origin, new Date()));
  return bearerHash(signedIn.sessionToken);
}

const isOpen = (tokenHash: string) =>
  storage.read(async (stores) => (await stores.sessions.findByTokenHash(tokenHash)) !== undefined);

const lastEvent = async (id: string) => {
  const sql = 'SELECT action, changes, details FROM audit_event WHERE target_id = $1 ORDER BY id DESC LIMIT 1';
  return (await database.query<{ action: string; changes: unknown; details: unknown }>(sql, [id]))[0];
};

describe('reach and rights', () => {
  test('what lies outside answers as if it did not exist', async () => {
    const foreign = await create(rootCompany.id, 'role_company_admin');
    const admin = toCaller('acme', { company: acme, role: 'company_admin' });
    for (const attempt of [
      () => users.get(admin, foreign.id),
      () => users.update(admin, foreign.id, { name: 'x' }),
      () => users.delete(admin, foreign.id),
      () => users.setPassword(admin, foreign.id, password),
      () => users.invite(admin, foreign.id),
    ]) {
      expect(await refusalOf(attempt())).toEqual({ status: 404, detail: 'There is no such user.', pointers: [] });
    }
    const { items } = await users.list(admin, {}, { limit: 200 });
    expect(items.every(({ companyId }) => companyId === acme.id)).toBe(true);
  });

  test('whoever holds less than the user can neither change, invite, nor delete them, nor set their password', async () => {
    const weak = toCaller('weak', { company: acme, role: 'company_admin', scopes: ['users:read', 'users:write'] });
    for (const attempt of [
      () => users.update(weak, user.id, { name: 'x' }),
      () => users.setPassword(weak, user.id, password),
      () => users.invite(weak, user.id),
      () => users.deactivate(weak, user.id),
      () => users.delete(weak, user.id),
    ]) {
      expect(await refusalOf(attempt())).toMatchObject({ status: 403 });
    }
    expect(await users.get(weak, user.id)).toMatchObject({ name: user.name, version: user.version });
  });

  test('whoever reaches one company alone cannot take over who reaches more', async () => {
    const reseller = await create(rootCompany.id, 'role_reseller');
    const scopes = [...root.privileges].map((name) => name.replace('management/', ''));
    const narrow = toCaller('narrow', { company: rootCompany, role: 'company_admin', scopes });
    expect(await refusalOf(users.setPassword(narrow, reseller.id, password))).toMatchObject({ status: 403 });
  });
});

describe('update', () => {
  test('tells old and new in the audit log, and refuses a stale version', async () => {
    const after = await users.update(root, user.id, { name: 'Renamed' }, 1);
    expect(after).toMatchObject({ name: 'Renamed', version: 2 });
    expect(await lastEvent(user.id)).toMatchObject({
      action: 'user.updated',
      changes: { name: [user.name, 'Renamed'] },
    });
    expect(await refusalOf(users.update(root, user.id, { name: 'x' }, 1))).toMatchObject({ status: 412 });
  });

  test('an address that somebody has, in any case, is a 409 at /email', async () => {
    const other = await create(acme.id, 'role_company_admin');
    const refusal = await refusalOf(users.update(root, user.id, { email: other.email.toUpperCase() }));
    expect(refusal).toMatchObject({ status: 409, pointers: ['/email'] });
  });

  test('a role that the company cannot choose and a company outside the reach are 422', async () => {
    expect(await refusalOf(users.update(root, user.id, { roleId: 'role_reseller' }))).toMatchObject({
      status: 422,
      pointers: ['/role_id'],
    });
    const admin = toCaller('acme', { company: acme, role: 'company_admin' });
    expect(await refusalOf(users.update(admin, user.id, { companyId: rootCompany.id }))).toMatchObject({
      status: 422,
      pointers: ['/company_id'],
    });
  });
});

describe('deactivate, activate, delete', () => {
  test('deactivation ends sessions and invitations at once; activation does not bring them back', async () => {
    const session = await signIn(user);
    const { invitationToken } = await users.invite(root, user.id);
    expect(await users.deactivate(root, user.id)).toMatchObject({ status: 'inactive' });
    expect(await lastEvent(user.id)).toMatchObject({
      action: 'user.deactivated',
      changes: { status: ['active', 'inactive'] },
    });
    await users.activate(root, user.id);
    expect(await isOpen(session)).toBe(false);
    const link = await storage.read((stores) =>
      stores.links.find(bearerHash(invitationToken), 'invitation', new Date()),
    );
    expect(link).toBeUndefined();
  });

  test('an inactive user is not invited', async () => {
    await users.deactivate(root, user.id);
    expect(await refusalOf(users.invite(root, user.id))).toMatchObject({ status: 409 });
  });

  test('a deleted user is gone with their sessions', async () => {
    const session = await signIn(user);
    await users.delete(root, user.id);
    expect(await refusalOf(users.get(root, user.id))).toMatchObject({ status: 404 });
    expect(await isOpen(session)).toBe(false);
    expect(await lastEvent(user.id)).toMatchObject({ action: 'user.deleted' });
  });
});

describe('password and invitation', () => {
  test('a password set by a job ends the user’s sessions, and stands nowhere in the event', async () => {
    const session = await signIn(user);
    await users.setPassword(root, user.id, password);
    expect(await isOpen(session)).toBe(false);
    const event = await lastEvent(user.id);
    expect(event).toMatchObject({ action: 'user.password_set', changes: null, details: null });
  });

  test.each(['short', 'passwordpassword', ''])(
    '%j (nothing: their own address) is not good enough: 422 at /password',
    async (bad) => {
      expect(await refusalOf(users.setPassword(root, user.id, bad || user.email))).toMatchObject({
        status: 422,
        pointers: ['/password'],
      });
    },
  );

  test.each<[string, (id: string) => Partial<Caller>]>([
    ['a session left open', (id) => ({ type: 'user', id })],
    [
      'an API token made in it',
      (id) => ({
        type: 'api_token',
        id: 'tok_1',
        apiToken: { id: 'tok_1', ownerType: 'user', ownerId: id, expiresAt: null },
      }),
    ],
  ])('one’s own is refused, and so is a link that sets it: %s must not be enough', async (_what, callerOf) => {
    const self: Caller = { ...root, ...callerOf(user.id) };
    expect(await refusalOf(users.setPassword(self, user.id, password))).toMatchObject({ status: 403 });
    expect(await refusalOf(users.invite(self, user.id))).toMatchObject({ status: 403 });
  });

  test('a new invitation voids the one before', async () => {
    const tokens = [await users.invite(root, user.id), await users.invite(root, user.id)];
    const found = await storage.read(async (stores) => {
      const links: boolean[] = [];
      for (const { invitationToken } of tokens) {
        links.push((await stores.links.find(bearerHash(invitationToken), 'invitation', new Date())) !== undefined);
      }
      return links;
    });
    expect(found).toEqual([false, true]);
    expect(JSON.stringify(await lastEvent(user.id))).not.toContain(tokens[1]?.invitationToken);
  });
});

describe('the last who can manage users', () => {
  test('stays active, with their right, and is not deleted; with a second one they may go', async () => {
    const [one, two] = [await create(rootCompany.id, 'role_reseller'), await create(rootCompany.id, 'role_reseller')];
    await users.setPassword(root, one.id, password);
    for (const attempt of [() => users.deactivate(root, one.id), () => users.delete(root, one.id)]) {
      expect(await refusalOf(attempt())).toMatchObject({ status: 409 });
    }
    expect(await users.get(root, one.id)).toMatchObject({ status: 'active' });
    await users.setPassword(root, two.id, password);
    const results = await Promise.allSettled([users.deactivate(root, one.id), users.deactivate(root, two.id)]);
    expect(results.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
  });
});

describe('list', () => {
  test('pages by address show each once; q finds by name and address', async () => {
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await users.list(root, { companyId: acme.id, sort: 'email' }, { limit: 3, cursor });
      seen.push(...page.items.map(({ email }) => email));
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    expect(seen).toEqual(seen.toSorted());
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen).toContain(user.email);
    const found = await users.list(root, { q: user.email.toUpperCase() }, { limit: 10 });
    expect(found.items.map(({ id }) => id)).toEqual([user.id]);
  });
});

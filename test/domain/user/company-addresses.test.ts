// From where users may sign in and stay: the IP restriction of their company, on a real database.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import { Problem } from '../../../src/base/problem.ts';
import { parseIpAddress } from '../../../src/domain/address/ip-address.ts';
import type { IpRestriction } from '../../../src/domain/address/ip-rule-list.ts';
import type { Company } from '../../../src/domain/company/company.ts';
import type { AccountService } from '../../../src/domain/user/account-service.ts';
import { createAccountService } from '../../../src/domain/user/accounts.ts';
import { createUserCommands, type UserCommands } from '../../../src/domain/user/user-commands.ts';
import type { User } from '../../../src/domain/user/user.ts';
import { rootCompany, toCaller } from '../../api/api-server.ts';
import { createTestDatabase, openTestStorage, type TestDatabase, type TestStorage } from '../../support/database.ts';
import { makeCompany, makeUser } from '../../support/factories.ts';

const password = 'mauve otter declines politely';
const INSIDE = '192.0.2.7';
const OUTSIDE = '198.51.100.7';
const HOME = '203.0.113.9';

let database: TestDatabase;
let opened: TestStorage;
let accounts: AccountService;
let users: UserCommands;
let company: Company;
let user: User;
/** Names of which the first answer was waited for. */
const awaited: string[] = [];

const hasher = {
  hash: async (plain: string) => `hash of ${plain}`,
  compare: async (plain: string, hash: string) => hash === `hash of ${plain}`,
};

const hosts = {
  resolve: (name: string) =>
    [parseIpAddress(HOME)].flatMap((each) => (awaited.includes(name) && name === 'home.test' && each) || []),
  ready: async (names: readonly string[]) => void awaited.push(...names),
};

beforeAll(async () => {
  database = await createTestDatabase();
  opened = await openTestStorage(database.connection);
  const parts = { storage: opened.storage, clock: systemClock, hasher };
  accounts = createAccountService({ ...parts, dummyHash: 'nobody’s', hosts });
  users = createUserCommands(parts);
});

afterAll(async () => {
  await opened.close();
  await database.drop();
});

const root = toCaller('root', { company: rootCompany, role: 'reseller' });
const originOf = (ip: string | null) => ({ requestId: 'r', ip, userAgent: null });

beforeEach(async () => {
  await database.query('DELETE FROM attempt');
  company = await makeCompany(database);
  await restrict({ mode: 'enforce', rules: ['192.0.2.0/24', 'home.test'] });
  user = await makeUser(opened.storage, { companyId: company.id });
  await users.setPassword(root, user.id, password);
});

const restrict = ({ mode, rules }: IpRestriction) =>
  database.query('UPDATE company SET ip_mode = $2, ip_rules = $3, version = version + 1 WHERE id = $1', [
    company.id,
    mode,
    rules,
  ]);

const signIn = (ip: string | null, given = password) =>
  accounts.signIn({ email: user.email, password: given }, originOf(ip));

async function refusalOf(attempt: Promise<unknown>): Promise<{ status: number; code: string; detail: string }> {
  const error = await attempt.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof Problem)) throw new Error('it was not refused', { cause: error });
  return { status: error.status, code: error.code, detail: error.detail };
}

const lastEvent = async () => {
  const sql = 'SELECT action, outcome, reason, ip FROM audit_event WHERE actor_id = $1 ORDER BY id DESC LIMIT 1';
  return (
    await database.query<{ action: string; outcome: string; reason: string | null; ip: string }>(sql, [user.id])
  )[0];
};

describe('signing in', () => {
  test.each([INSIDE, HOME])('from %s, which the rules let in', async (ip) => {
    expect((await signIn(ip)).user.id).toBe(user.id);
    expect(await lastEvent()).toMatchObject({ action: 'user.signed_in', reason: null });
    expect(awaited).toContain('home.test');
  });

  test.each([OUTSIDE, null])(
    'from %s is refused in the words for a wrong password; the audit log knows better',
    async (ip) => {
      const refused = await refusalOf(signIn(ip));
      expect(await lastEvent()).toEqual({
        action: 'user.sign_in_refused',
        outcome: 'failure',
        reason: 'address_refused',
        ip,
      });
      expect(refused).toEqual(await refusalOf(signIn(ip, 'wrong')));
      expect(await lastEvent()).toMatchObject({ reason: 'wrong_password' });
    },
  );

  test('rules that only report let it pass, and the event says what they would have done', async () => {
    await restrict({ mode: 'report', rules: ['192.0.2.0/24'] });
    await signIn(OUTSIDE);
    expect(await lastEvent()).toMatchObject({
      action: 'user.signed_in',
      outcome: 'success',
      reason: 'address_refused',
    });
    await signIn(INSIDE);
    expect(await lastEvent()).toMatchObject({ reason: null });
  });

  test('a list that is kept for later restricts nobody', async () => {
    await restrict({ mode: 'off', rules: ['192.0.2.0/24'] });
    await signIn(OUTSIDE);
    expect(await lastEvent()).toMatchObject({ action: 'user.signed_in', reason: null });
  });

  test('whoever is exempted by name comes from anywhere', async () => {
    const exempted = await users.update(root, user.id, { ipExempt: true });
    expect(exempted.ipExempt).toBe(true);
    const { sessionToken } = await signIn(OUTSIDE);
    expect(await accounts.findVisitor(sessionToken, originOf(null))).toBeDefined();
    const [event] = await database.query<{ changes: unknown }>(
      `SELECT changes FROM audit_event WHERE target_id = $1 AND action = 'user.updated'`,
      [user.id],
    );
    expect(event?.changes).toEqual({ ip_exempt: [false, true] });
  });

  test('rules of the company above are its own business', async () => {
    const below = await makeCompany(database, { parentId: company.id });
    user = await makeUser(opened.storage, { companyId: below.id, passwordHash: null });
    await users.setPassword(root, user.id, password);
    expect((await signIn(OUTSIDE)).user.companyId).toBe(below.id);
  });
});

describe('an open session', () => {
  test('is good where the rules let it in, and elsewhere refused by name of the address', async () => {
    const { sessionToken } = await signIn(INSIDE);
    expect(await accounts.findVisitor(sessionToken, originOf(INSIDE))).toBeDefined();
    const refused = await refusalOf(accounts.findVisitor(sessionToken, originOf(OUTSIDE)));
    expect(refused).toMatchObject({ status: 403, code: 'request.address_refused' });
    expect(refused.detail).toContain(OUTSIDE);
    expect(await refusalOf(accounts.findVisitor(sessionToken, originOf(null)))).toMatchObject({ status: 403 });
  });

  test('follows the rules of this moment, in both directions', async () => {
    const { sessionToken } = await signIn(INSIDE);
    await restrict({ mode: 'enforce', rules: [OUTSIDE] });
    expect(await refusalOf(accounts.findVisitor(sessionToken, originOf(INSIDE)))).toMatchObject({ status: 403 });
    expect(await accounts.findVisitor(sessionToken, originOf(OUTSIDE))).toBeDefined();
    await restrict({ mode: 'report', rules: [OUTSIDE] });
    expect(await accounts.findVisitor(sessionToken, originOf(INSIDE))).toBeDefined();
  });

  test('from a refused address does not count as use', async () => {
    const { sessionToken } = await signIn(INSIDE);
    await database.query(`UPDATE session SET last_seen_at = now() - interval '20 minutes' WHERE user_id = $1`, [
      user.id,
    ]);
    const seen = async () =>
      (await database.query<{ at: Date }>('SELECT last_seen_at AS at FROM session WHERE user_id = $1', [user.id]))[0];
    const before = await seen();
    await refusalOf(accounts.findVisitor(sessionToken, originOf(OUTSIDE)));
    expect(await seen()).toEqual(before);
    await accounts.findVisitor(sessionToken, originOf(INSIDE));
    expect(await seen()).not.toEqual(before);
  });

  test('whose cookie stands for nobody says nothing of addresses', async () => {
    expect(await accounts.findVisitor('x'.repeat(43), originOf(OUTSIDE))).toBeUndefined();
  });
});

describe('an invitation', () => {
  test('is accepted where the rules let it in, and stays good where they do not', async () => {
    const { invitationToken: token } = await users.invite(root, user.id);
    const accept = (ip: string) => accounts.acceptInvitation({ token, password }, originOf(ip));
    expect(await refusalOf(accept(OUTSIDE))).toMatchObject({ code: 'request.address_refused' });
    expect(await lastEvent()).toMatchObject({ action: 'user.sign_in_refused', reason: 'address_refused', ip: OUTSIDE });
    expect((await accept(INSIDE)).user.id).toBe(user.id);
  });
});

test('signing in leaves the version of the user as it is', async () => {
  const { version } = await users.get(root, user.id);
  await signIn(INSIDE);
  const after = await users.get(root, user.id);
  expect(after).toMatchObject({ version, lastSignInAt: expect.any(Date) });
  expect(await users.update(root, user.id, { name: 'Seen before' }, version)).toMatchObject({ version: version + 1 });
});

// How a user comes to a first password: the setup link of a new installation, the configuration, or an invitation.
import { forbidden, Problem } from '../../base/problem.ts';
import { randomId } from '../../base/random.ts';
import type { Origin } from '../access/caller.ts';
import { auditEvent } from '../audit/audit-event.ts';
import { credentialDigest } from '../client/credential.ts';
import { ROOT_COMPANY_ID } from '../company/company.ts';
import { RESELLER_ROLE_ID } from '../role/role.ts';
import type { Stores } from '../stores.ts';
import type { AccountService } from './account-service.ts';
import { type AccountParts, bearerHash, createBearer, openSession, userParty } from './opening.ts';
import { reasonOnSuccess, userAddressRefused } from './company-addresses.ts';
import { checkNewPassword, normalizePassword } from './password.ts';
import type { User } from './user.ts';

const SETUP_LINK_MILLISECONDS = 24 * 60 * 60 * 1000;
const LINK_USED = 'This link has been used, or it is too old.';

type FirstSteps = Pick<
  AccountService,
  | 'createSetupToken'
  | 'isSetupToken'
  | 'isSetUp'
  | 'setUp'
  | 'setUpFromSettings'
  | 'findInvitation'
  | 'acceptInvitation'
>;

export function createFirstSteps(parts: AccountParts): FirstSteps {
  const { storage, clock } = parts;
  return {
    createSetupToken: () =>
      storage.write(async (stores) => {
        if ((await stores.users.countAll()) > 0) return undefined;
        const token = createBearer();
        const expiresAt = new Date(clock.now().getTime() + SETUP_LINK_MILLISECONDS);
        await stores.links.insert({ tokenHash: bearerHash(token), kind: 'setup', userId: null, expiresAt });
        return token;
      }),
    isSetupToken: (token) =>
      storage.read(async (stores) => {
        if ((await stores.users.countAll()) > 0) return false;
        return (await stores.links.find(bearerHash(token), 'setup', clock.now())) !== undefined;
      }),
    isSetUp: () => storage.read(async (stores) => (await stores.users.countAll()) > 0),
    setUp: (input, origin) => setUp(parts, input, origin),
    setUpFromSettings: (input) => setUpFromSettings(parts, input),
    findInvitation: (token) =>
      storage.read(async (stores) => {
        const link = await stores.links.find(bearerHash(token), 'invitation', clock.now());
        const user = link?.userId ? await stores.users.find(link.userId) : undefined;
        return user && user.status === 'active' ? { email: user.email, name: user.name } : undefined;
      }),
    acceptInvitation: (input, origin) => acceptInvitation(parts, input, origin),
  };
}

const setUp = async (
  parts: AccountParts,
  input: Parameters<AccountService['setUp']>[0],
  origin: Parameters<AccountService['setUp']>[1],
) => {
  const { storage, clock, hasher } = parts;
  const tokenHash = bearerHash(input.token);
  const isGood = await storage.read((stores) => stores.links.find(tokenHash, 'setup', clock.now()));
  if (!isGood) throw forbidden(`${LINK_USED} Start Postern again to get a new one.`);
  await checkNewPassword(input.password, input, '/password');
  const passwordHash = await hasher.hash(credentialDigest(normalizePassword(input.password)));
  return storage.write(async (stores) => {
    const now = clock.now();
    await lockFirstUser(stores);
    if (!(await stores.links.find(tokenHash, 'setup', now))) throw forbidden(LINK_USED);
    const user = firstUser({ email: input.email, name: input.name, passwordHash }, now);
    await stores.users.insert(user);
    await stores.links.deleteAll('setup', null);
    const stored = await stores.users.find(user.id);
    if (!stored) throw new Error('a user just stored is missing');
    const event = { time: now, companyId: user.companyId, actor: userParty(user), target: userParty(user) };
    await stores.audit.append(
      auditEvent('installation.set_up', origin, event),
      auditEvent('user.signed_in', origin, event),
    );
    return openSession(stores, stored, origin, now);
  });
};

async function setUpFromSettings(
  { storage, clock, hasher }: AccountParts,
  input: { email: string; password: string },
): Promise<boolean> {
  if ((await storage.read((stores) => stores.users.countAll())) > 0) return false;
  await checkNewPassword(input.password, { email: input.email, name: '' }, '/POSTERN_ADMIN_PASSWORD');
  const passwordHash = await hasher.hash(credentialDigest(normalizePassword(input.password)));
  return storage.write(async (stores) => {
    await stores.signingKeys.lock();
    if ((await stores.users.countAll()) > 0) return false;
    const user = firstUser({ email: input.email, name: 'Administrator', passwordHash }, clock.now());
    await stores.users.insert(user);
    await stores.links.deleteAll('setup', null);
    await stores.audit.append({
      ...auditEvent('installation.set_up', SYSTEM_ORIGIN, {
        time: user.createdAt,
        companyId: user.companyId,
        actor: { type: 'system', id: 'postern', name: 'Postern' },
        target: userParty(user),
      }),
      requestId: null,
    });
    return true;
  });
}

const SYSTEM_ORIGIN = { requestId: '', ip: null, userAgent: null };

/** Two browsers on two instances, one setup link: the second waits here and then finds a user. */
async function lockFirstUser(stores: Stores): Promise<void> {
  await stores.signingKeys.lock();
  if ((await stores.users.countAll()) > 0) throw forbidden('Postern is set up already. Sign in instead.');
}

function firstUser(input: { email: string; name: string; passwordHash: string }, now: Date): User {
  return {
    ...input,
    id: randomId('usr'),
    companyId: ROOT_COMPANY_ID,
    roleId: RESELLER_ROLE_ID,
    status: 'active',
    ipExempt: false,
    lastSignInAt: null,
    createdAt: now,
    updatedAt: now,
    version: 1,
  };
}

const acceptInvitation = async (
  { storage, clock, hasher, addresses }: AccountParts,
  input: Parameters<AccountService['acceptInvitation']>[0],
  origin: Parameters<AccountService['acceptInvitation']>[1],
) => {
  const tokenHash = bearerHash(input.token);
  const { invited, rules } = await storage.read(async (stores) => {
    const link = await stores.links.find(tokenHash, 'invitation', clock.now());
    const user = link?.userId ? await stores.users.find(link.userId) : undefined;
    return { invited: user, rules: user && (await addresses.findRules(stores, user)) };
  });
  if (!invited) throw forbidden(`${LINK_USED} Ask for a new invitation.`);
  const verdict = await addresses.judge(rules, origin);
  if (verdict === 'refused') {
    await storage.write((stores) => stores.audit.append(addressRefusedEvent(invited, origin, clock.now())));
    throw userAddressRefused(origin.ip);
  }
  await checkNewPassword(input.password, invited, '/password');
  const passwordHash = await hasher.hash(credentialDigest(normalizePassword(input.password)));
  return storage.write(async (stores) => {
    const now = clock.now();
    const link = await stores.links.find(tokenHash, 'invitation', now);
    const user = link?.userId ? await stores.users.find(link.userId) : undefined;
    if (!user) throw forbidden(`${LINK_USED} Ask for a new invitation.`);
    if (user.status !== 'active' || user.companySuspended) {
      throw new Problem('request.forbidden', 'This account is not active. Ask an administrator.');
    }
    await stores.links.deleteAll('invitation', user.id);
    await stores.sessions.deleteOfUser(user.id, null);
    await stores.users.update({ ...user, passwordHash, updatedAt: now });
    const event = { time: now, companyId: user.companyId, actor: userParty(user), target: userParty(user) };
    await stores.audit.append(
      auditEvent('user.password_changed', origin, event),
      auditEvent('user.signed_in', origin, { ...event, reason: reasonOnSuccess(verdict) }),
    );
    return openSession(stores, user, origin, now);
  });
};

function addressRefusedEvent(user: User, origin: Origin, time: Date) {
  return auditEvent('user.sign_in_refused', origin, {
    time,
    companyId: user.companyId,
    outcome: 'failure',
    reason: 'address_refused',
    actor: userParty(user),
  });
}

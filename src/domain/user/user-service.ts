// Commands about users. A new user gets a one-time invitation with which they set their own password.
import type { Clock } from '../../base/clock.ts';
import { invalid } from '../../base/problem.ts';
import { randomId } from '../../base/random.ts';
import { type Caller, requirePrivilege, requireRole } from '../access/caller.ts';
import { callerOver } from '../access/held-there.ts';
import { actorOf, auditEvent, changesBetween } from '../audit/audit-event.ts';
import type { Storage } from '../stores.ts';
import { bearerHash, createBearer, userParty } from './opening.ts';
import type { User, UserSummary } from './user.ts';

export const INVITATION_MILLISECONDS = 7 * 24 * 60 * 60 * 1000;

export interface NewUser {
  readonly email: string;
  readonly name: string;
  readonly companyId: string;
  readonly roleId: string;
  /** false when absent. */
  readonly ipExempt?: boolean | undefined;
}

export interface UserService {
  /** `invitationToken` belongs into `<issuer>/invitation?token=…`, is shown once and good for seven days. */
  create(caller: Caller, input: NewUser): Promise<{ user: UserSummary; invitationToken: string }>;
}

export function createUserService({ storage, clock }: { storage: Storage; clock: Clock }): UserService {
  return {
    create(caller, input) {
      requirePrivilege(caller, 'users:write');
      const now = clock.now();
      const invitationToken = createBearer();
      const user: User = {
        ...input,
        id: randomId('usr'),
        status: 'active',
        ipExempt: input.ipExempt ?? false,
        passwordHash: null,
        lastSignInAt: null,
        createdAt: now,
        updatedAt: now,
        version: 1,
      };
      return storage.write(async (stores) => {
        const company = await stores.companies.find(input.companyId, caller.reach);
        if (!company) throw invalid([{ pointer: '/company_id', detail: 'There is no such company.' }]);
        const role = await stores.roles.findChoosable(input.roleId, input.companyId);
        if (!role) {
          throw invalid([{ pointer: '/role_id', detail: 'There is no such role, or this company cannot use it.' }]);
        }
        requireRole(await callerOver(stores, caller, input.companyId), role, `give the role ${role.name}`);
        await stores.users.insert(user);
        const expiresAt = new Date(now.getTime() + INVITATION_MILLISECONDS);
        await stores.links.insert({
          tokenHash: bearerHash(invitationToken),
          kind: 'invitation',
          userId: user.id,
          expiresAt,
        });
        const view = {
          email: user.email,
          name: user.name,
          company_id: user.companyId,
          role: role.name,
          status: user.status,
          ip_exempt: user.ipExempt,
        };
        await stores.audit.append(
          auditEvent('user.created', caller.origin, {
            time: now,
            companyId: user.companyId,
            actor: actorOf(caller),
            target: userParty(user),
            changes: changesBetween({}, view) ?? null,
          }),
        );
        const stored = await stores.users.find(user.id);
        if (!stored) throw new Error('a user just stored is missing');
        return { user: stored, invitationToken };
      });
    },
  };
}

// One user: their facts, and what may be done about them.
import { h } from 'preact';
import { companyHref } from '../../../views/pages/companies-list.tsx';
import { roleHref } from '../../../views/pages/roles-list.tsx';
import { UserDetailPage, type UserDetailPageProps } from '../../../views/pages/user-detail.tsx';
import { mayCall } from '../../domain/access/caller.ts';
import type { UserSummary } from '../../domain/user/user.ts';
import { findOwnedTokens } from './api-token-rows.ts';
import { createFormId } from './form-once.ts';
import { type Answer, page, type SignedInVisit } from './page.ts';
import { hrefOf, idOf } from './query.ts';
import { shownUserStatus } from './user-list-page.ts';

export async function showUser(visit: SignedInVisit): Promise<Answer> {
  const { caller, visitor } = visit;
  const user = await findUser(visit);
  const may = await rightsOver(visit, user);
  const isYou = user.id === visitor.user.id;
  const apiTokens = await findOwnedTokens(visit, 'user', user.id, isYou || (await isGrantable(visit, user)));
  const auditHref = mayCall(caller, 'audit:read') ? hrefOf('/audit', { q: user.id }) : undefined;
  return page((frame) =>
    h(UserDetailPage, {
      frame,
      user: {
        id: user.id,
        name: user.name,
        email: user.email,
        status: shownUserStatus(user),
        hasPassword: user.passwordHash !== null,
        ipExempt: user.ipExempt,
        role: { name: user.roleName, href: mayCall(caller, 'roles:read') ? roleHref(user.roleId) : undefined },
        company: {
          name: user.companyName,
          href: mayCall(caller, 'companies:read') ? companyHref(user.companyId) : undefined,
        },
        companySuspended: user.companySuspended,
        createdAt: user.createdAt,
        updatedAt: user.updatedAt,
        lastSignInAt: user.lastSignInAt,
      },
      isYou,
      may,
      apiTokens,
      auditHref,
      inviteFormId: createFormId(),
    }),
  );
}

export function findUser({ caller, services, params }: SignedInVisit): Promise<UserSummary> {
  return services.users.get(caller, idOf(params, 'userId', 'user'));
}

/** Nobody changes who is stronger than they are, so nothing of the kind is offered. The domain decides again at the act. */
async function rightsOver(visit: SignedInVisit, user: UserSummary): Promise<UserDetailPageProps['may']> {
  if (!mayCall(visit.caller, 'users:write')) return 'read';
  return (await isGrantable(visit, user)) ? 'change' : 'stronger';
}

/** Whether the visitor holds all that the user does. */
async function isGrantable({ caller, services }: SignedInVisit, user: UserSummary): Promise<boolean> {
  const roles = await services.granting.rolesFor(caller, user.companyId);
  return roles.find(({ id }) => id === user.roleId)?.isGrantable ?? true;
}

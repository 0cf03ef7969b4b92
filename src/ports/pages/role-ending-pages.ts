// Deleting a role that nobody has; for one in use, who has it.
import { h } from 'preact';
import { ConfirmPage } from '../../../views/pages/confirm.tsx';
import { InTheWayPage } from '../../../views/pages/in-the-way.tsx';
import { HoldersOfRole, roleDeletion } from '../../../views/pages/role-detail.tsx';
import { roleHref } from '../../../views/pages/roles-list.tsx';
import { Problem } from '../../base/problem.ts';
import type { RoleSummary } from '../../domain/role/role.ts';
import { pickFields } from './form.ts';
import { type Answer, page, seeOther, type SignedInVisit } from './page.ts';
import { findHolders, findRole } from './role-detail-page.ts';

function crumbsOf({ id, name }: RoleSummary) {
  return [
    { href: '/roles', label: 'Roles' },
    { href: roleHref(id), label: name },
  ];
}

export async function confirmRoleDeletion(visit: SignedInVisit): Promise<Answer> {
  const role = await findRole(visit);
  if (role.clientCount + role.userCount > 0) {
    return inUsePage(visit, role, 200, 'Give those who have it another role first.');
  }
  const confirmation = roleDeletion(role);
  const title = `Delete ${role.name}?`;
  return page((frame) =>
    h(ConfirmPage, { frame, title, crumbs: crumbsOf(role), confirmation, cancelHref: roleHref(role.id) }),
  );
}

async function inUsePage(visit: SignedInVisit, role: RoleSummary, status: number, detail: string): Promise<Answer> {
  const holders = await findHolders(visit, role);
  const title = `${role.name} can’t be deleted yet`;
  return page(
    (frame) =>
      h(InTheWayPage, {
        frame,
        title,
        crumbs: crumbsOf(role),
        detail,
        backHref: roleHref(role.id),
        children: h(HoldersOfRole, holders),
      }),
    { status },
  );
}

export async function deleteRole(visit: SignedInVisit): Promise<Answer> {
  pickFields(await visit.readForm(), []);
  const role = await findRole(visit);
  try {
    await visit.services.roles.delete(visit.caller, role.id);
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== 'resource.conflict') throw error;
    return inUsePage(visit, role, error.status, error.detail);
  }
  return seeOther('/roles', { flash: { code: 'role_deleted', subject: role.name } });
}

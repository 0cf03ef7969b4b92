// Letting a user in, keeping one out, and deleting one. Asked on a page of its own where no script can ask in a dialog.
import { h } from 'preact';
import { ConfirmPage } from '../../../views/pages/confirm.tsx';
import { userDeactivation, userDeletion } from '../../../views/pages/user-detail.tsx';
import { userHref } from '../../../views/pages/users-list.tsx';
import type { Confirmation } from '../../../views/parts/confirm.tsx';
import { Problem } from '../../base/problem.ts';
import { userFields } from '../../domain/user/user-fields.ts';
import type { UserSummary } from '../../domain/user/user.ts';
import { countOwnedTokens } from './api-token-rows.ts';
import { repeatedPage } from './form-once.ts';
import { pickFields } from './form.ts';
import { signInPath } from './next-path.ts';
import { type Answer, page, seeOther, type SignedInVisit } from './page.ts';
import { findUser } from './user-detail-page.ts';

function confirmPage(user: UserSummary, title: string, confirmation: Confirmation): Answer {
  const href = userHref(user.id);
  const crumbs = [
    { href: '/users', label: 'Users' },
    { href, label: user.name },
  ];
  return page((frame) => h(ConfirmPage, { frame, title, crumbs, confirmation, cancelHref: href }));
}

const isYou = ({ visitor }: SignedInVisit, user: UserSummary) => visitor.user.id === user.id;

export async function confirmDeactivation(visit: SignedInVisit): Promise<Answer> {
  const user = await findUser(visit);
  const apiTokens = await countOwnedTokens(visit, 'user', user.id);
  return confirmPage(user, `Set ${user.name} inactive?`, userDeactivation(user, isYou(visit, user), apiTokens));
}

export async function confirmUserDeletion(visit: SignedInVisit): Promise<Answer> {
  const user = await findUser(visit);
  const apiTokens = await countOwnedTokens(visit, 'user', user.id);
  return confirmPage(user, `Delete ${user.name}?`, userDeletion(user, isYou(visit, user), apiTokens));
}

export async function setUserStatus(visit: SignedInVisit): Promise<Answer> {
  const { status: text } = pickFields(await visit.readForm(), ['status']);
  const status = userFields.status.safeParse(text);
  if (!status.success) throw new Problem('request.invalid', 'Status must be active or inactive.');
  const user = await findUser(visit);
  const { users } = visit.services;
  const work = async () => {
    if (status.data === 'active') {
      await users.activate(visit.caller, user.id);
      return seeOther(userHref(user.id), { flash: { code: 'user_activated', subject: user.name } });
    }
    await users.deactivate(visit.caller, user.id);
    return afterEnding(visit, user, userHref(user.id), 'user_deactivated');
  };
  return orRefusal(visit, user, 'Nothing was changed', work);
}

export async function deleteUser(visit: SignedInVisit): Promise<Answer> {
  pickFields(await visit.readForm(), []);
  const user = await findUser(visit);
  return orRefusal(visit, user, 'Nobody was deleted', async () => {
    await visit.services.users.delete(visit.caller, user.id);
    return afterEnding(visit, user, '/users', 'user_deleted');
  });
}

/** Whoever ends themselves is signed out by it. */
function afterEnding(
  visit: SignedInVisit,
  user: UserSummary,
  to: string,
  code: 'user_deactivated' | 'user_deleted',
): Answer {
  if (isYou(visit, user)) return seeOther(signInPath({ notice: 'signed-out' }), { session: null });
  return seeOther(to, { flash: { code, subject: user.name } });
}

/** The last one who can manage users stays; the page says so. */
async function orRefusal(
  visit: SignedInVisit,
  user: UserSummary,
  title: string,
  work: () => Promise<Answer>,
): Promise<Answer> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== 'resource.conflict') throw error;
    const action = { href: userHref(user.id), label: 'Go to the user' };
    return repeatedPage(visit, { title, detail: error.detail, action });
  }
}

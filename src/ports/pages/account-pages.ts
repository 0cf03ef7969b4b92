// One's own account: the password, and where one is signed in.
import { h } from 'preact';
import { AccountPage, type SessionRow } from '../../../views/pages/account.tsx';
import { Problem } from '../../base/problem.ts';
import type { Session } from '../../domain/user/user.ts';
import { browserInWords } from './browser-words.ts';
import { fieldOfPointer, FormFaults, pickFields } from './form.ts';
import { signInPath } from './next-path.ts';
import { type Answer, behind, page, type PageRoute, seeOther, type SignedInVisit } from './page.ts';
import { addPasswordFaults } from './password-faults.ts';
import { idOf } from './query.ts';

const place = 'account';
const formAt = () => '/account';

export const accountRoutes: readonly PageRoute[] = [
  { path: '/account', place, get: behind(null, showAccount) },
  { path: '/account/password', place, post: behind(null, changePassword), formAt },
  // In front of `:sessionId`, which never has this form.
  { path: '/account/sessions/revoke-others', place, post: behind(null, revokeOthers), formAt },
  { path: '/account/sessions/:sessionId/revoke', place, post: behind(null, revokeSession), formAt },
];

function showAccount(visit: SignedInVisit): Promise<Answer> {
  return accountPage(visit, new FormFaults(), { status: 200 });
}

async function accountPage(
  { services, visitor }: SignedInVisit,
  faults: FormFaults,
  options: { status: number; retryAfterSeconds?: number | undefined },
): Promise<Answer> {
  const sessions = await services.accounts.listSessions(visitor);
  const { name, email, roleName: role, companyName: company } = visitor.user;
  return page(
    (frame) =>
      h(AccountPage, {
        frame,
        account: { name, email, role, company },
        errors: faults.toErrors(),
        sessions: toRows(sessions, visitor.session.id),
      }),
    options,
  );
}

/** This one first, then by when they were last seen. */
function toRows(sessions: readonly Session[], currentId: string): SessionRow[] {
  return [...sessions]
    .sort((one, other) => other.lastSeenAt.getTime() - one.lastSeenAt.getTime())
    .sort((one, other) => Number(other.id === currentId) - Number(one.id === currentId))
    .map((session) => ({
      id: session.id,
      current: session.id === currentId,
      address: session.ip,
      browser: browserInWords(session.userAgent),
      signedInAt: session.createdAt,
      lastSeenAt: session.lastSeenAt,
    }));
}

async function changePassword(visit: SignedInVisit): Promise<Answer> {
  // `username` is there for password managers alone.
  const fields = pickFields(await visit.readForm(), ['current_password', 'new_password', 'username']);
  const { current_password: currentPassword = '', new_password: newPassword = '' } = fields;
  const faults = new FormFaults();
  if (currentPassword === '') faults.add('current_password', 'Enter your current password.');
  await addPasswordFaults(faults, newPassword, visit.visitor.user, 'new_password');
  if (!faults.isEmpty) return accountPage(visit, faults, { status: 422 });
  try {
    const { sessionToken } = await visit.services.accounts.changePassword(visit.visitor, {
      currentPassword,
      newPassword,
    });
    return seeOther('/account', { session: sessionToken, flash: { code: 'password_changed' } });
  } catch (error) {
    if (!(error instanceof Problem) || !['request.invalid', 'request.too_many'].includes(error.code)) throw error;
    faults.addProblem(error, fieldOfPointer);
    return accountPage(visit, faults, { status: error.status, retryAfterSeconds: error.retryAfterSeconds });
  }
}

async function revokeSession({ services, visitor, params, readForm }: SignedInVisit): Promise<Answer> {
  pickFields(await readForm(), []);
  const sessionId = idOf(params, 'sessionId', 'session');
  await services.accounts.revokeSession(visitor, sessionId);
  if (sessionId === visitor.session.id) return seeOther(signInPath({ notice: 'signed-out' }), { session: null });
  return seeOther('/account', { flash: { code: 'session_ended' } });
}

async function revokeOthers({ services, visitor, readForm }: SignedInVisit): Promise<Answer> {
  pickFields(await readForm(), []);
  await services.accounts.revokeOtherSessions(visitor);
  return seeOther('/account', { flash: { code: 'other_sessions_ended' } });
}

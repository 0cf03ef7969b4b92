// The one page that shows a link to set a password: the direct answer to the form that made it, for a new user and for one who lost it.
import { h } from 'preact';
import { UserInvitedPage, type UserInvitedPageProps } from '../../../views/pages/user-invited.tsx';
import { userHref } from '../../../views/pages/users-list.tsx';
import { Problem } from '../../base/problem.ts';
import { INVITATION_MILLISECONDS } from '../../domain/user/user-service.ts';
import type { UserSummary } from '../../domain/user/user.ts';
import { once, repeatedPage } from './form-once.ts';
import { pickFields } from './form.ts';
import { type Answer, page, type SignedInVisit } from './page.ts';
import { idOf } from './query.ts';

export function invitationPage(
  { parts, now }: SignedInVisit,
  { user, invitationToken }: { user: UserSummary; invitationToken: string },
  occasion: UserInvitedPageProps['occasion'],
): Answer {
  const { id, name, email } = user;
  return page((frame) =>
    h(UserInvitedPage, {
      frame,
      user: { id, name, email },
      invitationUrl: `${parts.issuer}/invitation?token=${invitationToken}`,
      expiresAt: new Date(now.getTime() + INVITATION_MILLISECONDS),
      occasion,
    }),
  );
}

export async function inviteUser(visit: SignedInVisit): Promise<Answer> {
  const { caller, services, params, readForm } = visit;
  const userId = idOf(params, 'userId', 'user');
  const { form_id: formId } = pickFields(await readForm(), ['form_id']);
  const action = { href: userHref(userId), label: 'Go to the user' };
  try {
    return await once(
      visit,
      formId,
      async () => invitationPage(visit, await services.users.invite(caller, userId), 'renewed'),
      () =>
        repeatedPage(visit, {
          title: 'This link was made and shown already',
          detail:
            'The form was sent twice. The link was shown the first time and can’t be shown again; if it got lost, make another.',
          action,
        }),
    );
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== 'resource.conflict') throw error;
    return repeatedPage(visit, { title: 'No link was made', detail: error.detail, action });
  }
}

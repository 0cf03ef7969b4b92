// What can't be taken back: a new value in place of the old one, and deleting. Asked on a page of its own where no script can ask in a
// dialog.
import { h } from 'preact';
import { apiTokenDeletion, apiTokenRegeneration } from '../../../views/pages/api-token-ending.tsx';
import { apiTokenHref } from '../../../views/parts/api-tokens.tsx';
import { ConfirmPage } from '../../../views/pages/confirm.tsx';
import type { Confirmation } from '../../../views/parts/confirm.tsx';
import { conflict, Problem } from '../../base/problem.ts';
import type { ApiTokenSummary } from '../../domain/api-token/api-token.ts';
import { findApiToken } from './api-token-detail-page.ts';
import { expiryOf } from './api-token-rows.ts';
import { apiTokenPage } from './api-token-shown-page.ts';
import { createFormId, once, repeatedPage } from './form-once.ts';
import { pickFields } from './form.ts';
import { type Answer, page, seeOther, type SignedInVisit } from './page.ts';

function confirmPage({ id, name }: ApiTokenSummary, title: string, confirmation: Confirmation): Answer {
  const href = apiTokenHref(id);
  const crumbs = [
    { href: '/api-tokens', label: 'API tokens' },
    { href, label: name },
  ];
  return page((frame) => h(ConfirmPage, { frame, title, crumbs, confirmation, cancelHref: href }));
}

export async function confirmRegeneration(visit: SignedInVisit): Promise<Answer> {
  const token = await findApiToken(visit);
  if (expiryOf(token, visit.now)?.state === 'expired') {
    return noNewValue(visit, token, conflict('It has expired. Give it a later expiry first, then a new value.'));
  }
  return confirmPage(token, `Give ${token.name} a new value?`, apiTokenRegeneration(token, createFormId()));
}

export async function regenerateApiToken(visit: SignedInVisit): Promise<Answer> {
  const { form_id: formId } = pickFields(await visit.readForm(), ['form_id']);
  const token = await findApiToken(visit);
  try {
    return await once(
      visit,
      formId,
      async () => apiTokenPage(visit, await visit.services.apiTokens.regenerate(visit.caller, token.id), 'regenerated'),
      () =>
        repeatedPage(visit, {
          title: 'This value was made and shown already',
          detail:
            'The form was sent twice. The value was shown the first time and can’t be shown again; if it got lost, regenerate once more.',
          action: { href: apiTokenHref(token.id), label: 'Go to the API token' },
        }),
    );
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== 'resource.conflict') throw error;
    return noNewValue(visit, token, error);
  }
}

function noNewValue(visit: SignedInVisit, { id }: ApiTokenSummary, { detail }: Problem): Answer {
  return repeatedPage(visit, {
    title: 'No new value was made',
    detail,
    action: { href: apiTokenHref(id), label: 'Go to the API token' },
  });
}

export async function confirmApiTokenDeletion(visit: SignedInVisit): Promise<Answer> {
  const token = await findApiToken(visit);
  return confirmPage(token, `Delete the API token ${token.name}?`, apiTokenDeletion(token, token.ownerName));
}

export async function deleteApiToken(visit: SignedInVisit): Promise<Answer> {
  pickFields(await visit.readForm(), []);
  const token = await findApiToken(visit);
  await visit.services.apiTokens.delete(visit.caller, token.id);
  return seeOther('/api-tokens', { flash: { code: 'api_token_deleted', subject: token.name } });
}

// The one page that shows the value of an API token: the direct answer to the form that made it, for a new one and for a new value.
import { h } from 'preact';
import { ApiTokenShownPage, type ApiTokenShownPageProps } from '../../../views/pages/api-token-shown.tsx';
import type { CreatedApiToken } from '../../domain/api-token/api-token-service.ts';
import type { ApiTokenSummary } from '../../domain/api-token/api-token.ts';
import { MANAGEMENT_API_ID } from '../../domain/api/privilege.ts';
import { type Answer, page, type SignedInVisit } from './page.ts';

export async function apiTokenPage(
  visit: SignedInVisit,
  { token, plaintext, notices }: CreatedApiToken,
  occasion: ApiTokenShownPageProps['occasion'],
): Promise<Answer> {
  const tryIt = await whereToTry(visit, token);
  return page((frame) =>
    h(ApiTokenShownPage, {
      frame,
      token: {
        id: token.id,
        name: token.name,
        owner: token.ownerName,
        api: token.apiName,
        privilegeCount: token.scopes.length,
        expiresAt: token.expiresAt,
      },
      value: plaintext,
      occasion,
      tryIt,
      notices: notices.map(({ detail }) => detail),
    }),
  );
}

/** Another API is known by its identifier alone, which need not be where it answers. */
async function whereToTry({ caller, services, parts }: SignedInVisit, { apiId, companyId }: ApiTokenSummary) {
  if (apiId === MANAGEMENT_API_ID) return { url: `${parts.issuer}/api/v1/me`, isOurs: true };
  const apis = await services.apis.listAvailable(caller, companyId);
  const identifier = apis.find(({ id }) => id === apiId)?.identifier ?? '';
  return { url: /^https?:/.test(identifier) ? identifier : 'https://api.example.com/', isOurs: false };
}

// `company_id` at the token endpoint: a client with the role Reseller asks for a token that is confined to a company below its own.
import { decideAccess } from '../../domain/access/access-decision.ts';
import { narrowClient } from '../../domain/access/narrowing.ts';
import type { LiveClient } from '../../domain/client/live-client.ts';
import type { LiveCompanies } from '../../domain/company/live-company.ts';
import { invalidClient, OAuthError } from './oauth-error.ts';
import type { RequestFacts } from './token-events.ts';

/** The client as it acts for the company asked for, narrowed or not; with an error it gets no token there. */
export interface ActingClient {
  readonly client: LiveClient;
  readonly error?: OAuthError;
}

/** At once, from memory: undefined unless everything is known and right. */
export function recallActing(
  liveCompanies: LiveCompanies,
  own: LiveClient,
  companyId: string | undefined,
  { address }: RequestFacts,
  now: Date,
): LiveClient | undefined {
  if (companyId === undefined || companyId === own.companyId) return own;
  const company = liveCompanies.peek(companyId);
  const client = company && narrowClient(own, company);
  return client && !decideAccess(client, { address, now }) ? client : undefined;
}

/** `own` has been let in by now. */
export async function findActing(
  liveCompanies: LiveCompanies,
  own: LiveClient,
  companyId: string | undefined,
  { address, origin }: RequestFacts,
  now: Date,
): Promise<ActingClient> {
  if (companyId === undefined || companyId === own.companyId) return { client: own };
  // Who reaches nothing below costs no query.
  const company = own.reach.subtree ? await liveCompanies.find(companyId) : undefined;
  const client = company && narrowClient(own, company);
  if (!client) return { client: own, error: noSuchCompany() };
  const reason = decideAccess(client, { address, now });
  return reason
    ? { client, error: invalidClient('Client authentication failed', origin.requestId, reason) }
    : { client };
}

/** The same for a company that does not exist, one that lies elsewhere, and a client that may not act for others at all. */
function noSuchCompany(): OAuthError {
  return new OAuthError(
    400,
    'invalid_target',
    'company_id is no company below the one of this client. Only clients with the role Reseller may send it.',
  );
}

// API tokens as the pages list them: where their owners are, and how near their end is.
import type { ApiTokenExpiry, ApiTokenOwner, ApiTokenRow, OwnedApiTokens } from '../../../views/parts/api-tokens.tsx';
import type { TokenCount } from '../../../views/pages/api-token-ending.tsx';
import { clientHref } from '../../../views/pages/clients-list.tsx';
import { userHref } from '../../../views/pages/users-list.tsx';
import { type Caller, mayCall } from '../../domain/access/caller.ts';
import { type ApiTokenOwnerType, type ApiTokenSummary, MAX_API_TOKENS } from '../../domain/api-token/api-token.ts';
import type { SignedInVisit } from './page.ts';
import { hrefOf } from './query.ts';

const SOON_MILLISECONDS = 14 * 24 * 60 * 60 * 1000;

export function expiryOf({ expiresAt }: Pick<ApiTokenSummary, 'expiresAt'>, now: Date): ApiTokenExpiry {
  if (expiresAt === null) return null;
  const left = expiresAt.getTime() - now.getTime();
  return { at: expiresAt, state: left <= 0 ? 'expired' : left <= SOON_MILLISECONDS ? 'soon' : 'later' };
}

export function toOwner({ ownerType, ownerId, ownerName }: ApiTokenSummary, caller: Caller): ApiTokenOwner {
  const isClient = ownerType === 'client';
  const mayOpen = mayCall(caller, isClient ? 'clients:read' : 'users:read');
  const href = isClient ? clientHref(ownerId) : userHref(ownerId);
  return { kind: ownerType, name: ownerName, href: mayOpen ? href : undefined };
}

export function toApiTokenRow(token: ApiTokenSummary, caller: Caller, now: Date): ApiTokenRow {
  return {
    id: token.id,
    name: token.name,
    owner: toOwner(token, caller),
    company: token.companyName,
    api: token.apiName,
    privilegeCount: token.scopes.length,
    hint: token.hint,
    expiry: expiryOf(token, now),
    createdAt: token.createdAt,
    lastUsedAt: token.lastUsedAt,
  };
}

/** Whose tokens are meant, as lists and forms are asked for them. */
export function ownerQuery(ownerType: ApiTokenOwnerType, ownerId: string): Readonly<Record<string, string>> {
  return ownerType === 'client' ? { client_id: ownerId } : { user_id: ownerId };
}

const SHOWN = 5;

function listOf({ caller, services }: SignedInVisit, ownerType: ApiTokenOwnerType, ownerId: string) {
  const filter = ownerType === 'client' ? { clientId: ownerId } : { userId: ownerId };
  return services.apiTokens.list(caller, filter, { limit: MAX_API_TOKENS });
}

/** What the page of a client or user shows of its tokens; null for a reader who may not see them. `mayMake`: some for this owner. */
export async function findOwnedTokens(
  visit: SignedInVisit,
  ownerType: ApiTokenOwnerType,
  ownerId: string,
  mayMake: boolean,
): Promise<OwnedApiTokens | null> {
  const { caller, now } = visit;
  if (!mayCall(caller, 'api-tokens:read')) return null;
  const { items } = await listOf(visit, ownerType, ownerId);
  const query = ownerQuery(ownerType, ownerId);
  return {
    first: items.slice(0, SHOWN).map((token) => toApiTokenRow(token, caller, now)),
    total: items.length,
    href: hrefOf('/api-tokens', query),
    newHref: mayMake && mayCall(caller, 'api-tokens:write') ? hrefOf('/api-tokens/new', query) : undefined,
  };
}

/** For questions about their owner. */
export async function countOwnedTokens(
  visit: SignedInVisit,
  ownerType: ApiTokenOwnerType,
  ownerId: string,
): Promise<TokenCount> {
  if (!mayCall(visit.caller, 'api-tokens:read')) return null;
  return (await listOf(visit, ownerType, ownerId)).items.length;
}

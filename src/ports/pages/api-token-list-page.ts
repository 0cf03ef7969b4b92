// The list of API tokens: search, filters, order, pages.
import { h } from 'preact';
import { ApiTokensListPage, type ApiTokensListPageProps } from '../../../views/pages/api-tokens-list.tsx';
import { Problem } from '../../base/problem.ts';
import { mayCall } from '../../domain/access/caller.ts';
import type { ApiTokenSort } from '../../domain/api-token/api-token-store.ts';
import type { ApiTokenOwnerType, ApiTokenSummary } from '../../domain/api-token/api-token.ts';
import { toApiTokenRow } from './api-token-rows.ts';
import { companyFilter } from './company-filter.ts';
import { type Answer, page, seeOther, type SignedInVisit } from './page.ts';
import { choiceOf, hrefOf, parseQuery, sortHead, textOf } from './query.ts';

const PAGE_SIZE = 50;
const SORTS = ['created_at', 'name', 'last_used_at'] as const satisfies readonly ApiTokenSort[];

export async function showApiTokens(visit: SignedInVisit): Promise<Answer> {
  const { caller, services, now } = visit;
  const query = parseQuery(visit.querystring);
  const sort = choiceOf(query, 'sort', SORTS);
  const expired = choiceOf(query, 'expired', ['true', 'false']);
  const filter = {
    q: textOf(query, 'q'),
    ownerType: choiceOf(query, 'owner_type', ['client', 'user']),
    clientId: textOf(query, 'client_id'),
    userId: textOf(query, 'user_id'),
    companyId: textOf(query, 'company_id'),
    apiId: textOf(query, 'api'),
    expired: expired === undefined ? undefined : expired === 'true',
    sort,
  };
  const cursor = textOf(query, 'cursor');
  const [found, companies] = await Promise.all([
    services.apiTokens.list(caller, filter, { limit: PAGE_SIZE, cursor }),
    companyFilter(visit, query),
  ]);
  const owner = await ownerFilter(visit, filter, found.items);
  const ofOwner = { client_id: filter.clientId, user_id: filter.userId };
  const { q, ownerType: owner_type, companyId: company_id, apiId: api } = filter;
  const kept = { q, owner_type, expired, company_id, api, ...ofOwner, sort };
  if (companies.settled !== undefined) {
    return seeOther(hrefOf('/api-tokens', { ...kept, company_id: companies.settled }));
  }
  return page((frame) =>
    h(ApiTokensListPage, {
      frame,
      tokens: found.items.map((token) => toApiTokenRow(token, caller, now)),
      filter: {
        q: q ?? '',
        ownerType: owner_type ?? '',
        expired: expired ?? '',
        companyId: company_id ?? '',
        owner,
      },
      companies: companies.choice,
      sort: {
        name: sortHead('/api-tokens', kept, 'name', 'ascending'),
        created: sortHead('/api-tokens', kept, 'created_at', 'descending'),
        lastUsed: sortHead('/api-tokens', kept, 'last_used_at', 'descending'),
      },
      sortValue: sort ?? '',
      firstHref: cursor === undefined ? undefined : hrefOf('/api-tokens', kept),
      nextHref: found.nextCursor === null ? undefined : hrefOf('/api-tokens', { ...kept, cursor: found.nextCursor }),
      newHref: mayCall(caller, 'api-tokens:write') ? hrefOf('/api-tokens/new', ofOwner) : undefined,
    }),
  );
}

/** The owner whose tokens are listed, by name: that of its tokens, else of its page. */
async function ownerFilter(
  visit: SignedInVisit,
  { clientId, userId }: { readonly clientId: string | undefined; readonly userId: string | undefined },
  [first]: readonly ApiTokenSummary[],
): Promise<ApiTokensListPageProps['filter']['owner']> {
  const value = clientId ?? userId;
  if (value === undefined) return null;
  const type = clientId === undefined ? 'user' : 'client';
  const name = first?.ownerName ?? (await findOwnerName(visit, type, value)) ?? value;
  return { field: type === 'client' ? 'client_id' : 'user_id', value, name };
}

async function findOwnerName(
  { caller, services }: SignedInVisit,
  type: ApiTokenOwnerType,
  id: string,
): Promise<string | undefined> {
  if (!mayCall(caller, type === 'client' ? 'clients:read' : 'users:read')) return undefined;
  try {
    return (type === 'client' ? await services.clients.get(caller, id) : await services.users.get(caller, id)).name;
  } catch (error) {
    if (error instanceof Problem && error.code === 'resource.not_found') return undefined;
    throw error;
  }
}

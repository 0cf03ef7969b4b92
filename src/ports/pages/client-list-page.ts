// The list of clients: search, filters, order, pages.
import { h } from 'preact';
import { type ClientRow, ClientsListPage } from '../../../views/pages/clients-list.tsx';
import type { ClientStatus as ShownStatus } from '../../../views/parts/status.tsx';
import { mayCall } from '../../domain/access/caller.ts';
import type { ClientSummary } from '../../domain/client/client.ts';
import type { ClientSort } from '../../domain/stores.ts';
import { roleFilterOptions } from './company-choice.ts';
import { companyFilter } from './company-filter.ts';
import { type Answer, page, seeOther, type SignedInVisit } from './page.ts';
import { choiceOf, hrefOf, parseQuery, sortHead, textOf } from './query.ts';

const PAGE_SIZE = 50;
const SORTS = ['created_at', 'name', 'last_used_at'] as const satisfies readonly ClientSort[];

export async function showClients(visit: SignedInVisit): Promise<Answer> {
  const { caller, services, now } = visit;
  const query = parseQuery(visit.querystring);
  const status = choiceOf(query, 'status', ['active', 'inactive']);
  const sort = choiceOf(query, 'sort', SORTS);
  const companyId = textOf(query, 'company_id');
  const filter = { q: textOf(query, 'q'), status, roleId: textOf(query, 'role_id'), companyId, sort };
  const cursor = textOf(query, 'cursor');
  const [found, roles, companies, counts] = await Promise.all([
    services.clients.list(caller, filter, { limit: PAGE_SIZE, cursor }),
    roleFilterOptions(visit, filter.roleId),
    companyFilter(visit, query),
    services.clients.count(caller),
  ]);
  const kept = { q: filter.q, status, role_id: filter.roleId, company_id: companyId, sort };
  if (companies.settled !== undefined) return seeOther(hrefOf('/clients', { ...kept, company_id: companies.settled }));
  const isSearch = filter.q !== undefined || filter.roleId !== undefined || companyId !== undefined;
  return page((frame) =>
    h(ClientsListPage, {
      frame,
      clients: found.items.map((client) => toRow(client, now)),
      filter: { q: filter.q ?? '', status: status ?? '', roleId: filter.roleId ?? '', companyId: companyId ?? '' },
      roles,
      companies: companies.choice,
      sort: {
        name: sortHead('/clients', kept, 'name', 'ascending'),
        created: sortHead('/clients', kept, 'created_at', 'descending'),
        lastUsed: sortHead('/clients', kept, 'last_used_at', 'descending'),
      },
      sortValue: sort ?? '',
      // Counting what a search finds would cost as much as finding it.
      total: isSearch ? undefined : status ? counts[status] : counts.active + counts.inactive,
      firstHref: cursor === undefined ? undefined : hrefOf('/clients', kept),
      nextHref: found.nextCursor === null ? undefined : hrefOf('/clients', { ...kept, cursor: found.nextCursor }),
      mayCreate: mayCall(caller, 'clients:write'),
    }),
  );
}

function toRow(client: ClientSummary, now: Date): ClientRow {
  return {
    clientId: client.clientId,
    name: client.name,
    status: shownStatus(client, now),
    role: client.roleName,
    company: client.companyName,
    createdAt: client.createdAt,
    lastUsedAt: client.lastUsedAt,
  };
}

/** An expired client is no longer active, whatever was set; an inactive one stays what somebody made it. */
export function shownStatus(client: Pick<ClientSummary, 'status' | 'expiresAt'>, now: Date): ShownStatus {
  return client.status === 'active' && client.expiresAt !== null && client.expiresAt <= now ? 'expired' : client.status;
}

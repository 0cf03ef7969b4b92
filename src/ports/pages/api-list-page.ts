// The list of APIs: search and pages.
import { h } from 'preact';
import { type ApiRow, ApisListPage } from '../../../views/pages/apis-list.tsx';
import { mayCall } from '../../domain/access/caller.ts';
import type { ApiSummary } from '../../domain/api/api.ts';
import { type Answer, page, type SignedInVisit } from './page.ts';
import { hrefOf, parseQuery, textOf } from './query.ts';

const PAGE_SIZE = 50;

export async function showApis({ caller, services, querystring }: SignedInVisit): Promise<Answer> {
  const query = parseQuery(querystring);
  const q = textOf(query, 'q');
  const cursor = textOf(query, 'cursor');
  const found = await services.apis.list(caller, { q }, { limit: PAGE_SIZE, cursor });
  return page((frame) =>
    h(ApisListPage, {
      frame,
      apis: found.items.map(toRow),
      q: q ?? '',
      firstHref: cursor === undefined ? undefined : hrefOf('/apis', { q }),
      nextHref: found.nextCursor === null ? undefined : hrefOf('/apis', { q, cursor: found.nextCursor }),
      mayCreate: mayCall(caller, 'apis:write'),
    }),
  );
}

function toRow({ id, name, identifier, builtIn, privileges, availableTo, importedAt }: ApiSummary): ApiRow {
  const shared = { id, name, identifier, builtIn, importedAt, privilegeCount: privileges.length };
  return { ...shared, availableTo: availableTo === 'all' ? 'all' : availableTo.length };
}

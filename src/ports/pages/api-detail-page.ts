// One API: its facts, who may use it, and its privileges with a search among them.
import { h } from 'preact';
import { ApiDetailPage, type ApiDetailPageProps } from '../../../views/pages/api-detail.tsx';
import { companyHref } from '../../../views/pages/companies-list.tsx';
import { mayCall } from '../../domain/access/caller.ts';
import type { ApiSummary, CountedPrivilege } from '../../domain/api/api.ts';
import { nameKey } from '../../domain/text.ts';
import { type Answer, page, type SignedInVisit } from './page.ts';
import { idOf, parseQuery, textOf } from './query.ts';

const PRIVILEGES_SHOWN = 200;
const COMPANIES_SHOWN = 20;

export function findApi({ caller, services, params }: SignedInVisit): Promise<ApiSummary> {
  return services.apis.get(caller, idOf(params, 'apiId', 'API'));
}

export async function showApi(visit: SignedInVisit): Promise<Answer> {
  const api = await findApi(visit);
  const q = textOf(parseQuery(visit.querystring), 'q') ?? '';
  const matching = api.privileges.filter((privilege) => matches(privilege, q));
  const props: Omit<ApiDetailPageProps, 'frame'> = {
    api,
    availableTo: await availabilityOf(visit, api),
    privileges: {
      rows: matching.slice(0, PRIVILEGES_SHOWN),
      matching: matching.length,
      total: api.privileges.length,
      q,
    },
    mayWrite: mayCall(visit.caller, 'apis:write'),
  };
  return page((frame) => h(ApiDetailPage, { frame, ...props }));
}

/** All words, in whatever order. */
function matches({ scope, group, description }: CountedPrivilege, q: string): boolean {
  const text = nameKey(`${scope}\n${group}\n${description}`);
  return nameKey(q)
    .split(/\s+/)
    .every((word) => text.includes(word));
}

async function availabilityOf(
  { caller, services }: SignedInVisit,
  { availableTo }: ApiSummary,
): Promise<ApiDetailPageProps['availableTo']> {
  if (availableTo === 'all') return 'all';
  const names = await services.companies.namesOf(caller, availableTo.slice(0, COMPANIES_SHOWN));
  const mayOpen = mayCall(caller, 'companies:read');
  return {
    first: [...names].map(([id, name]) => ({ name, href: mayOpen ? companyHref(id) : undefined })),
    total: availableTo.length,
  };
}

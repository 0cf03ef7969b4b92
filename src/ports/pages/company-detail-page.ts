// One company: its facts, what belongs to it, and what stands directly below it.
import { h } from 'preact';
import { companyHref } from '../../../views/pages/companies-list.tsx';
import { CompanyDetailPage, type CompanyDetailPageProps } from '../../../views/pages/company-detail.tsx';
import { mayCall } from '../../domain/access/caller.ts';
import type { CompanySummary } from '../../domain/company/company-store.ts';
import { ROOT_COMPANY_ID } from '../../domain/company/company.ts';
import { mayAct } from '../../domain/user/acting.ts';
import { shownCompanyStatus, toCompanyRow } from './company-list-page.ts';
import { findHosts } from './host-views.ts';
import { type Answer, page, type SignedInVisit } from './page.ts';
import { idOf } from './query.ts';

const SHOWN_BELOW = 10;

export async function showCompany(visit: SignedInVisit): Promise<Answer> {
  const { caller, services } = visit;
  const company = await findCompany(visit);
  const mayHaveBelow = company.reseller || company.parentId === null;
  const [contents, names, hosts, below] = await Promise.all([
    services.companies.contents(caller, company.id),
    services.companies.namesOf(caller, idsAbove(company)),
    findHosts(visit, company),
    mayHaveBelow ? services.companies.list(caller, { parentId: company.id }, { limit: SHOWN_BELOW }) : null,
  ]);
  const above = idsAbove(company).flatMap((id) => {
    const label = names.get(id);
    return label === undefined ? [] : [{ href: companyHref(id), label }];
  });
  return page((frame) =>
    h(CompanyDetailPage, {
      frame,
      company: {
        id: company.id,
        name: company.name,
        status: shownCompanyStatus(company),
        reseller: company.reseller,
        isRoot: company.id === ROOT_COMPANY_ID,
        ipRestriction: company.ipRestriction,
        hosts,
        createdAt: company.createdAt,
        updatedAt: company.updatedAt,
      },
      above,
      contents,
      below: below && below.items.map(toCompanyRow),
      may: rightsOver(visit, company),
    }),
  );
}

export function findCompany({ caller, services, params }: SignedInVisit): Promise<CompanySummary> {
  return services.companies.get(caller, idOf(params, 'companyId', 'company'));
}

/** From the top down; those beyond the visitor's reach too. */
function idsAbove({ path }: CompanySummary): readonly string[] {
  return path.split('/').slice(0, -2);
}

function rightsOver({ caller, visitor }: SignedInVisit, company: CompanySummary): CompanyDetailPageProps['may'] {
  const mayWrite = mayCall(caller, 'companies:write');
  const isOwn = company.id === caller.companyId;
  return {
    edit: mayWrite,
    end: mayWrite && !isOwn,
    createBelow: mayWrite && caller.reach.subtree,
    act: mayAct(visitor.own) && !isOwn,
    read: {
      clients: mayCall(caller, 'clients:read'),
      users: mayCall(caller, 'users:read'),
      roles: mayCall(caller, 'roles:read'),
    },
  };
}

// Stopping a company with all below it, letting it in again, and deleting an empty one. Asked on a page of its own where no script can
// ask in a dialog.
import { h } from 'preact';
import {
  companyDeletion,
  companyReactivation,
  companySuspension,
  InTheWay,
  isEmpty,
} from '../../../views/pages/company-ending.tsx';
import { companyHref } from '../../../views/pages/companies-list.tsx';
import { ConfirmPage } from '../../../views/pages/confirm.tsx';
import { InTheWayPage } from '../../../views/pages/in-the-way.tsx';
import type { Confirmation } from '../../../views/parts/confirm.tsx';
import { Problem } from '../../base/problem.ts';
import type { CompanySummary } from '../../domain/company/company-store.ts';
import { findCompany } from './company-detail-page.ts';
import { pickFields } from './form.ts';
import { type Answer, page, seeOther, type SignedInVisit } from './page.ts';
import { idOf } from './query.ts';

async function findWithContents(visit: SignedInVisit) {
  const company = await findCompany(visit);
  return { company, contents: await visit.services.companies.contents(visit.caller, company.id) };
}

function crumbsOf({ id, name }: CompanySummary) {
  return [
    { href: '/companies', label: 'Companies' },
    { href: companyHref(id), label: name },
  ];
}

function confirmPage(company: CompanySummary, title: string, confirmation: Confirmation): Answer {
  const cancelHref = companyHref(company.id);
  return page((frame) => h(ConfirmPage, { frame, title, crumbs: crumbsOf(company), confirmation, cancelHref }));
}

export async function confirmSuspension(visit: SignedInVisit): Promise<Answer> {
  const { company, contents } = await findWithContents(visit);
  return confirmPage(company, `Suspend ${company.name}?`, companySuspension(company, contents));
}

export async function suspendCompany({ caller, services, params, readForm }: SignedInVisit): Promise<Answer> {
  pickFields(await readForm(), []);
  const company = await services.companies.suspend(caller, idOf(params, 'companyId', 'company'));
  return seeOther(companyHref(company.id), { flash: { code: 'company_suspended', subject: company.name } });
}

export async function confirmReactivation(visit: SignedInVisit): Promise<Answer> {
  const { company, contents } = await findWithContents(visit);
  return confirmPage(company, `Reactivate ${company.name}?`, companyReactivation(company, contents));
}

export async function reactivateCompany({ caller, services, params, readForm }: SignedInVisit): Promise<Answer> {
  pickFields(await readForm(), []);
  const company = await services.companies.reactivate(caller, idOf(params, 'companyId', 'company'));
  return seeOther(companyHref(company.id), { flash: { code: 'company_reactivated', subject: company.name } });
}

export async function confirmCompanyDeletion(visit: SignedInVisit): Promise<Answer> {
  const { company, contents } = await findWithContents(visit);
  if (!isEmpty(contents)) return inTheWayPage(visit, company, 200);
  return confirmPage(company, `Delete ${company.name}?`, companyDeletion(company));
}

async function inTheWayPage(visit: SignedInVisit, company: CompanySummary, status: number): Promise<Answer> {
  const contents = await visit.services.companies.contents(visit.caller, company.id);
  return page(
    (frame) =>
      h(InTheWayPage, {
        frame,
        title: `${company.name} can’t be deleted yet`,
        crumbs: crumbsOf(company),
        detail: 'Only an empty company can be deleted. Delete or move first what belongs to it.',
        backHref: companyHref(company.id),
        children: h(InTheWay, { company, contents }),
      }),
    { status },
  );
}

export async function deleteCompany(visit: SignedInVisit): Promise<Answer> {
  pickFields(await visit.readForm(), []);
  const company = await findCompany(visit);
  try {
    await visit.services.companies.delete(visit.caller, company.id);
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== 'resource.conflict') throw error;
    return inTheWayPage(visit, company, error.status);
  }
  return seeOther('/companies', { flash: { code: 'company_deleted', subject: company.name } });
}

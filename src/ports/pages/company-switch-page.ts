// Choosing the company to act for. What there is to choose from is the visitor's own reach, whatever they act for by now.
import { h } from 'preact';
import { CompanySwitchPage, type SwitchChoice } from '../../../views/pages/company-switch.tsx';
import { forbidden, Problem } from '../../base/problem.ts';
import type { CompanySummary } from '../../domain/company/company-store.ts';
import { mayAct } from '../../domain/user/acting.ts';
import { shownCompanyStatus } from './company-list-page.ts';
import { pickFields } from './form.ts';
import { type Answer, page, seeOther, type SignedInVisit } from './page.ts';
import { hrefOf, parseQuery, textOf } from './query.ts';

const PAGE_SIZE = 50;

export async function showSwitch({ visitor, services, querystring }: SignedInVisit): Promise<Answer> {
  const { own } = visitor;
  requireActing(visitor);
  const query = parseQuery(querystring);
  const q = textOf(query, 'q');
  const cursor = textOf(query, 'cursor');
  const found = await services.companies.list(own, { q, sort: 'name' }, { limit: PAGE_SIZE, cursor });
  // One's own stands first, whatever it is called.
  const isStart = q === undefined && cursor === undefined;
  const others = found.items.filter(({ id }) => id !== own.companyId);
  const first = isStart ? [await services.companies.get(own, own.companyId)] : [];
  const items = isStart ? [...first, ...others] : found.items;
  return page((frame) =>
    h(CompanySwitchPage, {
      frame,
      choices: items.map((company) => toChoice(company, visitor)),
      q: q ?? '',
      firstHref: cursor === undefined ? undefined : hrefOf('/companies/switch', { q }),
      nextHref: found.nextCursor === null ? undefined : hrefOf('/companies/switch', { q, cursor: found.nextCursor }),
    }),
  );
}

function requireActing({ own }: SignedInVisit['visitor']): void {
  if (!mayAct(own)) throw forbidden('Only the role Reseller acts for other companies.');
}

function toChoice(company: CompanySummary, { own, caller }: SignedInVisit['visitor']): SwitchChoice {
  const { id, name, reseller, parentName } = company;
  return {
    id,
    name,
    reseller,
    status: shownCompanyStatus(company),
    parentName,
    isOwn: id === own.companyId,
    isCurrent: id === caller.companyId,
  };
}

export async function switchCompany({ visitor, services, readForm }: SignedInVisit): Promise<Answer> {
  const { company_id: given = '' } = pickFields(await readForm(), ['company_id']);
  const companyId = given === '' || given === visitor.own.companyId ? null : given;
  if (companyId !== null && !/^[A-Za-z0-9_-]{1,100}$/.test(companyId)) {
    throw new Problem('resource.not_found', 'There is no such company.');
  }
  await services.accounts.actFor(visitor, companyId);
  if (companyId === null) {
    return seeOther('/', { flash: { code: 'acting_ended', subject: visitor.own.companyName } });
  }
  const company = await services.companies.get(visitor.own, companyId);
  return seeOther('/', { flash: { code: 'acting', subject: company.name } });
}

// The filter of a list by company, found by its name where there are too many to choose from.
import { companySearchName } from '../../../views/parts/company-field.tsx';
import { companyFindButton, type CompanyFilterChoice } from '../../../views/parts/company-filter.tsx';
import { companyOptions, searchOf } from './company-choice.ts';
import type { SignedInVisit } from './page.ts';
import { type Query, textOf } from './query.ts';

interface CompanyFilter {
  /** undefined where there is but one company. */
  readonly choice: CompanyFilterChoice | undefined;
  /** The company that the search by name came to: the list is to be shown for it, without the search. */
  readonly settled: string | undefined;
}

export async function companyFilter(visit: SignedInVisit, query: Query): Promise<CompanyFilter> {
  const current = textOf(query, 'company_id');
  const q = searchOf(query[companySearchName]);
  if (q === '') {
    const { options, isCut } = await companyOptions(visit, current);
    const choice = { options, isCut, q: isCut ? '' : undefined, matches: undefined };
    return { choice: options.length === 0 ? undefined : choice, settled: undefined };
  }
  const { options, isCut, matches } = await companyOptions(visit, current, { q });
  const choice = { options, isCut, q, matches: matches.length };
  return { choice, settled: settle(matches, current, query[companyFindButton.name] === companyFindButton.value) };
}

/** The only one that matches, or the one that was then chosen among several. */
function settle(matches: readonly string[], current: string | undefined, isLooking: boolean): string | undefined {
  const [only, ...others] = matches;
  if (others.length === 0) return only;
  return !isLooking && current !== undefined && matches.includes(current) ? current : undefined;
}

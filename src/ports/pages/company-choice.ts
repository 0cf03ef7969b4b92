// The companies that a list can be filtered by and that something new can belong to: a choice for those who manage several.
import type { CompanyChoice } from '../../../views/parts/company-field.tsx';
import type { SelectOption } from '../../../views/parts/field.tsx';
import { Problem } from '../../base/problem.ts';
import { mayCall } from '../../domain/access/caller.ts';
import type { CompanyFilter } from '../../domain/company/company-store.ts';
import type { FormFaults } from './form.ts';
import { hrefOf } from './query.ts';
import type { SignedInVisit } from './page.ts';

/** More make no select that anybody wants to look through: forms have a search then, and each page of a company leads to its lists. */
const MAX_OPTIONS = 200;

/**
 * One's own first, then A to Z; empty for whoever sees one company alone. `current` is always among them, if within reach; `matches`
 * are those that the filter has found.
 */
export async function companyOptions(
  { caller, services }: SignedInVisit,
  current: string | undefined,
  filter: Pick<CompanyFilter, 'reseller' | 'q'> = {},
): Promise<{ options: readonly SelectOption[]; isCut: boolean; matches: readonly string[] }> {
  const none = { options: [], isCut: false, matches: [] };
  if (!caller.reach.subtree || !mayCall(caller, 'companies:read')) return none;
  const found = await services.companies.list(caller, { ...filter, sort: 'name' }, { limit: MAX_OPTIONS });
  const others = found.items.filter(({ id }) => id !== caller.companyId);
  if (others.length === 0 && filter.q === undefined) return none;
  const isOwnListed = filter.q === undefined || others.length < found.items.length || current === caller.companyId;
  const options = [
    ...(isOwnListed ? [{ value: caller.companyId, label: caller.companyName }] : []),
    ...others.map(({ id, name }) => ({ value: id, label: name })),
  ];
  if (current !== undefined && !options.some(({ value }) => value === current)) {
    const name = (await services.companies.namesOf(caller, [current])).get(current);
    if (name !== undefined) options.push({ value: current, label: name });
  }
  return { options, isCut: found.nextCursor !== null, matches: found.items.map(({ id }) => id) };
}

interface CompanyQuestion {
  readonly choose: string | undefined;
  readonly formAt: string;
  readonly q?: string;
  readonly field?: string;
  /** Those alone that may have companies below them. */
  readonly reseller?: boolean;
}

/**
 * The same for a form; undefined where there is nothing to choose. `choose`: the button that the form came by; `q`: what was looked for
 * by name; `field`: what the form has it in.
 */
export async function companyChoice(
  visit: SignedInVisit,
  current: string,
  { choose, formAt, q = '', field = 'company_id', reseller }: CompanyQuestion,
): Promise<CompanyChoice | undefined> {
  const { options, isCut } = await companyOptions(visit, current, {
    ...(q === '' ? {} : { q }),
    ...(reseller ? { reseller } : {}),
  });
  if (options.length === 0) return undefined;
  const search = isCut || q !== '' ? q : undefined;
  return {
    options,
    isCut,
    q: search,
    wasChosen: choose === 'company',
    wasFound: choose === 'found',
    formHref: hrefOf(formAt, { [field]: current }),
  };
}

/** What was typed into the search. */
export function searchOf(text: string | undefined): string {
  return (text ?? '').trim().slice(0, MAX_SEARCH);
}

/** Longer than any name. */
const MAX_SEARCH = 200;

/** The company that a form is for: the given one when it lies within reach; else the visitor's own, with a fault. */
export async function knownCompany(
  { caller, services }: SignedInVisit,
  given: string,
  faults: FormFaults,
): Promise<string> {
  if (given === caller.companyId) return given;
  if ((await services.companies.namesOf(caller, [given])).has(given)) return given;
  faults.add('company_id', 'There is no such company.');
  return caller.companyId;
}

/** As a form's select of roles shows them: what one may not give is there, and says why it can't be chosen. */
export async function roleOptions(
  { caller, services }: SignedInVisit,
  companyId: string,
  kept?: { readonly roleId: string; readonly roleName: string },
): Promise<SelectOption[]> {
  const roles = await services.granting.rolesFor(caller, companyId);
  const options: SelectOption[] = roles.map(({ id, name, isGrantable }) =>
    isGrantable ? { value: id, label: name } : { value: id, label: `${name} (may do more than you)`, disabled: true },
  );
  // The one that it has may be another company's.
  if (kept && !roles.some(({ id }) => id === kept.roleId)) options.push({ value: kept.roleId, label: kept.roleName });
  return options;
}

/** Roles to filter lists by: those of the visitor's company, and the one that is filtered by now. */
export async function roleFilterOptions(
  { caller, services }: SignedInVisit,
  current: string | undefined,
): Promise<SelectOption[]> {
  const roles = await services.roles.listChoosable(caller);
  const options = roles.map(({ id, name }) => ({ value: id, label: name }));
  if (current === undefined || options.some(({ value }) => value === current) || !mayCall(caller, 'roles:read')) {
    return options;
  }
  const other = await findRole({ caller, services }, current);
  return other ? [...options, { value: current, label: other.name }] : options;
}

async function findRole({ caller, services }: Pick<SignedInVisit, 'caller' | 'services'>, roleId: string) {
  try {
    return await services.roles.get(caller, roleId);
  } catch (error) {
    if (error instanceof Problem && error.code === 'resource.not_found') return undefined;
    throw error;
  }
}

// The APIs that a company may use, by their names: for selects, and for whatever carries an API's id.
import type { SelectOption } from '../../../views/parts/field.tsx';
import type { SignedInVisit } from './page.ts';

/** `current` is always among them: a client keeps its default API when that one is taken from its company. */
export async function apiOptions(
  { caller, services }: SignedInVisit,
  companyId: string,
  current: string,
): Promise<SelectOption[]> {
  const apis = await services.apis.listAvailable(caller, companyId);
  const options = apis.map(({ id, name }) => ({ value: id, label: name }));
  return options.some(({ value }) => value === current) ? options : [...options, { value: current, label: current }];
}

export type ApiNames = ReadonlyMap<string, string>;

export async function findApiNames({ caller, services }: SignedInVisit, companyId: string): Promise<ApiNames> {
  const apis = await services.apis.listAvailable(caller, companyId);
  return new Map(apis.map(({ id, name }) => [id, name]));
}

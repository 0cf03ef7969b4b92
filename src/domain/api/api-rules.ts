// The rules that a change to an API must keep, and what those who make one should know of its effects.
import { conflict, type Fault, forbidden, invalid, notFound, Problem } from '../../base/problem.ts';
import type { Caller } from '../access/caller.ts';
import type { Stores } from '../stores.ts';
import type { GivenPrivilege } from './api-fields.ts';
import type { AvailabilityShare, NamedCount } from './api-store.ts';
import type { Api, ApiAvailability, ApiPrivilege } from './api.ts';
import type { PrivilegeLevel } from './privilege.ts';

/** The API, locked, when it is one that can be changed. */
export async function getForChange(stores: Stores, apiId: string, ifVersion: number | undefined): Promise<Api> {
  const api = await stores.apis.findForUpdate(apiId);
  if (!api) throw notFound('API');
  if (api.builtIn) throw conflict(`${api.name} is built in. It changes with Postern alone.`);
  if (ifVersion !== undefined && ifVersion !== api.version) {
    throw new Problem('resource.changed', 'Somebody changed this API since you read it. Read it again and repeat.');
  }
  return api;
}

/** Groups are read off scopes such as `orders:read` where none are given. 422 for a scope that stands in the list twice. */
export function toPrivileges(given: readonly GivenPrivilege[]): readonly ApiPrivilege[] {
  const seen = new Set<string>();
  const faults: Fault[] = [];
  for (const [index, { scope }] of given.entries()) {
    if (seen.has(scope)) faults.push({ pointer: `/privileges/${index}/scope`, detail: `${scope} stands here twice.` });
    seen.add(scope);
  }
  if (faults.length > 0) throw invalid(faults.slice(0, 100));
  return given.map(({ scope, group, description, level }) => ({
    scope,
    group: group ?? groupOf(scope),
    description: description ?? '',
    level: level ?? 'company',
  }));
}

function groupOf(scope: string): string {
  const end = scope.lastIndexOf(':');
  return end > 0 ? scope.slice(0, Math.min(end, 100)) : 'General';
}

/** The whole new availability. Companies beyond the caller's reach stay as they were, and only who reaches all may say `all`. */
export async function settleAvailability(
  stores: Stores,
  caller: Caller,
  before: ApiAvailability,
  given: ApiAvailability,
): Promise<ApiAvailability> {
  if (given === before) return before;
  if ((given === 'all' || before === 'all') && !caller.reach.subtree) {
    throw forbidden('This is about companies that your role does not reach.');
  }
  if (given === 'all') return given;
  const known = before === 'all' ? [] : before;
  const names = await stores.apis.companyNames([...given, ...known], caller.reach);
  const faults = given.flatMap((id, index) =>
    names.has(id) ? [] : [{ pointer: `/available_to/${index}`, detail: 'There is no such company.' }],
  );
  if (faults.length > 0) throw invalid(faults.slice(0, 100));
  return [...new Set([...given, ...known.filter((id) => !names.has(id))])].sort();
}

/** Nothing is taken away that a role holds, nor by hand what the imported description is about. */
export async function checkRemoved(
  stores: Stores,
  caller: Caller,
  api: Api,
  removed: readonly ApiPrivilege[],
): Promise<void> {
  if (removed.length === 0) return;
  const scopes = removed.map(({ scope }) => scope);
  const uses = await stores.apis.rolesByScope(api.id, scopes, caller.reach);
  const faults = [...uses].map(([scope, roles]) =>
    atPrivileges(`${scope} is held by ${rolesInWords(roles)}. Take it out there first.`),
  );
  const operations = await stores.apis.operationsOf(api.id);
  const described = new Set(operations.flatMap((operation) => operation.scopes.flat()));
  for (const scope of scopes.filter((each) => described.has(each))) {
    faults.push(atPrivileges(`${scope} comes from the imported description. Import one without it instead.`));
  }
  if (faults.length > 0) throw conflict(faults[0]?.detail ?? '', faults.slice(0, 100));
}

function atPrivileges(detail: string): Fault {
  return { pointer: '/privileges', detail };
}

/** 409 with what stands in the way of deleting it. */
export async function checkUnused(stores: Stores, caller: Caller, api: Api): Promise<void> {
  const roles = await stores.apis.rolesWithAny(api.id, caller.reach);
  const clients = await stores.apis.clientsWithDefault(api.id, null, caller.reach);
  const apiTokens = await stores.apis.apiTokensFor(api.id, caller.reach);
  const inTheWay = [
    ...(roles.count > 0 ? [`its privileges are held by ${rolesInWords(roles)}`] : []),
    ...(clients.count > 0 ? [`it is the default API of ${clientsInWords(clients)}`] : []),
    ...(apiTokens.count > 0 ? [`${apiTokensInWords(apiTokens)} ${apiTokens.count === 1 ? 'is' : 'are'} for it`] : []),
  ];
  if (inTheWay.length > 0) throw conflict(`${api.name} is in use and cannot be deleted: ${inTheWay.join('; ')}.`);
}

export function rolesInWords(roles: NamedCount): string {
  return inWords(roles, 'the role', 'the roles', 'roles');
}

function clientsInWords(clients: NamedCount): string {
  return inWords(clients, 'the client', 'the clients', 'clients');
}

function apiTokensInWords(tokens: NamedCount): string {
  return inWords(tokens, 'the API token', 'the API tokens', 'API tokens');
}

function inWords({ names, count }: NamedCount, one: string, many: string, bare: string): string {
  if (names.length === 0)
    return `${count.toLocaleString('en')} ${count === 1 ? bare.slice(0, -1) : bare} beyond your reach`;
  const left = count - names.length;
  const rest = left > 0 ? ` and ${left.toLocaleString('en')} more` : '';
  return `${count === 1 ? one : many} ${names.join(', ')}${rest}`;
}

/** Who holds what is new the moment that it is there: the standard roles have whatever their level allows. */
export async function gainNotice(
  stores: Stores,
  caller: Caller,
  api: Api,
  share: AvailabilityShare,
  gained: readonly ApiPrivilege[],
  what: string,
): Promise<string | undefined> {
  if (gained.length === 0 || share.within.length === 0) return undefined;
  const { clients, users } = await stores.apis.countHolders(api.id, share, 'standard', caller.reach);
  const where = await companiesInWords(stores, caller, share);
  const levels = new Set<PrivilegeLevel>(gained.map(({ level }) => level));
  const roles = levels.has('company') ? 'Reseller and Company Admin' : 'Reseller';
  const number = `${counted(clients, 'client')} and ${counted(users, 'user')} now`;
  return `Holders of ${roles} in ${where} get ${what} at once, as far as its level allows (${number}).`;
}

/** Who can no longer use the API. */
export async function lossNotices(
  stores: Stores,
  caller: Caller,
  api: Api,
  share: AvailabilityShare,
): Promise<readonly string[]> {
  if (share.within.length === 0) return [];
  const standard = await stores.apis.countHolders(api.id, share, 'standard', caller.reach);
  const custom = await stores.apis.countHolders(api.id, share, 'custom', caller.reach);
  const [clients, users] = [standard.clients + custom.clients, standard.users + custom.users];
  const defaults = await stores.apis.clientsWithDefault(api.id, share, caller.reach);
  const lost =
    clients + users === 0
      ? []
      : [`${counted(clients, 'client')} and ${counted(users, 'user')} lose their privileges on ${api.name} at once.`];
  return defaults.count === 0
    ? lost
    : [
        ...lost,
        `${api.name} stays the default API of ${clientsInWords(defaults)}, to whom it is not available any more.`,
      ];
}

async function companiesInWords(
  stores: Stores,
  caller: Caller,
  { within, beyond }: AvailabilityShare,
): Promise<string> {
  if (within === 'all') return beyond.length > 0 ? 'all other companies' : 'all companies';
  const added = beyond === 'all' ? [] : within.filter((id) => !beyond.includes(id));
  const names = [...(await stores.apis.companyNames(added, caller.reach)).values()];
  const shown = names.slice(0, 3).join(', ');
  const left = added.length - Math.min(names.length, 3);
  return `${shown}${left > 0 ? `${shown === '' ? '' : ' and '}${counted(left, 'more company', 'more companies')}` : ''} and all below`;
}

function counted(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? one : many}`;
}

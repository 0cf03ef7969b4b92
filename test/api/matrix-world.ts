// The world of the matrix: a tree of companies, something of every kind in each, and one caller of every kind with a real token.

import type { Services } from '../../src/app/services.ts';
import type { Caller } from '../../src/domain/access/caller.ts';
import { MANAGEMENT_API_ID, MANAGEMENT_PRIVILEGES, privilegeName } from '../../src/domain/api/privilege.ts';
import type { PrivilegeLevel } from '../../src/domain/api/privilege.ts';
import { COMPANY_ADMIN_ROLE_ID, RESELLER_ROLE_ID } from '../../src/domain/role/role.ts';
import { rootCompany, toCaller } from './api-server.ts';
import { startWholeServer, type WholeServer } from './whole-server.ts';

/**
 * root ─ north (a reseller) ─ north_a, north_b, and icy (suspended)
 * root ─ south (a reseller) ─ south_a
 * root ─ frozen (a reseller, suspended) ─ buried
 */
const TREE = [
  ['north', 'root', true],
  ['north_a', 'north', false],
  ['north_b', 'north', false],
  ['icy', 'north', false],
  ['south', 'root', true],
  ['south_a', 'south', false],
  ['frozen', 'root', true],
  ['buried', 'frozen', false],
] as const;

export type CompanyName = 'root' | (typeof TREE)[number][0];

/** A company with one of everything that a route can be about. */
export interface Place {
  readonly name: CompanyName;
  readonly companyId: string;
  readonly companyName: string;
  readonly path: string;
  readonly reseller: boolean;
  readonly clientId: string;
  readonly secretId: string;
  readonly userId: string;
  readonly userEmail: string;
  readonly roleId: string;
  readonly roleName: string;
  /** Of the client. */
  readonly apiTokenId: string;
  /** Of the client's registration. */
  readonly eventId: string;
}

export interface MatrixCaller {
  readonly kind: string;
  readonly token: string | undefined;
  /** 401 whatever is asked. */
  readonly isDead: boolean;
  /** The company for which it acts. */
  readonly place: Place;
  readonly subtree: boolean;
  /** Scopes of the Management API that it holds. */
  readonly scopes: ReadonlySet<string>;
}

export interface World {
  readonly server: WholeServer;
  readonly admin: Caller;
  readonly places: ReadonlyMap<CompanyName, Place>;
  readonly callers: readonly MatrixCaller[];
  /** Of an API that is registered for all. */
  readonly apiId: string;
}

const scopesUpTo = (...levels: PrivilegeLevel[]): string[] =>
  MANAGEMENT_PRIVILEGES.filter(({ level }) => levels.includes(level)).map(({ scope }) => scope);

export const ALL = scopesUpTo('company', 'reseller', 'root');
const UP_TO_RESELLER = scopesUpTo('company', 'reseller');
export const COMPANY_LEVEL = scopesUpTo('company');
/** What the custom role of each place holds. */
export const ROLE_SCOPES = ['audit:read'];

export async function makeWorld(): Promise<World> {
  const server = await startWholeServer();
  const { services } = server;
  const admin = toCaller('matrix', { company: rootCompany, role: 'reseller' });
  const places = await makePlaces(services, admin);
  const { api } = await services.apis.create(admin, {
    id: 'tickets',
    identifier: 'https://tickets.example/api',
    name: 'Tickets',
    availableTo: 'all',
  });
  const callers = await makeCallers(server, admin, places);
  for (const name of ['icy', 'frozen'] as const)
    await services.companies.suspend(admin, placeOf(places, name).companyId);
  return { server, admin, places, callers, apiId: api.id };
}

export function placeOf(places: ReadonlyMap<CompanyName, Place>, name: CompanyName): Place {
  const place = places.get(name);
  if (!place) throw new Error(`there is no place ${name}`);
  return place;
}

async function makePlaces(services: Services, admin: Caller): Promise<ReadonlyMap<CompanyName, Place>> {
  const places = new Map<CompanyName, Place>();
  places.set('root', await furnish(services, admin, 'root', { ...rootCompany, reseller: true }));
  for (const [name, parent, reseller] of TREE) {
    const parentId = placeOf(places, parent).companyId;
    const company = await services.companies.create(admin, { name: `The ${name}`, parentId, reseller });
    places.set(name, await furnish(services, admin, name, company));
  }
  return places;
}

async function furnish(
  services: Services,
  admin: Caller,
  name: CompanyName,
  company: { id: string; name: string; path: string; reseller: boolean },
): Promise<Place> {
  const { client } = await makeClient(services, admin, company.id);
  const user = await makeUser(services, admin, company.id);
  const role = await makeRole(services, admin, company.id);
  const apiToken = await makeApiToken(services, admin, client.clientId);
  const order = { limit: 1, order: 'asc' } as const;
  const [event] = (await services.audit.list(admin, { targetId: client.clientId }, order)).items;
  return {
    name,
    companyId: company.id,
    companyName: company.name,
    path: company.path,
    reseller: company.reseller,
    clientId: client.clientId,
    secretId: client.secrets[0]?.id ?? '',
    userId: user.id,
    userEmail: user.email,
    roleId: role.id,
    roleName: role.name,
    apiTokenId: apiToken.id,
    eventId: event?.id ?? '',
  };
}

let made = 0;
/** Unlike every one before. */
export const unique = (what: string) => `${what} ${(made += 1)}`;

export function makeClient(services: Services, admin: Caller, companyId: string, roleId = COMPANY_ADMIN_ROLE_ID) {
  return services.clients.register(admin, { name: unique('client'), companyId, roleId });
}

export async function makeApiToken(services: Services, admin: Caller, clientId: string) {
  const privileges = ROLE_SCOPES.map((scope) => privilegeName(MANAGEMENT_API_ID, scope));
  return (await services.apiTokens.create(admin, { name: unique('token'), clientId, privileges })).token;
}

export async function makeUser(services: Services, admin: Caller, companyId: string) {
  const email = `${unique('user').replace(' ', '-')}@matrix.test`;
  return (await services.users.create(admin, { email, name: 'User', companyId, roleId: COMPANY_ADMIN_ROLE_ID })).user;
}

export function makeRole(
  services: Services,
  admin: Caller,
  companyId: string,
  scopes: readonly string[] = ROLE_SCOPES,
) {
  const privileges = scopes.map((scope) => privilegeName(MANAGEMENT_API_ID, scope));
  return services.roles.create(admin, { name: unique('role'), companyId, privileges });
}

async function makeCallers(
  server: WholeServer,
  admin: Caller,
  places: ReadonlyMap<CompanyName, Place>,
): Promise<MatrixCaller[]> {
  const { services } = server;
  const make = async (
    kind: string,
    at: CompanyName,
    roleId: string,
    held: readonly string[],
    actingFor?: CompanyName,
  ): Promise<MatrixCaller & { clientId: string }> => {
    const { client, clientSecret } = await makeClient(services, admin, placeOf(places, at).companyId, roleId);
    const place = placeOf(places, actingFor ?? at);
    const token = await fetchToken(server, client.clientId, clientSecret, actingFor && place.companyId);
    const subtree = roleId === RESELLER_ROLE_ID && place.reseller;
    return { kind, token, isDead: false, place, subtree, scopes: new Set(held), clientId: client.clientId };
  };
  const inactive = await make('inactive', 'north', RESELLER_ROLE_ID, UP_TO_RESELLER);
  await services.clients.update(admin, inactive.clientId, { status: 'inactive' });
  const everything = await makeRole(services, admin, placeOf(places, 'north').companyId, UP_TO_RESELLER);
  const callers = [
    await make('Reseller at root', 'root', RESELLER_ROLE_ID, ALL),
    await make('Company Admin at root', 'root', COMPANY_ADMIN_ROLE_ID, COMPANY_LEVEL),
    await make('Reseller at a reseller', 'north', RESELLER_ROLE_ID, UP_TO_RESELLER),
    await make('Company Admin at a reseller', 'north', COMPANY_ADMIN_ROLE_ID, COMPANY_LEVEL),
    await make('Company Admin', 'north_a', COMPANY_ADMIN_ROLE_ID, COMPANY_LEVEL),
    await make('custom role with everything', 'north', everything.id, UP_TO_RESELLER),
    await make('Reseller narrowed to a reseller', 'root', RESELLER_ROLE_ID, UP_TO_RESELLER, 'north'),
    await make('Reseller narrowed to a plain company', 'root', RESELLER_ROLE_ID, COMPANY_LEVEL, 'north_a'),
    { ...inactive, isDead: true },
    // Suspended once all tokens are there.
    { ...(await make('suspended', 'frozen', RESELLER_ROLE_ID, UP_TO_RESELLER)), isDead: true },
    { ...(await make('below a suspended one', 'buried', COMPANY_ADMIN_ROLE_ID, COMPANY_LEVEL)), isDead: true },
    {
      ...(await make('Reseller narrowed to a suspended company', 'north', RESELLER_ROLE_ID, COMPANY_LEVEL, 'icy')),
      isDead: true,
    },
  ];
  for (const lacking of UP_TO_RESELLER) {
    const held = UP_TO_RESELLER.filter((scope) => scope !== lacking);
    const role = await makeRole(services, admin, placeOf(places, 'north').companyId, held);
    callers.push(await make(`custom role without ${lacking}`, 'north', role.id, held));
  }
  const nobody = { kind: 'nobody', token: undefined, isDead: true, place: placeOf(places, 'north'), subtree: true };
  return [...callers, { ...nobody, scopes: new Set<string>() }];
}

async function fetchToken(
  { issuer }: WholeServer,
  clientId: string,
  secret: string,
  companyId: string | undefined,
): Promise<string> {
  const response = await fetch(`${issuer}/oauth2/token`, {
    method: 'POST',
    headers: { Authorization: `Basic ${Buffer.from(`${clientId}:${secret}`).toString('base64')}` },
    body: new URLSearchParams({ grant_type: 'client_credentials', ...(companyId ? { company_id: companyId } : {}) }),
  });
  const answer = (await response.json()) as { access_token?: string };
  if (answer.access_token === undefined) throw new Error(`no token: ${JSON.stringify(answer)}`);
  return answer.access_token;
}

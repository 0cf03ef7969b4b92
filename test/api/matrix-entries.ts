// What each route of the Management API is about, and what it must answer to whom. A new route has its entry here, or the matrix fails.

import { COMPANY_ADMIN_ROLE_ID } from '../../src/domain/role/role.ts';
import {
  COMPANY_LEVEL,
  makeApiToken,
  makeClient,
  makeRole,
  makeUser,
  type MatrixCaller,
  type Place,
  ROLE_SCOPES,
  unique,
  type World,
} from './matrix-world.ts';

/** What a route is asked about: something of a place, or something that does not exist. */
export interface Target {
  readonly place: Place | undefined;
  readonly companyId: string;
  readonly clientId: string;
  readonly secretId: string;
  readonly userId: string;
  readonly userEmail: string;
  readonly roleId: string;
  readonly roleName: string;
  readonly apiTokenId: string;
  readonly eventId: string;
  readonly apiId: string;
}

export interface MatrixRequest {
  /** Of path variables. */
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly json?: unknown;
}

export interface Entry {
  /** null: whoever is let in at all. */
  readonly privilege: string | null;
  /** For whoever is alive and holds the privilege. */
  readonly expected: (caller: MatrixCaller, place: Place | undefined) => number;
  readonly request: (target: Target) => MatrixRequest;
  /** Of a list asked about the target: whether the target must be in it; nothing else may be. `idOf` finds the id in an item. */
  readonly lists?: {
    readonly idOf: (item: Readonly<Record<string, unknown>>) => unknown;
    readonly id: (target: Target) => string;
  };
  /** Made for each attempt that will succeed, so that everything else stays as it is. */
  readonly fresh?: (world: World, place: Place) => Promise<Partial<Target>>;
}

/** The rule of reach, in its plainest words. */
export function reaches({ place: own, subtree }: MatrixCaller, place: Place | undefined): boolean {
  if (!place) return false;
  return subtree ? place.path.startsWith(own.path) : place.companyId === own.companyId;
}

const within =
  (status: number, otherwise = 404): Entry['expected'] =>
  (caller, place) =>
    reaches(caller, place) ? status : otherwise;

/** As `within`; 403 for whoever lacks one of the scopes that would be given or taken over. */
const over =
  (scopes: readonly string[]) =>
  (status: number, otherwise = 404): Entry['expected'] =>
  (caller, place) => {
    if (!reaches(caller, place)) return otherwise;
    return scopes.every((scope) => caller.scopes.has(scope)) ? status : 403;
  };

/** Clients and users of the matrix are Company Admins. */
const overAdmin = over(COMPANY_LEVEL);
const overRole = over(ROLE_SCOPES);

const always =
  (status: number): Entry['expected'] =>
  () =>
    status;

/** APIs are the root company's alone; what exists is the same for whoever may ask. */
const ifExists =
  (status: number, otherwise = 404): Entry['expected'] =>
  (_caller, place) =>
    place ? status : otherwise;

const isOwn = (caller: MatrixCaller, place: Place | undefined) => place?.companyId === caller.place.companyId;

const ofClient = ({ clientId }: Target) => ({ params: { client_id: clientId } });
const ofUser = ({ userId }: Target) => ({ params: { id: userId } });
const ofRole = ({ roleId }: Target) => ({ params: { id: roleId } });
const ofCompany = ({ companyId }: Target) => ({ params: { id: companyId } });
const ofApiToken = ({ apiTokenId }: Target) => ({ params: { id: apiTokenId } });
const ofApi = ({ apiId }: Target) => ({ params: { id: apiId } });

const freshClient: Entry['fresh'] = async ({ server, admin }, { companyId }) => {
  const { client } = await makeClient(server.services, admin, companyId);
  return { clientId: client.clientId, secretId: client.secrets[0]?.id ?? '' };
};
const freshApiToken: Entry['fresh'] = async ({ server, admin }, { companyId }) => {
  const { client } = await makeClient(server.services, admin, companyId);
  return { apiTokenId: (await makeApiToken(server.services, admin, client.clientId)).id };
};
const freshUser: Entry['fresh'] = async ({ server, admin }, { companyId }) => ({
  userId: (await makeUser(server.services, admin, companyId)).id,
});
const freshRole: Entry['fresh'] = async ({ server, admin }, { companyId }) => ({
  roleId: (await makeRole(server.services, admin, companyId)).id,
});
const freshApi: Entry['fresh'] = async ({ server, admin }) => {
  const id = unique('api').replace(' ', '-');
  const { api } = await server.services.apis.create(admin, { id, identifier: `https://${id}.example`, name: id });
  return { apiId: api.id };
};

const everywhere: Readonly<Record<string, Entry>> = {
  'GET /api/v1/me': { privilege: null, expected: always(200), request: () => ({}) },
  'GET /api/v1/system': { privilege: 'system:read', expected: always(200), request: () => ({}) },
  'GET /api/v1/privileges': { privilege: 'roles:read', expected: always(200), request: () => ({}) },
};

const clients: Readonly<Record<string, Entry>> = {
  'GET /api/v1/clients': {
    privilege: 'clients:read',
    expected: always(200),
    request: ({ clientId }) => ({ query: { q: clientId } }),
    lists: { idOf: (item) => item['client_id'], id: ({ clientId }) => clientId },
  },
  'POST /api/v1/clients': {
    privilege: 'clients:write',
    expected: overAdmin(201, 422),
    request: ({ companyId }) => ({ json: { name: 'made', role_id: COMPANY_ADMIN_ROLE_ID, company_id: companyId } }),
  },
  'GET /api/v1/clients/{client_id}': { privilege: 'clients:read', expected: within(200), request: ofClient },
  'PATCH /api/v1/clients/{client_id}': {
    privilege: 'clients:write',
    expected: overAdmin(200),
    request: (target) => ({ ...ofClient(target), json: { name: 'taken' } }),
    fresh: freshClient,
  },
  'DELETE /api/v1/clients/{client_id}': {
    privilege: 'clients:write',
    expected: overAdmin(204),
    request: ofClient,
    fresh: freshClient,
  },
  'POST /api/v1/clients/{client_id}/secrets': {
    privilege: 'clients:write',
    expected: overAdmin(201),
    request: ofClient,
    fresh: freshClient,
  },
  'DELETE /api/v1/clients/{client_id}/secrets/{id}': {
    privilege: 'clients:write',
    expected: overAdmin(204),
    request: ({ clientId, secretId }) => ({ params: { client_id: clientId, id: secretId } }),
    fresh: freshClient,
  },
  // Ending tokens takes nobody over: who answers an incident may do it to the strongest.
  'POST /api/v1/clients/{client_id}/revoke-tokens': {
    privilege: 'clients:write',
    expected: within(204),
    request: ofClient,
    fresh: freshClient,
  },
};

const clientAddresses: Readonly<Record<string, Entry>> = {
  'POST /api/v1/clients/{client_id}/check': { privilege: 'clients:read', expected: within(200), request: ofClient },
  'GET /api/v1/clients/{client_id}/sources': { privilege: 'clients:read', expected: within(200), request: ofClient },
  'GET /api/v1/clients/{client_id}/suggested-rules': {
    privilege: 'clients:read',
    expected: within(200),
    request: ofClient,
  },
};

const companies: Readonly<Record<string, Entry>> = {
  'GET /api/v1/companies': {
    privilege: 'companies:read',
    expected: always(200),
    request: ({ place }) => ({ query: { q: place?.companyName ?? 'There is no such name' } }),
    // `The north` is found in `The north_a` too.
    lists: { idOf: (item) => item['id'], id: ({ companyId }) => companyId },
  },
  'POST /api/v1/companies': {
    privilege: 'companies:write',
    expected: (caller, place) => {
      if (!caller.subtree) return 403;
      return reaches(caller, place) && place?.reseller ? 201 : 422;
    },
    request: ({ companyId }) => ({ json: { name: unique('company'), parent_id: companyId } }),
  },
  'GET /api/v1/companies/{id}': { privilege: 'companies:read', expected: within(200), request: ofCompany },
  'PATCH /api/v1/companies/{id}': {
    privilege: 'companies:write',
    expected: (caller, place) => {
      if (!reaches(caller, place)) return 404;
      return isOwn(caller, place) && place?.name !== 'root' ? 403 : 200;
    },
    // One's own is refused before it is seen that nothing changes, if something does.
    request: (target) => ({ ...ofCompany(target), json: { name: unique('renamed') } }),
  },
  'DELETE /api/v1/companies/{id}': {
    privilege: 'companies:write',
    expected: (caller, place) => {
      if (!reaches(caller, place)) return 404;
      return isOwn(caller, place) ? 403 : 409;
    },
    request: ofCompany,
  },
};

const users: Readonly<Record<string, Entry>> = {
  'GET /api/v1/users': {
    privilege: 'users:read',
    expected: always(200),
    request: ({ userEmail }) => ({ query: { email: userEmail } }),
    lists: { idOf: (item) => item['id'], id: ({ userId }) => userId },
  },
  'POST /api/v1/users': {
    privilege: 'users:write',
    expected: overAdmin(201, 422),
    request: ({ companyId }) => ({
      json: {
        email: `${unique('made').replace(' ', '-')}@matrix.test`,
        name: 'Made',
        role_id: COMPANY_ADMIN_ROLE_ID,
        company_id: companyId,
      },
    }),
  },
  'GET /api/v1/users/{id}': { privilege: 'users:read', expected: within(200), request: ofUser },
  'PATCH /api/v1/users/{id}': {
    privilege: 'users:write',
    expected: overAdmin(200),
    request: (target) => ({ ...ofUser(target), json: { name: 'Taken' } }),
    fresh: freshUser,
  },
  'DELETE /api/v1/users/{id}': {
    privilege: 'users:write',
    expected: overAdmin(204),
    request: ofUser,
    fresh: freshUser,
  },
  'PUT /api/v1/users/{id}/password': {
    privilege: 'users:write',
    expected: overAdmin(204),
    request: (target) => ({ ...ofUser(target), json: { password: 'mauve otter declines politely' } }),
    fresh: freshUser,
  },
  'POST /api/v1/users/{id}/invitation': {
    privilege: 'users:write',
    expected: overAdmin(201),
    request: ofUser,
    fresh: freshUser,
  },
};

const roles: Readonly<Record<string, Entry>> = {
  'GET /api/v1/roles': {
    privilege: 'roles:read',
    expected: always(200),
    request: ({ companyId, roleName }) => ({ query: { company_id: companyId, q: roleName } }),
    lists: { idOf: (item) => item['id'], id: ({ roleId }) => roleId },
  },
  'POST /api/v1/roles': {
    privilege: 'roles:write',
    expected: within(201, 422),
    request: ({ companyId }) => ({ json: { name: unique('role'), privileges: [], company_id: companyId } }),
  },
  'GET /api/v1/roles/{id}': { privilege: 'roles:read', expected: within(200), request: ofRole },
  'PATCH /api/v1/roles/{id}': {
    privilege: 'roles:write',
    expected: overRole(200),
    request: (target) => ({ ...ofRole(target), json: { name: unique('taken') } }),
    fresh: freshRole,
  },
  'DELETE /api/v1/roles/{id}': { privilege: 'roles:write', expected: overRole(204), request: ofRole, fresh: freshRole },
};

const apis: Readonly<Record<string, Entry>> = {
  'GET /api/v1/apis': { privilege: 'apis:read', expected: always(200), request: () => ({}) },
  'POST /api/v1/apis': {
    privilege: 'apis:write',
    expected: ifExists(201, 422),
    request: ({ companyId }) => {
      const id = unique('api').replace(' ', '-');
      return { json: { id, identifier: `https://${id}.example`, name: id, available_to: [companyId] } };
    },
  },
  'GET /api/v1/apis/{id}': { privilege: 'apis:read', expected: ifExists(200), request: ofApi },
  'PATCH /api/v1/apis/{id}': {
    privilege: 'apis:write',
    expected: ifExists(200),
    request: (target) => ({ ...ofApi(target), json: { description: 'taken' } }),
    fresh: freshApi,
  },
  'DELETE /api/v1/apis/{id}': { privilege: 'apis:write', expected: ifExists(204), request: ofApi, fresh: freshApi },
  'POST /api/v1/apis/{id}/import': {
    privilege: 'apis:write',
    expected: ifExists(200),
    request: (target) => ({
      ...ofApi(target),
      json: { openapi: '3.1.0', info: { title: 'x', version: '1' }, paths: { '/a': { get: { responses: {} } } } },
    }),
    fresh: freshApi,
  },
};

const apiTokens: Readonly<Record<string, Entry>> = {
  'GET /api/v1/api-tokens': {
    privilege: 'api-tokens:read',
    expected: always(200),
    request: ({ clientId }) => ({ query: { client_id: clientId } }),
    lists: { idOf: (item) => item['id'], id: ({ apiTokenId }) => apiTokenId },
  },
  'POST /api/v1/api-tokens': {
    privilege: 'api-tokens:write',
    expected: overAdmin(201, 422),
    request: ({ clientId }) => ({ json: { name: 'made', client_id: clientId, privileges: ['audit:read'] } }),
    fresh: freshClient,
  },
  'GET /api/v1/api-tokens/{id}': { privilege: 'api-tokens:read', expected: within(200), request: ofApiToken },
  'PATCH /api/v1/api-tokens/{id}': {
    privilege: 'api-tokens:write',
    expected: overAdmin(200),
    request: (target) => ({ ...ofApiToken(target), json: { name: 'taken' } }),
    fresh: freshApiToken,
  },
  // As with all tokens of a client: ending one takes nobody over.
  'DELETE /api/v1/api-tokens/{id}': {
    privilege: 'api-tokens:write',
    expected: within(204),
    request: ofApiToken,
    fresh: freshApiToken,
  },
  'POST /api/v1/api-tokens/{id}/regenerate': {
    privilege: 'api-tokens:write',
    expected: overAdmin(201),
    request: ofApiToken,
    fresh: freshApiToken,
  },
};

const audit: Readonly<Record<string, Entry>> = {
  'GET /api/v1/audit-events': {
    privilege: 'audit:read',
    expected: always(200),
    request: ({ clientId }) => ({ query: { target_id: clientId, action: 'client.created' } }),
    lists: { idOf: (item) => item['id'], id: ({ eventId }) => eventId },
  },
  'GET /api/v1/audit-events/{id}': {
    privilege: 'audit:read',
    expected: within(200),
    request: ({ eventId }) => ({ params: { id: eventId } }),
  },
};

export const ENTRIES: ReadonlyMap<string, Entry> = new Map(
  [everywhere, clients, clientAddresses, companies, users, roles, apis, apiTokens, audit].flatMap((each) =>
    Object.entries(each),
  ),
);

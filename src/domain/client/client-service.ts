// Commands and questions about clients: register, change, rotate, pause, delete, and look up.
import { invalid, notFound } from '../../base/problem.ts';
import { type Caller, requirePrivilege, requireRole } from '../access/caller.ts';
import { callerOver } from '../access/held-there.ts';
import { requireOwnAddress } from '../access/own-address.ts';
import { noticesOfSavedHosts, readyHosts } from '../address/host-words.ts';
import type { PointedDetail } from '../address/ip-rule-list.ts';
import { changeRestriction, isSameRestriction, NO_RESTRICTION } from '../address/restriction-change.ts';
import { endApiTokens } from '../api-token/api-token-commands.ts';
import { isOwn } from '../api-token/api-token-owner.ts';
import { actorOf, auditEvent, changesBetween } from '../audit/audit-event.ts';
import { MANAGEMENT_API_ID } from '../api/privilege.ts';
import type { ClientFilter, Page, PageRequest, Stores } from '../stores.ts';
import { clientAuditView, clientParty } from './client-audit.ts';
import { type ClientParts, getForChange, getStored } from './client-change.ts';
import type { ClientPatch, ClientRegistration } from './client-fields.ts';
import { lostSources, noticesOfLost, sourcesSince } from './client-sources.ts';
import { type CreatedSecret, createSecret, deleteSecret, newSecret } from './client-secret-service.ts';
import { type Client, type ClientSummary, DEFAULT_TOKEN_LIFETIME_SECONDS } from './client.ts';
import { createClientId, createCredential, credentialDigest } from './credential.ts';

export interface RegisteredClient {
  readonly client: ClientSummary;
  /** The plaintext, in this one reply. */
  readonly clientSecret: string;
  readonly notices: readonly PointedDetail[];
}

export interface ChangedClient {
  readonly client: ClientSummary;
  readonly notices: readonly PointedDetail[];
}

export interface ClientService {
  get(caller: Caller, clientId: string): Promise<ClientSummary>;
  list(caller: Caller, filter: ClientFilter, page: PageRequest): Promise<Page<ClientSummary>>;
  count(caller: Caller): Promise<{ active: number; inactive: number }>;
  register(caller: Caller, input: ClientRegistration): Promise<RegisteredClient>;
  /**
   * `ifVersion`: refuses with `resource.changed` when somebody else was faster. A client that would shut itself out has to confirm it:
   * OwnAddressProblem.
   */
  update(
    caller: Caller,
    clientId: string,
    patch: ClientPatch,
    ifVersion?: number,
    isConfirmed?: boolean,
  ): Promise<ChangedClient>;
  delete(caller: Caller, clientId: string, ifVersion?: number): Promise<void>;
  /** A second secret beside the first, so that it can be rotated without an outage. */
  createSecret(
    caller: Caller,
    clientId: string,
    input: { expiresAt?: Date | null | undefined },
  ): Promise<CreatedSecret>;
  deleteSecret(caller: Caller, clientId: string, secretId: string): Promise<void>;
  /** Ends every token issued so far, for good, and deletes the client's API tokens. New ones can be asked for at once. */
  revokeTokens(caller: Caller, clientId: string): Promise<void>;
}

export function createClientService(parts: ClientParts): ClientService {
  return {
    get: (caller, clientId) => getClient(parts, caller, clientId),
    list: (caller, filter, page) => {
      requirePrivilege(caller, 'clients:read');
      return parts.storage.read((stores) => stores.clients.list(filter, page, caller.reach));
    },
    count: (caller) => {
      requirePrivilege(caller, 'clients:read');
      return parts.storage.read((stores) => stores.clients.count(caller.reach));
    },
    register: (caller, input) => registerClient(parts, caller, input),
    update: (caller, clientId, patch, ifVersion, isConfirmed = false) =>
      updateClient(parts, caller, clientId, patch, { ifVersion, isConfirmed }),
    delete: (caller, clientId, ifVersion) => deleteClient(parts, caller, clientId, ifVersion),
    createSecret: (caller, clientId, input) => createSecret(parts, caller, clientId, input.expiresAt ?? null),
    deleteSecret: (caller, clientId, secretId) => deleteSecret(parts, caller, clientId, secretId),
    revokeTokens: (caller, clientId) => revokeTokens(parts, caller, clientId),
  };
}

async function getClient({ storage }: ClientParts, caller: Caller, clientId: string): Promise<ClientSummary> {
  requirePrivilege(caller, 'clients:read');
  const client = await storage.read((stores) => stores.clients.find(clientId, caller.reach));
  if (!client) throw notFound('client');
  return client;
}

async function registerClient(
  parts: ClientParts,
  caller: Caller,
  input: ClientRegistration,
): Promise<RegisteredClient> {
  requirePrivilege(caller, 'clients:write');
  const now = parts.clock.now();
  const { restriction, notices } = changeRestriction(NO_RESTRICTION, input.ipRestriction);
  const client: Client = {
    clientId: createClientId(),
    name: input.name,
    description: input.description ?? '',
    companyId: input.companyId ?? caller.companyId,
    roleId: input.roleId,
    status: input.status ?? 'active',
    ipRestriction: restriction,
    defaultApi: input.defaultApi ?? MANAGEMENT_API_ID,
    tokenLifetimeSeconds: input.tokenLifetimeSeconds ?? DEFAULT_TOKEN_LIFETIME_SECONDS,
    tokenFormat: input.tokenFormat ?? 'jwt',
    authMethod: input.authMethod ?? 'client_secret',
    expiresAt: input.expiresAt ?? null,
    tokenGeneration: 0,
    createdAt: now,
    updatedAt: now,
    version: 1,
  };
  const clientSecret = createCredential('psts_');
  const hash = await parts.hasher.hash(credentialDigest(clientSecret));
  const stored = await parts.storage.write(async (stores) => {
    const role = await checkAssignments(stores, caller, client, null);
    await stores.clients.insert(client);
    const secret = newSecret(client.clientId, clientSecret, hash, now, null);
    await stores.clients.insertSecret(secret);
    await stores.audit.append(
      auditEvent('client.created', caller.origin, {
        time: now,
        companyId: client.companyId,
        actor: actorOf(caller),
        target: clientParty(client),
        changes: changesBetween({}, clientAuditView(client, role.name)) ?? null,
        details: { secret_id: secret.id, secret_hint: secret.hint },
      }),
    );
    return getStored(stores, client.clientId);
  });
  return {
    client: stored,
    clientSecret,
    notices: [...notices, ...(await noticesOfSavedHosts(parts.hosts, restriction, input.ipRestriction))],
  };
}

async function updateClient(
  parts: ClientParts,
  caller: Caller,
  clientId: string,
  patch: ClientPatch,
  { ifVersion, isConfirmed }: { ifVersion: number | undefined; isConfirmed: boolean },
): Promise<ChangedClient> {
  requirePrivilege(caller, 'clients:write');
  const entries = patch.ipRestriction?.rules;
  if (patch.ipRestriction) {
    const known = () => parts.storage.read((stores) => stores.clients.find(clientId, caller.reach));
    await readyHosts(parts.hosts, entries ?? (await known())?.ipRestriction.rules ?? []);
  }
  const changed = await parts.storage.write(async (stores) => {
    const before = await getForChange(stores, caller, clientId, ifVersion);
    const { restriction, notices } = changeRestriction(before.ipRestriction, patch.ipRestriction);
    const now = parts.clock.now();
    const given = Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined));
    const after: Client = {
      ...plainClient(before),
      ...given,
      ipRestriction: restriction,
      updatedAt: now,
    };
    const role = await checkAssignments(stores, caller, after, before);
    const changes = changesBetween(clientAuditView(before, before.roleName), clientAuditView(after, role.name));
    if (!changes) return { client: before, notices };
    const isSame = isSameRestriction(before.ipRestriction, restriction);
    // An API token of the client's is let in by these rules too.
    if (isOwn(caller, { type: 'client', id: clientId }) && !isConfirmed && !isSame) {
      requireOwnAddress(caller, restriction, parts.hosts);
    }
    const sources =
      isSame || restriction.mode !== 'enforce' ? [] : await stores.clientSources.listAll(clientId, sourcesSince(now));
    await stores.clients.update(after);
    await stores.audit.append(
      auditEvent('client.updated', caller.origin, {
        time: now,
        companyId: after.companyId,
        actor: actorOf(caller),
        target: clientParty(after),
        changes,
      }),
    );
    const lost = lostSources(sources, restriction, parts.hosts);
    return {
      client: await getStored(stores, clientId),
      notices: [...notices, ...noticesOfLost(lost, patch.ipRestriction ?? {})],
    };
  });
  if (!patch.ipRestriction) return changed;
  const aboutHosts = await noticesOfSavedHosts(parts.hosts, changed.client.ipRestriction, patch.ipRestriction);
  return { ...changed, notices: [...changed.notices, ...aboutHosts] };
}

async function deleteClient(parts: ClientParts, caller: Caller, clientId: string, ifVersion?: number): Promise<void> {
  requirePrivilege(caller, 'clients:write');
  await parts.storage.write(async (stores) => {
    const client = await getForChange(stores, caller, clientId, ifVersion);
    await stores.clients.delete(clientId);
    await stores.audit.append(
      auditEvent('client.deleted', caller.origin, {
        time: parts.clock.now(),
        companyId: client.companyId,
        actor: actorOf(caller),
        target: clientParty(client),
        changes: Object.fromEntries(
          Object.entries(clientAuditView(client, client.roleName)).map(([field, value]) => [
            field,
            [value, null] as const,
          ]),
        ),
      }),
    );
  });
}

async function revokeTokens(parts: ClientParts, caller: Caller, clientId: string): Promise<void> {
  requirePrivilege(caller, 'clients:write');
  await parts.storage.write(async (stores) => {
    const client = await stores.clients.findForUpdate(clientId, caller.reach);
    if (!client) throw notFound('client');
    const now = parts.clock.now();
    await stores.clients.update({
      ...plainClient(client),
      tokenGeneration: client.tokenGeneration + 1,
      updatedAt: now,
    });
    await stores.audit.append(
      auditEvent('client.tokens_revoked', caller.origin, {
        time: now,
        companyId: client.companyId,
        actor: actorOf(caller),
        target: clientParty(client),
      }),
    );
    await endApiTokens(stores, caller, now, await stores.apiTokens.listOfOwner('client', clientId));
  });
}

/** Company, role and API exist for the caller, and the role holds nothing that the caller lacks. */
async function checkAssignments(
  stores: Stores,
  caller: Caller,
  client: Client,
  before: Client | null,
): Promise<{ name: string }> {
  const company = await stores.companies.find(client.companyId, caller.reach);
  if (!company) throw invalid([{ pointer: '/company_id', detail: 'There is no such company.' }]);
  const role = await stores.roles.findChoosable(client.roleId, client.companyId);
  if (!role) {
    throw invalid([{ pointer: '/role_id', detail: 'There is no such role, or this company cannot use it.' }]);
  }
  requireRole(await callerOver(stores, caller, client.companyId), role, `give the role ${role.name}`);
  const apiKnown =
    client.defaultApi === MANAGEMENT_API_ID ||
    (await stores.privileges.isApiAvailable(client.defaultApi, client.companyId));
  if (!apiKnown)
    throw invalid([
      { pointer: '/default_api', detail: 'There is no such API, or it is not available to this company.' },
    ]);
  const expiryChanged = client.expiresAt?.getTime() !== before?.expiresAt?.getTime();
  if (client.expiresAt && expiryChanged && client.expiresAt <= client.updatedAt) {
    throw invalid([{ pointer: '/expires_at', detail: 'Expiry must lie in the future.' }]);
  }
  return role;
}

/** Without what a summary adds. */
function plainClient(summary: ClientSummary): Client {
  const { companyName: _c, roleName: _r, lastUsedAt: _l, secrets: _s, ...client } = summary;
  return client;
}

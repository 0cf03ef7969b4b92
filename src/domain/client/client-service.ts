// Commands and questions about clients: register, change, rotate, pause, delete, and look up.
import type { Clock } from '../../base/clock.ts';
import { randomId } from '../../base/random.ts';
import { conflict, invalid, notFound, Problem } from '../../base/problem.ts';
import { type Caller, requireAll, requirePrivilege } from '../access/caller.ts';
import { type IpRestriction, type PointedDetail, parseIpRestriction } from '../address/ip-rule-list.ts';
import { actorOf, auditEvent, changesBetween } from '../audit/audit-event.ts';
import { MANAGEMENT_API_ID } from '../api/privilege.ts';
import type { ClientFilter, Page, PageRequest, Storage, Stores } from '../stores.ts';
import { clientAuditView, clientParty } from './client-audit.ts';
import type { ClientPatch, ClientRegistration } from './client-fields.ts';
import {
  type Client,
  type ClientSecretSummary,
  type ClientSummary,
  DEFAULT_TOKEN_LIFETIME_SECONDS,
  MAX_LIVE_SECRETS,
} from './client.ts';
import { createClientId, createCredential, credentialDigest, credentialHint } from './credential.ts';

/** Turns a credential's digest or a password's into a bcrypt hash, off the main thread. */
export interface SecretHasher {
  hash(plain: string): Promise<string>;
}

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
  /** `ifVersion`: refuses with `resource.changed` when somebody else was faster. */
  update(caller: Caller, clientId: string, patch: ClientPatch, ifVersion?: number): Promise<ChangedClient>;
  delete(caller: Caller, clientId: string, ifVersion?: number): Promise<void>;
  /** A second secret beside the first, so that it can be rotated without an outage. */
  createSecret(
    caller: Caller,
    clientId: string,
    input: { expiresAt?: Date | null | undefined },
  ): Promise<{ client: ClientSummary; secret: ClientSecretSummary; clientSecret: string }>;
  deleteSecret(caller: Caller, clientId: string, secretId: string): Promise<void>;
  /** Ends every token issued so far, for good. New ones can be asked for at once. */
  revokeTokens(caller: Caller, clientId: string): Promise<void>;
}

interface Parts {
  readonly storage: Storage;
  readonly hasher: SecretHasher;
  readonly clock: Clock;
}

export function createClientService(parts: Parts): ClientService {
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
    update: (caller, clientId, patch, ifVersion) => updateClient(parts, caller, clientId, patch, ifVersion),
    delete: (caller, clientId, ifVersion) => deleteClient(parts, caller, clientId, ifVersion),
    createSecret: (caller, clientId, input) => createSecret(parts, caller, clientId, input.expiresAt ?? null),
    deleteSecret: (caller, clientId, secretId) => deleteSecret(parts, caller, clientId, secretId),
    revokeTokens: (caller, clientId) => revokeTokens(parts, caller, clientId),
  };
}

async function getClient({ storage }: Parts, caller: Caller, clientId: string): Promise<ClientSummary> {
  requirePrivilege(caller, 'clients:read');
  const client = await storage.read((stores) => stores.clients.find(clientId, caller.reach));
  if (!client) throw notFound('client');
  return client;
}

async function registerClient(parts: Parts, caller: Caller, input: ClientRegistration): Promise<RegisteredClient> {
  requirePrivilege(caller, 'clients:write');
  const now = parts.clock.now();
  const restriction = checkedRestriction(input.ipRestriction ?? { mode: 'off', rules: [] });
  const client: Client = {
    clientId: createClientId(),
    name: input.name,
    description: input.description ?? '',
    companyId: input.companyId ?? caller.companyId,
    roleId: input.roleId,
    status: input.status ?? 'active',
    ipRestriction: restriction.restriction,
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
  return { client: stored, clientSecret, notices: restriction.notices };
}

async function updateClient(
  parts: Parts,
  caller: Caller,
  clientId: string,
  patch: ClientPatch,
  ifVersion: number | undefined,
): Promise<ChangedClient> {
  requirePrivilege(caller, 'clients:write');
  return parts.storage.write(async (stores) => {
    const before = await getForChange(stores, caller, clientId, ifVersion);
    const restriction = patch.ipRestriction && mergedRestriction(before.ipRestriction, patch.ipRestriction);
    const notices = restriction?.notices ?? [];
    const now = parts.clock.now();
    const given = Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined));
    const after: Client = {
      ...plainClient(before),
      ...given,
      ipRestriction: restriction?.restriction ?? before.ipRestriction,
      updatedAt: now,
    };
    const role = await checkAssignments(stores, caller, after, before);
    const changes = changesBetween(clientAuditView(before, before.roleName), clientAuditView(after, role.name));
    if (!changes) return { client: before, notices };
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
    return { client: await getStored(stores, clientId), notices };
  });
}

async function deleteClient(parts: Parts, caller: Caller, clientId: string, ifVersion?: number): Promise<void> {
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

async function createSecret(parts: Parts, caller: Caller, clientId: string, expiresAt: Date | null) {
  requirePrivilege(caller, 'clients:write');
  // Looked at before hashing, so that a stranger's id costs nobody a hash.
  await getClientForWrite(parts, caller, clientId);
  const now = parts.clock.now();
  if (expiresAt && expiresAt <= now) {
    throw invalid([{ pointer: '/expires_at', detail: 'Expiry must lie in the future.' }]);
  }
  const clientSecret = createCredential('psts_');
  const hash = await parts.hasher.hash(credentialDigest(clientSecret));
  return parts.storage.write(async (stores) => {
    const client = await getForChange(stores, caller, clientId, undefined);
    for (const secret of client.secrets.filter((each) => isOver(each, now))) {
      await stores.clients.deleteSecret(clientId, secret.id);
    }
    const live = client.secrets.filter((each) => !isOver(each, now));
    if (live.length >= MAX_LIVE_SECRETS) {
      throw conflict('This client has two live secrets already. Delete one that is no longer used, then make another.');
    }
    const secret = newSecret(clientId, clientSecret, hash, now, expiresAt);
    // One chance in 14 million; the hint chooses the hash to compare with, so two live secrets may not share it.
    if (live.some((each) => each.hint === secret.hint)) throw conflict('Please try once more.');
    await stores.clients.insertSecret(secret);
    await stores.audit.append(
      auditEvent('client_secret.created', caller.origin, {
        time: now,
        companyId: client.companyId,
        actor: actorOf(caller),
        target: clientParty(client),
        details: {
          secret_id: secret.id,
          secret_hint: secret.hint,
          ...(expiresAt ? { expires_at: expiresAt.toISOString() } : {}),
        },
      }),
    );
    const stored = await getStored(stores, clientId);
    const summary = stored.secrets.find((each) => each.id === secret.id);
    if (!summary) throw new Error('a secret just stored is missing');
    return { client: stored, secret: summary, clientSecret };
  });
}

async function deleteSecret(parts: Parts, caller: Caller, clientId: string, secretId: string): Promise<void> {
  requirePrivilege(caller, 'clients:write');
  await parts.storage.write(async (stores) => {
    const client = await getForChange(stores, caller, clientId, undefined);
    const secret = client.secrets.find((each) => each.id === secretId);
    if (!secret) throw notFound('secret');
    await stores.clients.deleteSecret(clientId, secretId);
    await stores.audit.append(
      auditEvent('client_secret.deleted', caller.origin, {
        time: parts.clock.now(),
        companyId: client.companyId,
        actor: actorOf(caller),
        target: clientParty(client),
        details: { secret_id: secret.id, secret_hint: secret.hint },
      }),
    );
  });
}

async function revokeTokens(parts: Parts, caller: Caller, clientId: string): Promise<void> {
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
  });
}

async function getClientForWrite({ storage }: Parts, caller: Caller, clientId: string): Promise<ClientSummary> {
  const client = await storage.read((stores) => stores.clients.find(clientId, caller.reach));
  if (!client) throw notFound('client');
  return client;
}

/** The client, locked, when it lies within reach, is what the caller saw, and is no stronger than the caller. */
async function getForChange(
  stores: Stores,
  caller: Caller,
  clientId: string,
  ifVersion: number | undefined,
): Promise<ClientSummary> {
  const client = await stores.clients.findForUpdate(clientId, caller.reach);
  if (!client) throw notFound('client');
  const held = await stores.roles.privilegesOf(client.roleId, client.companyId);
  requireAll(caller, held, 'change this client');
  if (ifVersion !== undefined && ifVersion !== client.version) {
    throw new Problem('resource.changed', 'Somebody changed this client since you read it. Read it again and repeat.');
  }
  return client;
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
  requireAll(caller, role.privileges, `give the role ${role.name}`);
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

/** What the patch leaves out stays, so that a mode can be switched without sending the list again. */
function mergedRestriction(before: IpRestriction, patch: NonNullable<ClientPatch['ipRestriction']>) {
  return checkedRestriction({ mode: patch.mode ?? before.mode, rules: patch.rules ?? before.rules });
}

function checkedRestriction(input: IpRestriction): {
  restriction: IpRestriction;
  notices: readonly PointedDetail[];
} {
  const parsed = parseIpRestriction(input.mode, input.rules);
  if (!parsed.ok) throw invalid(parsed.faults);
  return { restriction: parsed.restriction, notices: parsed.notices };
}

function newSecret(clientId: string, plain: string, hash: string, createdAt: Date, expiresAt: Date | null) {
  return { id: randomId('sec'), clientId, hint: credentialHint(plain), hash, createdAt, expiresAt };
}

function isOver(secret: { expiresAt: Date | null }, now: Date): boolean {
  return secret.expiresAt !== null && secret.expiresAt <= now;
}

async function getStored(stores: Stores, clientId: string): Promise<ClientSummary> {
  const stored = await stores.clients.find(clientId, null);
  if (!stored) throw new Error('a client just stored is missing');
  return stored;
}

/** Without what a summary adds. */
function plainClient(summary: ClientSummary): Client {
  const { companyName: _c, roleName: _r, lastUsedAt: _l, secrets: _s, ...client } = summary;
  return client;
}

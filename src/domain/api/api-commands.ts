// Commands about APIs: registering, changing, deleting them. Their descriptions are imported in api-import.ts.
import type { Clock } from '../../base/clock.ts';
import { type Fault, invalid } from '../../base/problem.ts';
import { type Caller, requirePrivilege } from '../access/caller.ts';
import { actorOf, type AuditAction, type AuditChanges, auditEvent } from '../audit/audit-event.ts';
import { ROOT_COMPANY_ID } from '../company/company.ts';
import type { Storage, Stores } from '../stores.ts';
import { apiChanges, apiParty, type ApiState } from './api-audit.ts';
import type { ApiPatch, NewApi } from './api-fields.ts';
import { readIdentifier } from './api-identifier.ts';
import {
  checkRemoved,
  checkUnused,
  gainNotice,
  getForChange,
  lossNotices,
  settleAvailability,
  toPrivileges,
} from './api-rules.ts';
import type { Api, ApiAvailability, ApiPrivilege, ApiSummary } from './api.ts';
import type { PrivilegeLevel } from './privilege.ts';

export interface ChangedApi {
  readonly api: ApiSummary;
  /** Who gains or loses by it, and what was written in another form; pointers into the input. */
  readonly notices: readonly Fault[];
}

interface Parts {
  readonly storage: Storage;
  readonly clock: Clock;
}

export async function createApi({ storage, clock }: Parts, caller: Caller, input: NewApi): Promise<ChangedApi> {
  requirePrivilege(caller, 'apis:write');
  const privileges = toPrivileges(input.privileges ?? []);
  return storage.write(async (stores) => {
    const now = clock.now();
    const api: Api = {
      id: input.id,
      identifier: identifierOf(input.identifier),
      name: input.name,
      description: input.description ?? '',
      builtIn: false,
      availableTo: await settleAvailability(stores, caller, [], input.availableTo ?? []),
      docsPrivate: input.docsPrivate ?? false,
      unknownOperations: input.unknownOperations ?? 'refuse',
      importedAt: null,
      createdAt: now,
      updatedAt: now,
      version: 1,
    };
    await stores.apis.insert(api);
    await stores.apis.writeAvailability(api.id, api.availableTo);
    await stores.apis.writePrivileges(api.id, privileges);
    await appendEvent(stores, caller, 'api.created', api, now, apiChanges(null, { api, privileges }));
    return {
      api: await getStored(stores, caller, api.id),
      notices: [...spelling(input.identifier, api), ...(await gains(stores, caller, null, { api, privileges }))],
    };
  });
}

export async function updateApi(
  { storage, clock }: Parts,
  caller: Caller,
  apiId: string,
  patch: ApiPatch,
  ifVersion?: number,
): Promise<ChangedApi> {
  requirePrivilege(caller, 'apis:write');
  return storage.write(async (stores) => {
    const before: ApiState = {
      api: await getForChange(stores, apiId, ifVersion),
      privileges: await stores.apis.privilegesOf(apiId),
    };
    const now = clock.now();
    const after: ApiState = {
      api: await patched(stores, caller, before.api, patch, now),
      privileges: patch.privileges ? toPrivileges(patch.privileges) : before.privileges,
    };
    const changes = apiChanges(before, after);
    if (!changes) return { api: await getStored(stores, caller, apiId), notices: [] };
    const named = new Set(after.privileges.map(({ scope }) => scope));
    await checkRemoved(
      stores,
      caller,
      before.api,
      before.privileges.filter(({ scope }) => !named.has(scope)),
    );
    // Told of the state before, which tells who loses what.
    const losses = await losing(stores, caller, before.api, after.api);
    await stores.apis.update(after.api);
    if (changes['available_to']) await stores.apis.writeAvailability(apiId, after.api.availableTo);
    if (patch.privileges) await stores.apis.writePrivileges(apiId, after.privileges);
    await appendEvent(stores, caller, 'api.updated', after.api, now, changes);
    const notices = [
      ...spelling(patch.identifier, after.api),
      ...movedNotice(before.api, after.api),
      ...(await gains(stores, caller, before, after)),
      ...losses,
    ];
    return { api: await getStored(stores, caller, apiId), notices };
  });
}

async function patched(stores: Stores, caller: Caller, before: Api, patch: ApiPatch, now: Date): Promise<Api> {
  return {
    ...before,
    identifier: patch.identifier === undefined ? before.identifier : identifierOf(patch.identifier),
    name: patch.name ?? before.name,
    description: patch.description ?? before.description,
    availableTo: patch.availableTo
      ? await settleAvailability(stores, caller, before.availableTo, patch.availableTo)
      : before.availableTo,
    docsPrivate: patch.docsPrivate ?? before.docsPrivate,
    unknownOperations: patch.unknownOperations ?? before.unknownOperations,
    updatedAt: now,
  };
}

export async function deleteApi(
  { storage, clock }: Parts,
  caller: Caller,
  apiId: string,
  ifVersion?: number,
): Promise<void> {
  requirePrivilege(caller, 'apis:write');
  await storage.write(async (stores) => {
    const api = await getForChange(stores, apiId, ifVersion);
    const privileges = await stores.apis.privilegesOf(apiId);
    await checkUnused(stores, caller, api);
    await stores.apis.delete(apiId);
    await appendEvent(stores, caller, 'api.deleted', api, clock.now(), apiChanges({ api, privileges }, null));
  });
}

function identifierOf(given: string): string {
  const reading = readIdentifier(given);
  if (reading.ok) return reading.identifier;
  throw invalid([{ pointer: '/identifier', detail: reading.detail }]);
}

/** Tokens carry it letter by letter: whoever typed it in another spelling has to know. */
function spelling(given: string | undefined, { identifier }: Api): readonly Fault[] {
  if (given === undefined || given === identifier) return [];
  return [{ pointer: '/identifier', detail: `Stored as ${identifier}: this is what tokens carry.` }];
}

const RANKS: Readonly<Record<PrivilegeLevel, number>> = { company: 1, reseller: 2, root: 3 };

async function gains(
  stores: Stores,
  caller: Caller,
  before: ApiState | null,
  { api, privileges }: ApiState,
): Promise<readonly Fault[]> {
  const known = new Map(before?.privileges.map(({ scope, level }) => [scope, level]));
  const isGained = ({ scope, level }: ApiPrivilege) => {
    const old = known.get(scope);
    return old === undefined || RANKS[level] < RANKS[old];
  };
  const former: ApiAvailability = before?.api.availableTo ?? [];
  const whole = `its ${privileges.length.toLocaleString('en')} privilege${privileges.length === 1 ? '' : 's'}`;
  const newly = { within: api.availableTo, beyond: former };
  const isWider = JSON.stringify(api.availableTo) !== JSON.stringify(former) && former !== 'all';
  const wider = isWider ? await gainNotice(stores, caller, api, newly, privileges, whole) : undefined;
  const gained = privileges.filter(isGained);
  const old = { within: former, beyond: [] };
  const more = await gainNotice(stores, caller, api, old, gained, 'the new privileges');
  return [...noticeAt('/available_to', wider), ...noticeAt('/privileges', more)];
}

async function losing(stores: Stores, caller: Caller, before: Api, after: Api): Promise<readonly Fault[]> {
  if (after.availableTo === 'all') return [];
  const share = { within: before.availableTo, beyond: after.availableTo };
  const details = await lossNotices(stores, caller, before, share);
  return details.map((detail) => ({ pointer: '/available_to', detail }));
}

function movedNotice(before: Api, after: Api): readonly Fault[] {
  if (before.identifier === after.identifier) return [];
  const detail = `Tokens carry ${after.identifier} from now on. Those already out name ${before.identifier} and keep no scope.`;
  return [{ pointer: '/identifier', detail }];
}

function noticeAt(pointer: string, detail: string | undefined): readonly Fault[] {
  return detail === undefined ? [] : [{ pointer, detail }];
}

/** APIs belong to the installation: their events stand in the log of the root company. */
export async function appendEvent(
  stores: Stores,
  caller: Caller,
  action: AuditAction,
  api: Api,
  time: Date,
  changes: AuditChanges | undefined,
  details: Readonly<Record<string, string>> | null = null,
): Promise<void> {
  const parts = { time, companyId: ROOT_COMPANY_ID, actor: actorOf(caller), target: apiParty(api), details };
  await stores.audit.append(auditEvent(action, caller.origin, { ...parts, changes: changes ?? null }));
}

export async function getStored(stores: Stores, caller: Caller, apiId: string): Promise<ApiSummary> {
  const stored = await stores.apis.find(apiId, caller.reach);
  if (!stored) throw new Error('an API just stored is missing');
  return stored;
}

// Commands about API tokens: make, change, give a new value, delete.
import type { Clock } from '../../base/clock.ts';
import { conflict, notFound, Problem } from '../../base/problem.ts';
import { randomId } from '../../base/random.ts';
import { type Caller, requirePrivilege } from '../access/caller.ts';
import { requireOwnAddress } from '../access/own-address.ts';
import { noticesOfSavedHosts, readyHosts } from '../address/host-words.ts';
import type { PointedDetail } from '../address/ip-rule-list.ts';
import type { KnownHosts } from '../address/kept-restriction.ts';
import { changeRestriction, isSameRestriction, NO_RESTRICTION } from '../address/restriction-change.ts';
import { changesBetween } from '../audit/audit-event.ts';
import { createCredential, credentialHint } from '../client/credential.ts';
import type { Storage, Stores } from '../stores.ts';
import { opaqueTokenHash } from '../token/token-inspector.ts';
import { type ApiToken, type ApiTokenSummary, MAX_API_TOKENS } from './api-token.ts';
import { apiTokenAuditView, apiTokenEvent, changesOfDeleted } from './api-token-audit.ts';
import type { ApiTokenCreation, ApiTokenPatch } from './api-token-fields.ts';
import { type ApiTokenOwner, findOwner, getNamedOwner, requireOver } from './api-token-owner.ts';
import {
  checkExpiry,
  isLater,
  requireContents,
  requireLiveContents,
  requireNotOutliving,
  settlePrivileges,
} from './api-token-rules.ts';
import type { CreatedApiToken } from './api-token-service.ts';

export interface ApiTokenParts {
  readonly storage: Storage;
  readonly clock: Clock;
  /** What host names in IP rules stand for, for the questions who is shut out and what is to be told at saving. */
  readonly hosts?: KnownHosts | undefined;
}

export async function createApiToken(
  { storage, clock, hosts }: ApiTokenParts,
  caller: Caller,
  input: ApiTokenCreation,
): Promise<CreatedApiToken> {
  requirePrivilege(caller, 'api-tokens:write');
  const { restriction, notices } = changeRestriction(NO_RESTRICTION, input.ipRestriction);
  const { plaintext, ...value } = newValue();
  const token = await storage.write(async (stores) => {
    const now = clock.now();
    const owner = await getNamedOwner(stores, caller, input);
    const there = await requireOver(stores, caller, owner);
    const made: ApiToken = {
      id: randomId('tok'),
      name: input.name,
      ownerType: owner.type,
      ownerId: owner.id,
      companyId: owner.companyId,
      ...(await settlePrivileges(stores, owner, input.privileges)),
      ipRestriction: restriction,
      ...value,
      expiresAt: input.expiresAt ?? null,
      createdAt: now,
      updatedAt: now,
      issuedAt: now,
      version: 1,
    };
    requireContents(there, made, 'make');
    checkExpiry(made.expiresAt, null, now);
    requireNotOutliving(caller, made.expiresAt);
    await requireRoom(stores, owner);
    await stores.apiTokens.insert(made);
    const changes = changesBetween({}, apiTokenAuditView(made));
    await stores.audit.append(apiTokenEvent('api_token.created', caller, now, made, changes));
    return getStored(stores, made.id);
  });
  return {
    token,
    plaintext,
    notices: [...notices, ...(await noticesOfSavedHosts(hosts, restriction, input.ipRestriction))],
  };
}

export async function updateApiToken(
  parts: ApiTokenParts,
  caller: Caller,
  id: string,
  patch: ApiTokenPatch,
  { ifVersion, isConfirmed }: { ifVersion: number | undefined; isConfirmed: boolean },
): Promise<{ readonly token: ApiTokenSummary; readonly notices: readonly PointedDetail[] }> {
  requirePrivilege(caller, 'api-tokens:write');
  const { storage, clock, hosts } = parts;
  const isActing = caller.apiToken?.id === id;
  if (isActing && patch.ipRestriction) await readyRules(parts, caller, id, patch.ipRestriction.rules);
  const changed = await storage.write(async (stores) => {
    const { token: before, owner, there } = await getForChange(stores, caller, id, ifVersion);
    requireLiveContents(there, before, owner);
    const { restriction, notices } = changeRestriction(before.ipRestriction, patch.ipRestriction);
    const now = clock.now();
    const after = {
      ...before,
      name: patch.name ?? before.name,
      ...(patch.privileges ? await settlePrivileges(stores, owner, patch.privileges) : {}),
      ipRestriction: restriction,
      expiresAt: patch.expiresAt === undefined ? before.expiresAt : patch.expiresAt,
      updatedAt: now,
    };
    const changes = changesBetween(apiTokenAuditView(before), apiTokenAuditView(after));
    if (!changes) return { token: before, notices };
    requireContents(there, after, 'change');
    checkExpiry(after.expiresAt, before.expiresAt, now);
    if (isLater(after.expiresAt, before.expiresAt)) requireNotOutliving(caller, after.expiresAt);
    const isSame = isSameRestriction(before.ipRestriction, restriction);
    if (isActing && !isConfirmed && !isSame) requireOwnAddress(caller, restriction, hosts);
    await stores.apiTokens.update(after);
    await stores.audit.append(apiTokenEvent('api_token.updated', caller, now, after, changes));
    return { token: await getStored(stores, id), notices };
  });
  if (!patch.ipRestriction) return changed;
  const aboutHosts = await noticesOfSavedHosts(hosts, changed.token.ipRestriction, patch.ipRestriction);
  return { ...changed, notices: [...changed.notices, ...aboutHosts] };
}

export async function regenerateApiToken(
  { storage, clock }: ApiTokenParts,
  caller: Caller,
  id: string,
  ifVersion: number | undefined,
): Promise<CreatedApiToken> {
  requirePrivilege(caller, 'api-tokens:write');
  const { plaintext, ...value } = newValue();
  const token = await storage.write(async (stores) => {
    const { token: before, there } = await getForChange(stores, caller, id, ifVersion);
    // Whoever regenerates it has it in hand: also what its owner may get back one day.
    requireContents(there, before, 'regenerate');
    requireNotOutliving(caller, before.expiresAt);
    const now = clock.now();
    if (before.expiresAt && before.expiresAt <= now) {
      throw conflict('This API token has expired. Give it a later expiry first, then regenerate it.');
    }
    const after = { ...before, ...value, issuedAt: now, updatedAt: now };
    await stores.apiTokens.update(after);
    const changes = changesBetween({ hint: before.hint }, { hint: after.hint });
    await stores.audit.append(apiTokenEvent('api_token.regenerated', caller, now, after, changes));
    return getStored(stores, id);
  });
  return { token, plaintext, notices: [] };
}

/** Asks for no privilege of the owner's: whoever answers an incident may end the strongest token. */
export async function deleteApiToken(
  { storage, clock }: ApiTokenParts,
  caller: Caller,
  id: string,
  ifVersion: number | undefined,
): Promise<void> {
  requirePrivilege(caller, 'api-tokens:write');
  await storage.write(async (stores) => {
    const token = await getLocked(stores, caller, id);
    requireVersion(token, ifVersion);
    await endApiTokens(stores, caller, clock.now(), [token]);
  });
}

/** Deletes them, each with its event. Whoever calls it has locked them. */
export async function endApiTokens(
  stores: Stores,
  caller: Caller,
  time: Date,
  tokens: readonly ApiTokenSummary[],
): Promise<void> {
  for (const token of tokens) await stores.apiTokens.delete(token.id);
  await stores.audit.append(
    ...tokens.map((token) => apiTokenEvent('api_token.deleted', caller, time, token, changesOfDeleted(token))),
  );
}

/** The token, locked with its owner, when it lies within reach, is what the caller saw, and its owner is no stronger than the caller. */
async function getForChange(stores: Stores, caller: Caller, id: string, ifVersion: number | undefined) {
  const token = await getLocked(stores, caller, id);
  const owner = await findOwner(stores, caller, { type: token.ownerType, id: token.ownerId }, true);
  if (!owner) throw notFound('API token');
  const there = await requireOver(stores, caller, owner);
  requireVersion(token, ifVersion);
  return { token, owner, there };
}

async function getLocked(stores: Stores, caller: Caller, id: string): Promise<ApiTokenSummary> {
  const token = await stores.apiTokens.findForUpdate(id, caller.reach);
  if (!token) throw notFound('API token');
  return token;
}

function requireVersion(token: ApiTokenSummary, ifVersion: number | undefined): void {
  if (ifVersion === undefined || ifVersion === token.version) return;
  throw new Problem('resource.changed', 'Somebody changed this API token since you read it. Read it again and repeat.');
}

/** The owner is locked: two at once are counted one after the other. */
async function requireRoom(stores: Stores, owner: ApiTokenOwner): Promise<void> {
  const tokens = await stores.apiTokens.listOfOwner(owner.type, owner.id);
  if (tokens.length < MAX_API_TOKENS) return;
  throw conflict(
    `${owner.name} has ${MAX_API_TOKENS} API tokens already. Delete one that is no longer used, then make another.`,
  );
}

async function readyRules(
  { storage, hosts }: ApiTokenParts,
  caller: Caller,
  id: string,
  sent: readonly string[] | undefined,
): Promise<void> {
  const known = () => storage.read((stores) => stores.apiTokens.find(id, caller.reach));
  await readyHosts(hosts, sent ?? (await known())?.ipRestriction.rules ?? []);
}

/** The plaintext goes to the caller, the rest to storage. */
function newValue(): { readonly plaintext: string; readonly tokenHash: string; readonly hint: string } {
  const plaintext = createCredential('pstt_');
  return { plaintext, tokenHash: opaqueTokenHash(plaintext), hint: credentialHint(plaintext) };
}

/** A token that this transaction has just written, with what the database adds. */
async function getStored(stores: Stores, id: string): Promise<ApiTokenSummary> {
  const stored = await stores.apiTokens.find(id, null);
  if (!stored) throw new Error('an API token just stored is missing');
  return stored;
}

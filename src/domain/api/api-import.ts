// The import of a description into an API: what it would change, and changing it.
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Clock } from '../../base/clock.ts';
import { type Fault, invalid, notFound } from '../../base/problem.ts';
import { type Caller, requirePrivilege } from '../access/caller.ts';
import type { Storage, Stores } from '../stores.ts';
import { importChanges } from './api-audit.ts';
import { appendEvent, getStored } from './api-commands.ts';
import { gainNotice, getForChange, rolesInWords } from './api-rules.ts';
import type { Api, ApiPrivilege, ApiSummary } from './api.ts';
import type { ApiOperation } from './operation-matcher.ts';
import { compareImport, type ImportDifference, type StoredPrivilege } from './openapi-import.ts';
import type { StorableImport } from './openapi-jobs.ts';
import type { OpenApiReader } from './openapi-reader.ts';

/** A privilege that the description no longer has and that stays, covering nothing, because roles hold it. */
export interface KeptPrivilege extends StoredPrivilege {
  /** Who holds it, in words. */
  readonly heldBy: string;
}

export interface ApiImport extends ImportDifference {
  /** `removed` without those that are kept. */
  readonly kept: readonly KeptPrivilege[];
  /** Of the description itself. */
  readonly title: string;
  readonly documentVersion: string;
  readonly operationCount: number;
  /** What is worth knowing: of the description (pointers into it), and of who gains. */
  readonly notices: readonly Fault[];
  /** As it is now; as it was when only shown. */
  readonly api: ApiSummary;
}

export interface ImportOptions {
  /** Changes nothing: the answer tells what would be. */
  readonly dryRun: boolean;
  readonly ifVersion?: number | undefined;
}

interface Parts {
  readonly storage: Storage;
  readonly clock: Clock;
  readonly reader: OpenApiReader;
}

/**
 * `source`: OpenAPI 3.0 or 3.1, JSON or YAML. Applied as a whole or not at all. Privileges made by hand stay, and so do those that a
 * role holds. Levels stay as an administrator set them; new privileges have the level company.
 */
export async function importApi(
  parts: Parts,
  caller: Caller,
  apiId: string,
  source: Uint8Array | string,
  { dryRun, ifVersion }: ImportOptions,
): Promise<ApiImport> {
  requirePrivilege(caller, 'apis:write');
  const { storage } = parts;
  // Before anything is read for minutes.
  if (!(await storage.read((stores) => stores.apis.find(apiId, caller.reach)))) throw notFound('API');
  const imported = await parts.reader.import(source);
  const document = dryRun ? undefined : await promisify(gzip)(imported.documentJson);
  const work = async (stores: Stores) => {
    const api = await getForChange(stores, apiId, ifVersion);
    const stored = withOperations(await stores.apis.privilegesOf(apiId), await stores.apis.operationsOf(apiId));
    const difference = compareImport(stored, imported.privileges);
    const { removed, kept } = await settleRemoved(stores, caller, api, difference);
    const facts = { ...difference, removed, kept, title: imported.title, documentVersion: imported.version };
    const notices = await noticesOf(stores, caller, api, imported, facts);
    if (document) await apply(parts, stores, caller, api, { ...imported, document }, stored, facts);
    const operationCount = imported.operations.length;
    return { ...facts, operationCount, notices, api: await getStored(stores, caller, apiId) };
  };
  return dryRun ? storage.read(work) : storage.write(work);
}

function withOperations(
  privileges: readonly ApiPrivilege[],
  operations: readonly ApiOperation[],
): readonly StoredPrivilege[] {
  const covered = new Map<string, Pick<ApiOperation, 'method' | 'path'>[]>();
  for (const { method, path, scopes } of operations) {
    for (const scope of new Set(scopes.flat())) {
      const known = covered.get(scope);
      if (known) known.push({ method, path });
      else covered.set(scope, [{ method, path }]);
    }
  }
  return privileges.map((privilege) => ({ ...privilege, operations: covered.get(privilege.scope) ?? [] }));
}

async function settleRemoved(stores: Stores, caller: Caller, api: Api, { removed }: ImportDifference) {
  const scopes = removed.map(({ scope }) => scope);
  const roles = await stores.apis.rolesByScope(api.id, scopes, caller.reach);
  const kept = removed.flatMap((privilege): KeptPrivilege[] => {
    const holders = roles.get(privilege.scope);
    return holders ? [{ ...privilege, heldBy: rolesInWords(holders) }] : [];
  });
  return { removed: removed.filter(({ scope }) => !roles.has(scope)), kept };
}

type Facts = ImportDifference & Pick<ApiImport, 'kept' | 'title' | 'documentVersion'>;

async function noticesOf(
  stores: Stores,
  caller: Caller,
  api: Api,
  imported: StorableImport,
  { added, kept }: Facts,
): Promise<readonly Fault[]> {
  const share = { within: api.availableTo, beyond: [] };
  const number = `${added.length.toLocaleString('en')} new privilege${added.length === 1 ? '' : 's'}`;
  const gain = await gainNotice(stores, caller, api, share, added, `the ${number}`);
  const isPublic = api.importedAt === null && !api.docsPrivate;
  return [
    ...(gain === undefined ? [] : [{ pointer: '', detail: gain }]),
    ...kept.slice(0, 20).map(({ scope, heldBy }) => ({
      pointer: '',
      detail: `${scope} is no longer described. It stays, covering nothing, because it is held by ${heldBy}.`,
    })),
    ...(isPublic
      ? [
          {
            pointer: '',
            detail: `The description is shown to everybody at /docs/${api.id}, unless the API is set private.`,
          },
        ]
      : []),
    ...imported.problems,
  ];
}

async function apply(
  { clock }: Parts,
  stores: Stores,
  caller: Caller,
  api: Api,
  imported: StorableImport & { readonly document: Buffer },
  stored: readonly StoredPrivilege[],
  facts: Facts,
): Promise<void> {
  const now = clock.now();
  const { privileges } = imported;
  const levels = new Map(stored.map(({ scope, level }) => [scope, level]));
  const named = new Set([...privileges, ...facts.removed].map(({ scope }) => scope));
  const others = stored.filter(({ scope }) => !named.has(scope));
  const all = [...privileges.map((each) => ({ ...each, level: levels.get(each.scope) ?? each.level })), ...others];
  if (all.length > MAX_STORED) {
    const detail = `With those made by hand the API would have more than ${MAX_STORED} privileges.`;
    throw invalid([{ pointer: '/paths', detail }]);
  }
  await stores.apis.update({ ...api, updatedAt: now });
  await stores.apis.writePrivileges(api.id, all);
  await stores.apis.writeDescription(api.id, { ...imported, importedAt: now });
  const changes = importChanges(
    facts,
    facts.removed.map(({ scope }) => scope),
    facts.kept.map(({ scope }) => scope),
  );
  const counts = {
    description: `${facts.title} ${facts.documentVersion}`.trim(),
    operations: String(imported.operations.length),
    added: String(facts.added.length),
    changed: String(facts.changed.length),
    removed: String(facts.removed.length),
    kept: String(facts.kept.length),
    unchanged: String(facts.unchanged),
  };
  await appendEvent(stores, caller, 'api.imported', api, now, changes, counts);
}

const MAX_STORED = 10_000;

// What the audit log says of changes to APIs. Lists may have thousands of entries: of long ones, only what differs is told, up to a bound.
import { type AuditChanges, type AuditParty, changesBetween } from '../audit/audit-event.ts';
import type { Api, ApiAvailability, ApiPrivilege } from './api.ts';
import type { ImportDifference } from './openapi-import.ts';

const MAX_LISTED = 100;

export function apiParty(api: Api): AuditParty {
  return { type: 'api', id: api.id, name: api.name };
}

/** An API with its privileges, as one state of it. */
export interface ApiState {
  readonly api: Api;
  readonly privileges: readonly ApiPrivilege[];
}

/** undefined when nothing differs. Null stands for the time before it was made, or after it was deleted. */
export function apiChanges(before: ApiState | null, after: ApiState | null): AuditChanges | undefined {
  const facts = changesBetween(before ? factsOf(before.api) : {}, after ? factsOf(after.api) : {}) ?? {};
  const gone =
    before && !after ? Object.entries(factsOf(before.api)).map(([field, value]) => [field, [value, null]]) : [];
  const changes = {
    ...facts,
    ...(Object.fromEntries(gone) as AuditChanges),
    ...pairOf('available_to', namesOf(before?.api.availableTo), namesOf(after?.api.availableTo)),
    ...pairOf('privileges', before?.privileges.map(inWords), after?.privileges.map(inWords)),
  };
  return Object.keys(changes).length > 0 ? changes : undefined;
}

function factsOf(api: Api): Record<string, unknown> {
  return {
    identifier: api.identifier,
    name: api.name,
    description: api.description,
    docs_private: api.docsPrivate,
    unknown_operations: api.unknownOperations,
  };
}

type Listed = 'all' | readonly string[] | undefined;

function namesOf(availableTo: ApiAvailability | undefined): Listed {
  return availableTo;
}

function inWords({ scope, group, description, level }: ApiPrivilege): string {
  return `${scope} (${level}, ${group})${description === '' ? '' : `: ${description.slice(0, 200)}`}`;
}

function pairOf(field: string, before: Listed, after: Listed): AuditChanges {
  if (JSON.stringify(before ?? []) === JSON.stringify(after ?? [])) return {};
  if (before === 'all' || after === 'all') return { [field]: [bounded(before), bounded(after)] };
  const [old, now] = [before ?? [], after ?? []];
  if (old.length <= MAX_LISTED && now.length <= MAX_LISTED) return { [field]: [before ?? null, after ?? null] };
  const [kept, known] = [new Set(now), new Set(old)];
  return {
    [field]: [bounded(old.filter((each) => !kept.has(each))), bounded(now.filter((each) => !known.has(each)))],
  };
}

function bounded(list: Listed): Listed | null {
  if (list === undefined) return null;
  if (list === 'all' || list.length <= MAX_LISTED) return list;
  return [...list.slice(0, MAX_LISTED), `and ${list.length - MAX_LISTED} more`];
}

/** What an import did: the scopes that came, changed, went and stayed although the document no longer has them. */
export function importChanges(difference: ImportDifference, removed: readonly string[], kept: readonly string[]) {
  const added = difference.added.map(({ scope }) => scope);
  const changed = difference.changed.map(({ after }) => after.scope);
  const lists = { added, changed, removed, kept };
  return Object.fromEntries(
    Object.entries(lists).flatMap(([field, scopes]) =>
      scopes.length === 0
        ? []
        : [[`privileges_${field}`, field === 'removed' ? [bounded(scopes), null] : [null, bounded(scopes)]]],
    ),
  ) as AuditChanges;
}

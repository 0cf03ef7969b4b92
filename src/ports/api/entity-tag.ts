// Entity tags and the conditions that name them (RFC 9110 §8.8.3, §13.1): nobody overwrites what they have not seen.
import { createHash } from 'node:crypto';
import { Problem } from '../../base/problem.ts';
import { type EntityTag, parseEntityTags } from '../http/entity-tag-list.ts';

/** Runs a change once for every version that the caller would accept, until one fits. */
export type VersionGuard = <T>(change: (ifVersion: number | undefined) => Promise<T>) => Promise<T>;

/**
 * `"<version>-<digest>"`. The version counts the changes and is what `If-Match` compares; the digest covers what changes without
 * a command, such as the time of last use, so that `If-None-Match` never hides it.
 */
export function entityTagOf({ version, representation }: { version: number; representation: unknown }): string {
  const digest = createHash('sha256').update(JSON.stringify(representation)).digest('hex').slice(0, 12);
  return `"${version}-${digest}"`;
}

const VERSION = /^(\d{1,9})(?:-[0-9a-f]{12})?$/;

/**
 * RFC 9110 §13.1.1. Comparison is strong: a weak tag and one that was never ours match nothing, which ends in 412, but only
 * after everything that a request without the condition would have been refused for.
 */
export function versionGuard(header: string): VersionGuard {
  if (header === '') return (change) => change(undefined);
  const tags = parseIfMatch(header);
  if (tags === '*') return (change) => change(undefined);
  const versions = acceptedVersions(tags);
  return async (change) => {
    for (const version of versions.slice(0, -1)) {
      try {
        return await change(version);
      } catch (error) {
        if (!(error instanceof Problem) || error.code !== 'resource.changed') throw error;
      }
    }
    return change(versions.at(-1) ?? NO_VERSION);
  };
}

/** GET under `If-Match`, and changes of what has no entity tag of its own. */
export function requireMatch(header: string, version: number | undefined): void {
  if (header === '') return;
  const tags = parseIfMatch(header);
  if (tags === '*' || (version !== undefined && acceptedVersions(tags).includes(version))) return;
  throw new Problem('resource.changed', 'This is not what If-Match names. Read it again and repeat.');
}

function parseIfMatch(header: string): readonly EntityTag[] | '*' {
  const tags = parseEntityTags(header);
  if (tags) return tags;
  throw new Problem(
    'request.malformed',
    'If-Match must be * or entity tags in double quotes, as they came in ETag: If-Match: "3-0a1b2c3d4e5f".',
  );
}

const NO_VERSION = -1;
const MAX_VERSIONS = 10;

function acceptedVersions(tags: readonly EntityTag[]): readonly number[] {
  const versions = tags.flatMap(({ weak, value }) => {
    const digits = weak ? undefined : VERSION.exec(value)?.[1];
    return digits === undefined ? [] : [Number(digits)];
  });
  return [...new Set(versions)].slice(0, MAX_VERSIONS);
}

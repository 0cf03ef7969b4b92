// The rules of API tokens that need no database.

import { describe, expect, test } from 'vitest';
import type { Problem } from '../../../src/base/problem.ts';
import type { Caller } from '../../../src/domain/access/caller.ts';
import { apiTokenAuditView, apiTokenEvent, changesOfDeleted } from '../../../src/domain/api-token/api-token-audit.ts';
import { apiTokenFields } from '../../../src/domain/api-token/api-token-fields.ts';
import { isOwn, ownReference } from '../../../src/domain/api-token/api-token-owner.ts';
import {
  checkExpiry,
  isLater,
  requireContents,
  requireLiveContents,
  requireNotOutliving,
  settlePrivileges,
} from '../../../src/domain/api-token/api-token-rules.ts';
import type { Stores } from '../../../src/domain/stores.ts';
import { makeCaller, newApiToken, newClient } from '../../support/factories.ts';

const now = new Date('2026-11-24T12:00:00Z');
const before = new Date('2026-11-24T11:00:00Z');
const after = new Date('2026-11-24T13:00:00Z');

function problemOf(work: () => void): Pick<Problem, 'code' | 'detail'> | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    return error as Problem;
  }
}

const codeOf = (work: () => void) => problemOf(work)?.code;

describe('whose it is', () => {
  const apiToken = { id: 'tok_a', ownerType: 'user', ownerId: 'usr_a', expiresAt: null } as const;
  const callers: [string, Partial<Caller>, { type: string; id: string } | undefined][] = [
    ['a client owns its own', { type: 'client', id: 'pst_a' }, { type: 'client', id: 'pst_a' }],
    ['a user theirs', { type: 'user', id: 'usr_a' }, { type: 'user', id: 'usr_a' }],
    ['an API token acts for its owner', { type: 'api_token', id: 'tok_a', apiToken }, { type: 'user', id: 'usr_a' }],
    ['the command line owns nothing', { type: 'system', id: 'cli' }, undefined],
  ];

  test.each(callers)('%s', (_name, given, expected) => {
    const caller = makeCaller(undefined, given);
    expect(ownReference(caller)).toEqual(expected);
    expect(isOwn(caller, { type: 'user', id: 'usr_a' })).toBe(expected?.type === 'user');
  });

  test('a client with the id of a user is not that user', () => {
    expect(isOwn(makeCaller(undefined, { type: 'client', id: 'usr_a' }), { type: 'user', id: 'usr_a' })).toBe(false);
  });
});

describe('an end', () => {
  test.each([
    [null, null, false],
    [null, now, true],
    [now, null, false],
    [now, before, true],
    [before, now, false],
    [now, new Date(now), false],
  ])('%s is later than %s: %s', (one, other, expected) => {
    expect(isLater(one, other)).toBe(expected);
  });

  test('must lie ahead, unless it was there already', () => {
    expect(codeOf(() => checkExpiry(after, null, now))).toBeUndefined();
    expect(codeOf(() => checkExpiry(null, before, now))).toBeUndefined();
    expect(codeOf(() => checkExpiry(before, new Date(before), now))).toBeUndefined();
    expect(codeOf(() => checkExpiry(before, null, now))).toBe('request.invalid');
    expect(codeOf(() => checkExpiry(now, after, now))).toBe('request.invalid');
  });

  test('is no later than that of the API token that calls', () => {
    const mortal = makeCaller(undefined, {
      apiToken: { id: 'tok_a', ownerType: 'client', ownerId: 'pst_a', expiresAt: now },
    });
    expect(codeOf(() => requireNotOutliving(mortal, now))).toBeUndefined();
    expect(codeOf(() => requireNotOutliving(mortal, before))).toBeUndefined();
    expect(codeOf(() => requireNotOutliving(mortal, after))).toBe('request.forbidden');
    expect(codeOf(() => requireNotOutliving(mortal, null))).toBe('request.forbidden');
    expect(codeOf(() => requireNotOutliving(makeCaller(), null))).toBeUndefined();
  });
});

describe('what it holds', () => {
  const owner = {
    type: 'client',
    id: 'pst_a',
    name: 'job',
    companyId: 'co_a',
    roleId: 'role_a',
    privileges: ['management/audit:read', 'files/read/all', 'files/read'],
  } as const;
  const known = [...owner.privileges, 'files/write', 'management/keys:read'];
  const levels = async (asked: readonly string[]) =>
    new Map(asked.filter((name) => known.includes(name)).map((name) => [name, 'company' as const]));
  const stores = { roles: { levelsOf: levels } } as unknown as Stores;
  const faultsOf = async (privileges: string[]) => {
    const refusal = await settlePrivileges(stores, owner, privileges).catch((error: Problem) => error);
    return 'errors' in refusal ? refusal.errors.map(({ pointer }) => pointer) : [];
  };

  test('is kept in the order of the catalogue, once each; a scope may contain slashes', async () => {
    const settled = await settlePrivileges(stores, owner, ['files/read', 'files/read/all', 'files/read']);
    expect(settled).toEqual({ apiId: 'files', scopes: ['read/all', 'read'] });
  });

  test('points at each that is unknown, of another API than the first known one, or not the owner’s', async () => {
    expect(await faultsOf(['nothing/a', 'files/read', 'management/audit:read', 'files/write'])).toEqual([
      '/privileges/0',
      '/privileges/2',
      '/privileges/3',
    ]);
    expect(await faultsOf(['nothing/a'])).toEqual(['/privileges/0']);
    expect(await faultsOf(['management/audit:read'])).toEqual([]);
  });

  test('is no more than the caller holds, also of what the owner lacks for now when it is taken in hand', () => {
    const caller = makeCaller(undefined, { privileges: new Set(['files/read']) });
    const token = { apiId: 'files', scopes: ['read', 'write'] };
    expect(problemOf(() => requireContents(caller, token, 'regenerate'))).toMatchObject({
      code: 'request.forbidden',
      detail: 'You cannot regenerate this API token: it holds privileges that you do not hold (files/write).',
    });
    expect(codeOf(() => requireLiveContents(caller, token, owner))).toBeUndefined();
    const both = { ...owner, privileges: ['files/read', 'files/write'] };
    expect(codeOf(() => requireLiveContents(caller, token, both))).toBe('request.forbidden');
  });

  test('a bare scope is the Management API’s; at least one, and each once it is named', () => {
    expect(apiTokenFields.privileges.parse(['audit:read', 'files/read/all'])).toEqual([
      'management/audit:read',
      'files/read/all',
    ]);
    for (const wrong of [[], [''], 'audit:read', null, [1], Array.from({ length: 2001 }, () => 'audit:read')]) {
      expect(apiTokenFields.privileges.safeParse(wrong).success).toBe(false);
    }
  });
});

describe('in the audit log', () => {
  const { value, ...token } = newApiToken(newClient(), { name: 'export', expiresAt: after, scopes: ['audit:read'] });

  test('it speaks the words of the wire, and never of value or hash', () => {
    expect(apiTokenAuditView(token)).toEqual({
      name: 'export',
      api: 'management',
      privileges: ['management/audit:read'],
      ip_restriction: { mode: 'off', rules: [] },
      expires_at: after.toISOString(),
    });
    const event = apiTokenEvent('api_token.deleted', makeCaller(), now, token, changesOfDeleted(token));
    expect(event).toMatchObject({
      companyId: token.companyId,
      target: { type: 'api_token', id: token.id, name: 'export' },
      changes: { name: ['export', null], expires_at: [after.toISOString(), null] },
      details: { owner_type: 'client', owner_id: token.ownerId, hint: token.hint },
    });
    expect(JSON.stringify(event)).not.toContain(value);
    expect(JSON.stringify(event)).not.toContain(token.tokenHash);
  });
});

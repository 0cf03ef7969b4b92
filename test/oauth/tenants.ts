// Companies, APIs and custom roles for the OAuth tests, written behind the services: they have tests of their own.

import type { TestDatabase } from '../support/database.ts';

/** root ─ acme (a reseller) ─ acme_eu; root ─ bolt. */
const COMPANIES = [
  ['co_acme', 'co_root', 'co_root/co_acme/', true],
  ['co_acme_eu', 'co_acme', 'co_root/co_acme/co_acme_eu/', false],
  ['co_bolt', 'co_root', 'co_root/co_bolt/', false],
] as const;

export const TICKETS = 'https://tickets.example/api';
export const BILLING = 'urn:example:billing';

const APIS = [
  ['tickets', TICKETS, ['tickets:read', 'tickets:write', 'shared:read']],
  ['billing', BILLING, ['billing:read', 'shared:read']],
] as const;

export const TENANT_PRIVILEGES = APIS.flatMap(([id, , scopes]) => scopes.map((scope) => `${id}/${scope}`));

/** Of the root company: everything on both APIs, and one scope of the Management API. */
export const SUPPORT_ROLE = 'role_support';
/** Of the root company: on one API alone. */
export const TICKETS_ROLE = 'role_tickets';
/** Of the root company: no privilege at all. */
export const EMPTY_ROLE = 'role_empty';
/** Of the root company: may see tokens of that company. */
export const WATCHER_ROLE = 'role_watcher';

const ROLES = [
  [SUPPORT_ROLE, 'Support', [...TENANT_PRIVILEGES, 'management/clients:read']],
  [TICKETS_ROLE, 'Tickets', TENANT_PRIVILEGES.filter((name) => name.startsWith('tickets/'))],
  [EMPTY_ROLE, 'Nothing', []],
  [WATCHER_ROLE, 'Watcher', ['management/tokens:introspect']],
] as const;

export async function arrangeTenants({ query }: TestDatabase): Promise<void> {
  for (const [id, parent, path, reseller] of COMPANIES) {
    await query(
      `INSERT INTO company (id, name, name_key, parent_id, path, reseller, status, created_at, updated_at, version)
       VALUES ($1, $1, $1, $2, $3, $4, 'active', now(), now(), 1)`,
      [id, parent, path, reseller],
    );
  }
  for (const [id, identifier, scopes] of APIS) {
    await query(
      `INSERT INTO api (id, identifier, name, name_key, description, built_in, available_to_all, created_at, updated_at, version)
       VALUES ($1, $2, $1, $1, '', false, true, now(), now(), 1)`,
      [id, identifier],
    );
    await query(
      `INSERT INTO privilege (api_id, scope, group_name, description, level, position)
       SELECT $1, scope, $1, '', 'company', position FROM unnest($2::text[]) WITH ORDINALITY AS s (scope, position)`,
      [id, scopes],
    );
  }
  for (const [id, name, privileges] of ROLES) {
    await query(
      `INSERT INTO role (id, name, name_key, search_text, description, kind, company_id, created_at, updated_at, version)
       VALUES ($1, $2, lower($2), lower($2), '', 'custom', 'co_root', now(), now(), 1)`,
      [id, name],
    );
    await query(
      `INSERT INTO role_privilege (role_id, api_id, scope)
       SELECT $1, split_part(p, '/', 1), split_part(p, '/', 2) FROM unnest($2::text[]) AS p`,
      [id, privileges],
    );
  }
}

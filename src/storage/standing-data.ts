// What every installation has: the root company, the two standard roles, the Management API and its privileges. Compared at every
// start, so that an upgrade brings what is new; written only where something differs, so that no change is told without one.
import type { QueryRunner } from 'typeorm';
import { MANAGEMENT_API_ID, MANAGEMENT_PRIVILEGES, managementIdentifier } from '../domain/api/privilege.ts';
import { ROOT_COMPANY_ID } from '../domain/company/company.ts';
import { COMPANY_ADMIN_ROLE_ID, RESELLER_ROLE_ID } from '../domain/role/role.ts';
import { nameKey } from '../domain/text.ts';
import { searchText } from './search-text.ts';

const STANDARD_ROLES = [
  {
    id: RESELLER_ROLE_ID,
    name: 'Reseller',
    description: 'Everything that can be done in its company and in every company below it.',
  },
  {
    id: COMPANY_ADMIN_ROLE_ID,
    name: 'Company Admin',
    description: 'Everything that can be done in its own company, and nothing outside it.',
  },
];

/** Whose settings they are: what a server is reached by is the server's to say, not a command's beside it. */
export type StartedFor = 'server' | 'command';

/** The caller holds the lock under which the database is migrated, and a connection without a transaction. */
export async function writeStandingData(runner: QueryRunner, issuer: string, startedFor: StartedFor): Promise<void> {
  await runner.startTransaction();
  try {
    await writeRootCompany(runner);
    await writeStandardRoles(runner);
    await writeManagementApi(runner, managementIdentifier(issuer), startedFor === 'server');
    await writeManagementPrivileges(runner);
    await runner.commitTransaction();
  } catch (error) {
    await runner.rollbackTransaction().catch(() => undefined);
    throw error;
  }
}

/** Its name is the operator's to change. */
async function writeRootCompany(runner: QueryRunner): Promise<void> {
  await runner.query(
    `INSERT INTO company (id, name, name_key, parent_id, path, reseller, status, created_at, updated_at, version)
     VALUES ($1, 'Root', $2, NULL, $3, true, 'active', now(), now(), 1)
     ON CONFLICT (id) DO NOTHING`,
    [ROOT_COMPANY_ID, nameKey('Root'), `${ROOT_COMPANY_ID}/`],
  );
}

async function writeStandardRoles(runner: QueryRunner): Promise<void> {
  for (const role of STANDARD_ROLES) {
    await runner.query(
      `INSERT INTO role (id, name, name_key, search_text, description, kind, company_id, created_at, updated_at, version)
       VALUES ($1, $2, $3, $4, $5, 'standard', NULL, now(), now(), 1)
       ON CONFLICT (id) DO UPDATE SET name = excluded.name, name_key = excluded.name_key, search_text = excluded.search_text,
         description = excluded.description, updated_at = now(), version = role.version + 1
       WHERE (role.name, role.name_key, role.search_text, role.description)
         IS DISTINCT FROM (excluded.name, excluded.name_key, excluded.search_text, excluded.description)`,
      [role.id, role.name, nameKey(role.name), searchText(role.name, role.description), role.description],
    );
  }
}

/** With another identifier no token that is out counts any more: for a command with other settings it stays as it is. */
async function writeManagementApi(runner: QueryRunner, identifier: string, mayMove: boolean): Promise<void> {
  const name = 'Postern Management API';
  const description = 'Manage clients, roles, users, companies and the audit log of this server.';
  await runner.query(
    `INSERT INTO api (id, identifier, name, name_key, description, built_in, available_to_all, created_at, updated_at, version)
     VALUES ($1, $2, $3, $4, $5, true, true, now(), now(), 1)
     ON CONFLICT (id) DO UPDATE SET identifier = CASE WHEN $6 THEN excluded.identifier ELSE api.identifier END, name = excluded.name, name_key = excluded.name_key,
       description = excluded.description, built_in = true, available_to_all = true, updated_at = now(), version = api.version + 1
     WHERE (api.identifier, api.name, api.name_key, api.description, api.built_in, api.available_to_all)
       IS DISTINCT FROM (CASE WHEN $6 THEN excluded.identifier ELSE api.identifier END, excluded.name, excluded.name_key, excluded.description, true, true)`,
    [MANAGEMENT_API_ID, identifier, name, nameKey(name), description, mayMove],
  );
}

async function writeManagementPrivileges(runner: QueryRunner): Promise<void> {
  const wanted = MANAGEMENT_PRIVILEGES.map((privilege, position) => ({ ...privilege, position }));
  await runner.query(
    `INSERT INTO privilege (api_id, scope, group_name, description, level, position)
     SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::integer[])
     ON CONFLICT (api_id, scope) DO UPDATE SET group_name = excluded.group_name, description = excluded.description,
       level = excluded.level, position = excluded.position
     WHERE (privilege.group_name, privilege.description, privilege.level, privilege.position)
       IS DISTINCT FROM (excluded.group_name, excluded.description, excluded.level, excluded.position)`,
    [
      wanted.map((privilege) => privilege.apiId),
      wanted.map((privilege) => privilege.scope),
      wanted.map((privilege) => privilege.group),
      wanted.map((privilege) => privilege.description),
      wanted.map((privilege) => privilege.level),
      wanted.map((privilege) => privilege.position),
    ],
  );
}

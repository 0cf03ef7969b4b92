// The role that transactions on behalf of callers take on where the account itself would pass row-level security by: a superuser's, as
// in the embedded database, or one with BYPASSRLS. Roles belong to the whole server and are in no backup of a database, so it is
// looked for at every start, and what it lacks is made up for. Other accounts are held to the policies themselves and need no role.
import type { DataSource, QueryRunner } from 'typeorm';
import type { Log } from '../base/log.ts';
import { createMaintenanceDataSource, type DatabaseConnection } from './data-source.ts';

/** `none`: the queries' own conditions are all there is. */
export type SecondWall = 'account' | 'role' | 'none';

/** Of two databases of one server that make it at once one finds it there. */
const MAKE_ROLE = `
DO $$
BEGIN
  IF to_regrole('postern_tenant') IS NULL THEN
    CREATE ROLE postern_tenant NOLOGIN;
  END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
  NULL;
END $$`;

/** A superuser takes on any role. */
const JOIN_ROLE = `
DO $$
BEGIN
  IF second_wall() = 'none' THEN
    EXECUTE format('GRANT postern_tenant TO %I', current_user);
  END IF;
END $$`;

/**
 * Rights on what this account owns, where some are missing. The audit log is appended to, and changes are told, by functions that run
 * as their owner. Of functions only those that look beyond a reach are not everybody's.
 */
const GRANT_RIGHTS = `
DO $$
DECLARE
  grant_missing text;
BEGIN
  FOR grant_missing IN
    SELECT format('GRANT USAGE ON SCHEMA %I TO postern_tenant', current_schema())
    WHERE NOT has_schema_privilege('postern_tenant', current_schema(), 'USAGE')
    UNION ALL
    SELECT format('GRANT %s ON %s TO postern_tenant', wanted.rights, c.oid::regclass)
    FROM pg_class c
    CROSS JOIN LATERAL (
      SELECT CASE WHEN c.relname IN ('audit_event', 'change') THEN 'SELECT' ELSE 'SELECT, INSERT, UPDATE, DELETE' END AS rights
    ) AS wanted
    WHERE c.relnamespace = current_schema()::regnamespace AND c.relowner = current_user::regrole
      AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relname <> 'migration'
      AND EXISTS (
        SELECT FROM unnest(string_to_array(wanted.rights, ', ')) AS wanted_right (name)
        WHERE NOT has_table_privilege('postern_tenant', c.oid, wanted_right.name))
    UNION ALL
    SELECT format('GRANT EXECUTE ON FUNCTION %s TO postern_tenant', p.oid::regprocedure)
    FROM pg_proc p
    WHERE p.pronamespace = current_schema()::regnamespace AND p.proowner = current_user::regrole
      AND p.prosecdef AND p.prorettype <> 'trigger'::regtype
      AND NOT has_function_privilege('postern_tenant', p.oid, 'EXECUTE')
  LOOP
    EXECUTE grant_missing;
  END LOOP;
END $$`;

/** After the migrations, under their lock. Goes on without the role when it cannot be had, and says so. */
export async function prepareTenantRole(runner: QueryRunner, log: Pick<Log, 'warn'>): Promise<SecondWall> {
  if ((await findSecondWall(runner)) === 'account') return 'account';
  let reason: unknown;
  try {
    for (const statement of [MAKE_ROLE, JOIN_ROLE, GRANT_RIGHTS]) await runner.query(statement);
    if (await isHeldToPolicies(runner)) return 'role';
    reason = 'the role is not held to the policies itself';
  } catch (error) {
    reason = error;
  }
  log.warn({ err: reason }, `row-level security is not in force: ${SECOND_WALL_REMEDY}`);
  return 'none';
}

/** What it comes to for the account of this connection, whose database is migrated. */
export async function probeSecondWall(connection: DatabaseConnection): Promise<SecondWall> {
  const dataSource = createMaintenanceDataSource({ connection, log: { warn: () => undefined } });
  await dataSource.initialize();
  try {
    return await findSecondWall(dataSource);
  } finally {
    await dataSource.destroy();
  }
}

/** As `enter_reach` decides it. */
async function findSecondWall(connected: Pick<QueryRunner | DataSource, 'query'>): Promise<SecondWall> {
  const [row] = (await connected.query('SELECT second_wall() AS wall')) as { wall: SecondWall }[];
  return row?.wall ?? 'none';
}

export const SECOND_WALL_REMEDY =
  'the database account bypasses it and cannot take on the role postern_tenant. Take its BYPASSRLS away, or have an administrator ' +
  'run CREATE ROLE postern_tenant NOLOGIN and grant it to the account.';

/** Not where somebody gave the role rights of its own. */
async function isHeldToPolicies(runner: QueryRunner): Promise<boolean> {
  await runner.startTransaction();
  try {
    await runner.query('SET LOCAL ROLE postern_tenant');
    return (await findSecondWall(runner)) === 'account';
  } finally {
    await runner.rollbackTransaction();
  }
}

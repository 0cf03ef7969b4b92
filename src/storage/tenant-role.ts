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
 * What grants the rights that are missing, on what belongs to the owner of the tables: not always this account, which may be another
 * superuser. The audit log is appended to, and changes are told, by functions that run as their owner. Of functions only those that
 * look beyond a reach are not everybody's.
 */
const LIST_MISSING_RIGHTS = `
WITH owner AS (SELECT relowner AS id, relnamespace AS place FROM pg_class WHERE oid = 'company'::regclass)
SELECT format('GRANT USAGE ON SCHEMA %s TO postern_tenant', place::regnamespace) AS statement FROM owner
WHERE NOT has_schema_privilege('postern_tenant', place, 'USAGE')
UNION ALL
SELECT format('GRANT %s ON %s TO postern_tenant', wanted.rights, c.oid::regclass)
FROM owner JOIN pg_class c ON c.relnamespace = owner.place AND c.relowner = owner.id
CROSS JOIN LATERAL (
  SELECT CASE WHEN c.relname IN ('audit_event', 'change') THEN 'SELECT' ELSE 'SELECT, INSERT, UPDATE, DELETE' END AS rights
) AS wanted
WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relname <> 'migration'
  AND EXISTS (
    SELECT FROM unnest(string_to_array(wanted.rights, ', ')) AS wanted_right (name)
    WHERE NOT has_table_privilege('postern_tenant', c.oid, wanted_right.name))
UNION ALL
SELECT format('GRANT EXECUTE ON FUNCTION %s TO postern_tenant', p.oid::regprocedure)
FROM owner JOIN pg_proc p ON p.pronamespace = owner.place AND p.proowner = owner.id
WHERE p.prosecdef AND p.prorettype <> 'trigger'::regtype AND NOT has_function_privilege('postern_tenant', p.oid, 'EXECUTE')`;

/** After the migrations, under their lock. Goes on without the role when it cannot be had, and says so. */
export async function prepareTenantRole(runner: QueryRunner, log: Pick<Log, 'warn'>): Promise<SecondWall> {
  if ((await findSecondWall(runner)) === 'account') return 'account';
  let reason: unknown;
  try {
    await runner.query(MAKE_ROLE);
    await grantRights(runner);
    await runner.query(JOIN_ROLE);
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

async function grantRights(runner: QueryRunner): Promise<void> {
  const listMissing = async () => (await runner.query(LIST_MISSING_RIGHTS)) as { statement: string }[];
  for (const { statement } of await listMissing()) await runner.query(statement);
  // Of what it may not grant, PostgreSQL mostly just warns.
  const [missing] = await listMissing();
  if (missing) throw new Error(`this had no effect: ${missing.statement}`);
}

/** As a transaction enters a reach. Not where somebody gave the role rights of its own. */
async function isHeldToPolicies(runner: QueryRunner): Promise<boolean> {
  await runner.startTransaction();
  try {
    await runner.query(`SELECT enter_reach('co_root/', false)`);
    const [row] = (await runner.query(
      `SELECT current_user = 'postern_tenant' AND row_security_active('company') AS held`,
    )) as { held: boolean }[];
    return row?.held === true;
  } finally {
    await runner.rollbackTransaction();
  }
}

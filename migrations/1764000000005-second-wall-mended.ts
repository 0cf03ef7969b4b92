// Three places where the second wall (1764000000003) was too low, or stood in the way of those it should let through.
import type { MigrationInterface, QueryRunner } from 'typeorm';

const UNLIMITED = '(SELECT reach_is_unlimited())';
const IS_REACHED = 'company_path BETWEEN (SELECT reach_start()) AND (SELECT reach_end())';
const IS_OWNED = 'role_id IN (SELECT owned_roles((SELECT reach_start()), (SELECT reach_end())))';

// To own a role is not enough: a company beyond the reach neither gets it pressed upon it nor loses it. Deleting the role asks nobody,
// foreign keys never look at policies.
const AVAILABILITY = `
DROP POLICY changed ON role_company;
DROP POLICY made ON role_company;
DROP POLICY deleted ON role_company;
CREATE POLICY changed ON role_company FOR UPDATE USING (${UNLIMITED} OR ${IS_REACHED} AND ${IS_OWNED});
CREATE POLICY made ON role_company FOR INSERT WITH CHECK (${UNLIMITED} OR ${IS_REACHED} AND ${IS_OWNED});
CREATE POLICY deleted ON role_company FOR DELETE USING (${UNLIMITED} OR ${IS_REACHED} AND ${IS_OWNED});
`;

// Tables lie where the account finds them, which may be a schema of its name ("$user"): the role would look elsewhere.
const ENTER = `
CREATE OR REPLACE FUNCTION enter_reach(company_path text, subtree boolean) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF coalesce(company_path, '') !~ '/$' OR subtree IS NULL THEN
    RAISE EXCEPTION 'this is no reach: % %', company_path, subtree;
  END IF;
  PERFORM set_config('postern.reach', company_path, true),
    set_config('postern.subtree', CASE WHEN subtree THEN 'on' ELSE 'off' END, true);
  IF second_wall() = 'role' THEN
    IF current_user = ANY (current_schemas(false)) THEN
      PERFORM set_config('search_path', array_to_string(ARRAY(
        SELECT quote_ident(place.name) FROM unnest(current_schemas(false)) AS place (name)), ', '), true);
    END IF;
    PERFORM set_config('role', 'postern_tenant', true);
  END IF;
END $$;
`;

// A role that was granted nothing in this database is none to take on: whoever did would see an error instead of their own rows.
const WALL = `
CREATE OR REPLACE FUNCTION second_wall() RETURNS text LANGUAGE sql STABLE AS $$
  SELECT CASE
    WHEN row_security_active('company') THEN 'account'
    WHEN pg_has_role(to_regrole('postern_tenant'),
        CASE WHEN current_setting('server_version_num')::integer >= 160000 THEN 'SET' ELSE 'MEMBER' END)
      AND has_table_privilege(to_regrole('postern_tenant'), 'company', 'SELECT') THEN 'role'
    ELSE 'none'
  END
$$;
`;

export class SecondWallMended1764000000005 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const script of [AVAILABILITY, WALL, ENTER]) await runner.query(script);
  }

  async down(): Promise<void> {
    throw new Error('This migration is not undone: restore a backup instead.');
  }
}

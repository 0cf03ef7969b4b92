// The second wall between tenants: PostgreSQL itself keeps a transaction to the rows within its caller's reach. The first wall is
// the condition that every query carries (src/storage/reach.ts); whoever forgets it sees nothing more, and changes nothing more.
//
// A transaction on behalf of a caller begins with `enter_reach`. Without it everything is seen: the token path, background work and
// whatever runs at a start never enter.
import type { MigrationInterface, QueryRunner } from 'typeorm';

// `postern.reach` is the path of the caller's company, `postern.subtree` whether all below it counts too. Both last until the end of
// the transaction. Policies ask in subqueries of their own: so a statement asks once, and not for each row.
const REACH = `
CREATE FUNCTION reach_is_unlimited() RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT coalesce(current_setting('postern.reach', true), '') = ''
$$;

-- Paths within reach lie between these two, both included. Every path ends in a slash, and 0 is the character after it.
CREATE FUNCTION reach_start() RETURNS text LANGUAGE sql STABLE AS $$
  SELECT current_setting('postern.reach', true)
$$;
CREATE FUNCTION reach_end() RETURNS text LANGUAGE sql STABLE AS $$
  SELECT CASE current_setting('postern.subtree', true)
    WHEN 'on' THEN rtrim(current_setting('postern.reach', true), '/') || '0'
    ELSE current_setting('postern.reach', true)
  END
$$;

-- What makes the policies hold for the account that is connected: the account itself; the role that it takes on, since it would pass
-- them by (a superuser, or one with BYPASSRLS); or nothing.
CREATE FUNCTION second_wall() RETURNS text LANGUAGE sql STABLE AS $$
  SELECT CASE
    WHEN row_security_active('company') THEN 'account'
    WHEN pg_has_role(to_regrole('postern_tenant'),
      CASE WHEN current_setting('server_version_num')::integer >= 160000 THEN 'SET' ELSE 'MEMBER' END) THEN 'role'
    ELSE 'none'
  END
$$;

-- For the rest of the transaction: only what belongs to the company with this path, and with subtree to all below it.
CREATE FUNCTION enter_reach(company_path text, subtree boolean) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF coalesce(company_path, '') !~ '/$' OR subtree IS NULL THEN
    RAISE EXCEPTION 'this is no reach: % %', company_path, subtree;
  END IF;
  PERFORM set_config('postern.reach', company_path, true),
    set_config('postern.subtree', CASE WHEN subtree THEN 'on' ELSE 'off' END, true);
  IF second_wall() = 'role' THEN
    PERFORM set_config('role', 'postern_tenant', true);
  END IF;
END $$;
`;

/**
 * A function that looks beyond its caller's reach, and answers no more than the question. It runs as its owner, who is held to the
 * policies too unless they are a superuser's, so it leaves the reach and enters it again.
 */
function lookingBeyond(head: string, returns: string, query: string): string {
  const isMany = /^(?:SETOF|TABLE)/.test(returns);
  const ask = isMany ? `RETURN QUERY ${query};` : `answer := (${query});`;
  return `
CREATE OR REPLACE FUNCTION ${head} RETURNS ${returns} LANGUAGE plpgsql STABLE AS $$
DECLARE
  reach text := current_setting('postern.reach', true);${isMany ? '' : `\n  answer ${returns};`}
BEGIN
  PERFORM set_config('postern.reach', '', true);
  ${ask}
  PERFORM set_config('postern.reach', coalesce(reach, ''), true);
  RETURN${isMany ? '' : ' answer'};
END $$;`;
}

/** Each with its reason. */
const LOOKING_BEYOND = [
  // Asked by policies, since those of role and role_company would otherwise ask each other without end: what the companies between
  // two paths own, and what is made available to them.
  lookingBeyond(
    'owned_roles(first_path text, last_path text)',
    'SETOF text',
    'SELECT r.id FROM role r WHERE r.company_path BETWEEN $1 AND $2',
  ),
  lookingBeyond(
    'available_roles(first_path text, last_path text)',
    'SETOF text',
    'SELECT DISTINCT rc.role_id FROM role_company rc WHERE rc.company_path BETWEEN $1 AND $2',
  ),
  // Whoever can choose a role that a company above made is told that company's name.
  lookingBeyond(
    'role_owner_name(role_id text)',
    'text',
    'SELECT c.name FROM role r JOIN company c ON c.id = r.company_id WHERE r.id = $1',
  ),
  // Names are unique in each company that can choose the role, also where whoever changes it now does not reach: the first of the
  // companies that can choose another of this name.
  lookingBeyond(
    'role_name_clash(name_key text, company_ids text[], except_role_id text)',
    'text',
    `SELECT chooser.company_id FROM role r
     CROSS JOIN LATERAL (
       SELECT r.company_id UNION SELECT rc.company_id FROM role_company rc WHERE rc.role_id = r.id
     ) AS chooser (company_id)
     JOIN unnest($2) WITH ORDINALITY AS asked (company_id, place) ON asked.company_id = chooser.company_id
     WHERE r.name_key = $1 AND r.id <> $3 ORDER BY asked.place LIMIT 1`,
  ),
  // A role is not deleted, nor taken from a company, while somebody has it, wherever they are. NULL: in all companies.
  lookingBeyond(
    'count_role_holders(role_id text, company_ids text[])',
    'integer',
    `SELECT (SELECT count(*) FROM client h WHERE h.role_id = $1 AND ($2 IS NULL OR h.company_id = ANY ($2)))
       + (SELECT count(*) FROM user_account h WHERE h.role_id = $1 AND ($2 IS NULL OR h.company_id = ANY ($2)))`,
  ),
  // Among the events of a few companies the first and the last would have to be looked for.
  lookingBeyond(
    'audit_log_edges()',
    'TABLE (first bigint, last bigint)',
    'SELECT min(e.id), max(e.id) FROM audit_event e',
  ),
  // A suspended company suspends all below it, who do not see it.
  lookingBeyond(
    'is_suspended(company_path text)',
    'boolean',
    `SELECT EXISTS (
       SELECT FROM company c WHERE c.id = ANY (string_to_array(rtrim($1, '/'), '/')) AND c.status = 'suspended')`,
  ),
];

// As before, and beyond the reach: what was done to a company may be told to the one above it.
const APPEND = `
CREATE OR REPLACE FUNCTION append_audit_events(events jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  reach text := current_setting('postern.reach', true);
BEGIN
  PERFORM pg_advisory_xact_lock(7096310, 1);
  PERFORM set_config('postern.reach', '', true);
  INSERT INTO audit_event (time, company_id, company_path, action, outcome, reason, actor_type, actor_id, actor_name,
    target_type, target_id, target_name, ip, user_agent, request_id, changes, details)
  SELECT e.time, e.company_id, c.path, e.action, e.outcome, e.reason, e.actor_type, e.actor_id, e.actor_name,
    e.target_type, e.target_id, e.target_name, e.ip, e.user_agent, e.request_id,
    nullif(e.changes, 'null'::jsonb), nullif(e.details, 'null'::jsonb)
  FROM jsonb_array_elements(events) WITH ORDINALITY AS item (event, position)
  CROSS JOIN LATERAL jsonb_to_record(item.event) AS e (time timestamptz, company_id text, action text, outcome text,
    reason text, actor_type text, actor_id text, actor_name text, target_type text, target_id text, target_name text,
    ip text, user_agent text, request_id text, changes jsonb, details jsonb)
  LEFT JOIN company c ON c.id = e.company_id
  ORDER BY item.position;
  PERFORM set_config('postern.reach', coalesce(reach, ''), true);
END $$;
`;

// What belongs to a company carries its path, so that a policy compares two texts and looks nothing up. A company stays at its place.
const PATHS = `
CREATE FUNCTION refuse_move() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'a % stays where it was made', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER company_stays BEFORE UPDATE OF id, parent_id, path ON company
  FOR EACH ROW WHEN ((NEW.id, NEW.parent_id, NEW.path) IS DISTINCT FROM (OLD.id, OLD.parent_id, OLD.path))
  EXECUTE FUNCTION refuse_move();
-- Else somebody to whom a role is available could make it their own, and then change it.
CREATE TRIGGER role_stays BEFORE UPDATE OF id, kind, company_id ON role
  FOR EACH ROW WHEN ((NEW.id, NEW.kind, NEW.company_id) IS DISTINCT FROM (OLD.id, OLD.kind, OLD.company_id))
  EXECUTE FUNCTION refuse_move();

-- Wherever the company lies: whether it is within reach is looked at afterwards.
CREATE FUNCTION set_company_path() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  reach text := current_setting('postern.reach', true);
BEGIN
  PERFORM set_config('postern.reach', '', true);
  NEW.company_path := (SELECT c.path FROM company c WHERE c.id = NEW.company_id);
  PERFORM set_config('postern.reach', coalesce(reach, ''), true);
  IF NEW.company_path IS NULL AND NEW.company_id IS NOT NULL THEN
    RAISE EXCEPTION 'there is no company %', NEW.company_id
      USING ERRCODE = 'foreign_key_violation', CONSTRAINT = TG_TABLE_NAME || '_company_id_fkey';
  END IF;
  RETURN NEW;
END $$;
`;

const WITH_PATHS = ['client', 'user_account', 'role', 'role_company'];

function addPath(table: string): string {
  return `
ALTER TABLE ${table} ADD COLUMN company_path text COLLATE "C";
UPDATE ${table} SET company_path = company.path FROM company WHERE company.id = ${table}.company_id;
CREATE TRIGGER ${table}_company_path BEFORE INSERT OR UPDATE OF company_id, company_path ON ${table}
  FOR EACH ROW EXECUTE FUNCTION set_company_path();
`;
}

// Standard roles have no company.
const PATHS_SET = `
ALTER TABLE client ALTER COLUMN company_path SET NOT NULL;
ALTER TABLE user_account ALTER COLUMN company_path SET NOT NULL;
ALTER TABLE role_company ALTER COLUMN company_path SET NOT NULL;
CREATE INDEX role_path ON role (company_path);
CREATE INDEX role_company_path ON role_company (company_path);
`;

/** As their owner: they look beyond the reach, or write to the table `change`, which is nobody's to write to. */
const AS_OWNER = [
  'owned_roles(text, text)',
  'available_roles(text, text)',
  'role_owner_name(text)',
  'role_name_clash(text, text[], text)',
  'count_role_holders(text, text[])',
  'audit_log_edges()',
  'is_suspended(text)',
  'append_audit_events(jsonb)',
  'set_company_path()',
  'record_change()',
  'record_operations_change()',
];

/** As policies say it; where a table has no path, by a row that has one. */
const UNLIMITED = '(SELECT reach_is_unlimited())';
const IS_REACHED = 'BETWEEN (SELECT reach_start()) AND (SELECT reach_end())';
const IS_OWNED = 'IN (SELECT owned_roles((SELECT reach_start()), (SELECT reach_end())))';
const IS_AVAILABLE = 'IN (SELECT available_roles((SELECT reach_start()), (SELECT reach_end())))';
/** Roles are seen by those who can choose them. */
const ROLE_IS_SEEN = `${UNLIMITED} OR kind = 'standard' OR company_path ${IS_REACHED} OR id ${IS_AVAILABLE}`;

const POLICIES = `
CREATE POLICY within_reach ON company USING (${UNLIMITED} OR path ${IS_REACHED});

-- Whoever is given a role must see it: else a role of others could be had by its id.
CREATE POLICY within_reach ON client USING (${UNLIMITED} OR company_path ${IS_REACHED})
  WITH CHECK (${UNLIMITED} OR company_path ${IS_REACHED} AND EXISTS (SELECT FROM role r WHERE r.id = client.role_id));
CREATE POLICY within_reach ON user_account USING (${UNLIMITED} OR company_path ${IS_REACHED})
  WITH CHECK (${UNLIMITED} OR company_path ${IS_REACHED} AND EXISTS (SELECT FROM role r WHERE r.id = user_account.role_id));

CREATE POLICY within_reach ON client_secret
  USING (${UNLIMITED} OR EXISTS (SELECT FROM client c WHERE c.client_id = client_secret.client_id));
CREATE POLICY within_reach ON client_source
  USING (${UNLIMITED} OR EXISTS (SELECT FROM client c WHERE c.client_id = client_source.client_id));
CREATE POLICY within_reach ON session
  USING (${UNLIMITED} OR EXISTS (SELECT FROM user_account u WHERE u.id = session.user_id));
CREATE POLICY within_reach ON one_time_link
  USING (${UNLIMITED} OR EXISTS (SELECT FROM user_account u WHERE u.id = one_time_link.user_id));

-- To lock a role for a while, as whoever gives it does, is allowed to all who see it. What is written must be one's own.
CREATE POLICY seen ON role FOR SELECT USING (${ROLE_IS_SEEN});
CREATE POLICY changed ON role FOR UPDATE USING (${ROLE_IS_SEEN}) WITH CHECK (${UNLIMITED} OR company_path ${IS_REACHED});
CREATE POLICY made ON role FOR INSERT WITH CHECK (${UNLIMITED} OR company_path ${IS_REACHED});
CREATE POLICY deleted ON role FOR DELETE USING (${UNLIMITED} OR company_path ${IS_REACHED});

CREATE POLICY seen ON role_privilege FOR SELECT
  USING (${UNLIMITED} OR EXISTS (SELECT FROM role r WHERE r.id = role_privilege.role_id));
CREATE POLICY changed ON role_privilege FOR UPDATE USING (${UNLIMITED} OR role_id ${IS_OWNED});
CREATE POLICY made ON role_privilege FOR INSERT WITH CHECK (${UNLIMITED} OR role_id ${IS_OWNED});
CREATE POLICY deleted ON role_privilege FOR DELETE USING (${UNLIMITED} OR role_id ${IS_OWNED});

-- An owner sees all whom its role is available to, so that a change of the role keeps those beyond the reach of who makes it.
CREATE POLICY seen ON role_company FOR SELECT
  USING (${UNLIMITED} OR company_path ${IS_REACHED} OR role_id ${IS_OWNED});
CREATE POLICY changed ON role_company FOR UPDATE USING (${UNLIMITED} OR role_id ${IS_OWNED});
CREATE POLICY made ON role_company FOR INSERT WITH CHECK (${UNLIMITED} OR role_id ${IS_OWNED});
CREATE POLICY deleted ON role_company FOR DELETE USING (${UNLIMITED} OR role_id ${IS_OWNED});

-- Events of no company are for those who reach everything. All are appended by append_audit_events.
CREATE POLICY within_reach ON audit_event USING (${UNLIMITED} OR company_path ${IS_REACHED}) WITH CHECK (${UNLIMITED});
`;

const TABLES = [
  'company',
  'client',
  'client_secret',
  'client_source',
  'user_account',
  'session',
  'one_time_link',
  'role',
  'role_privilege',
  'role_company',
  'audit_event',
];

/** With names that mean what they mean here, whatever the caller's search path says; and not for every account of the database. */
async function runAsOwner(runner: QueryRunner): Promise<void> {
  const [place] = (await runner.query('SELECT quote_ident(current_schema()) AS schema')) as { schema: string }[];
  if (!place) throw new Error('there is no schema to work in');
  for (const name of AS_OWNER) {
    await runner.query(`ALTER FUNCTION ${name} SECURITY DEFINER SET search_path = ${place.schema}, pg_temp`);
    await runner.query(`REVOKE EXECUTE ON FUNCTION ${name} FROM PUBLIC`);
  }
}

export class RowLevelSecurity1764000000003 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(REACH);
    for (const sql of [...LOOKING_BEYOND, APPEND, PATHS, ...WITH_PATHS.map(addPath), PATHS_SET])
      await runner.query(sql);
    await runAsOwner(runner);
    await runner.query(POLICIES);
    for (const table of TABLES) {
      await runner.query(`ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY`);
    }
  }

  async down(): Promise<void> {
    throw new Error('This migration is not undone: restore a backup instead.');
  }
}

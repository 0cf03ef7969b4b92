// The first schema. What the token path reads lives in few tables; every change to those is told to all processes by a trigger, so
// that no command, of this version or another, can forget to.
import type { MigrationInterface, QueryRunner } from 'typeorm';

// Identifiers and keys are compared byte by byte, whatever the locale of the database: quick, and the same order everywhere.
// Instants have milliseconds, as JavaScript's: what comes back in a cursor is exactly what is stored.
const TABLES = `
CREATE TABLE company (
  id text COLLATE "C" PRIMARY KEY,
  name text NOT NULL,
  name_key text COLLATE "C" NOT NULL,
  parent_id text COLLATE "C" REFERENCES company (id),
  path text COLLATE "C" NOT NULL,
  reseller boolean NOT NULL,
  status text NOT NULL,
  created_at timestamptz(3) NOT NULL,
  updated_at timestamptz(3) NOT NULL,
  version integer NOT NULL,
  CONSTRAINT company_path UNIQUE (path),
  CONSTRAINT company_name UNIQUE (parent_id, name_key),
  CONSTRAINT company_status CHECK (status IN ('active', 'suspended')),
  CONSTRAINT company_root CHECK ((parent_id IS NULL) = (id = 'co_root'))
);

CREATE TABLE api (
  id text COLLATE "C" PRIMARY KEY,
  identifier text COLLATE "C" NOT NULL,
  name text NOT NULL,
  name_key text COLLATE "C" NOT NULL,
  description text NOT NULL,
  built_in boolean NOT NULL,
  available_to_all boolean NOT NULL,
  created_at timestamptz(3) NOT NULL,
  updated_at timestamptz(3) NOT NULL,
  version integer NOT NULL,
  CONSTRAINT api_identifier UNIQUE (identifier),
  CONSTRAINT api_name UNIQUE (name_key)
);

CREATE TABLE api_company (
  api_id text COLLATE "C" NOT NULL REFERENCES api (id) ON DELETE CASCADE,
  company_id text COLLATE "C" NOT NULL REFERENCES company (id) ON DELETE CASCADE,
  PRIMARY KEY (api_id, company_id)
);
CREATE INDEX api_company_company ON api_company (company_id);

CREATE TABLE privilege (
  api_id text COLLATE "C" NOT NULL REFERENCES api (id) ON DELETE CASCADE,
  scope text COLLATE "C" NOT NULL,
  group_name text COLLATE "C" NOT NULL,
  description text NOT NULL,
  level text NOT NULL,
  position integer NOT NULL,
  PRIMARY KEY (api_id, scope),
  CONSTRAINT privilege_level CHECK (level IN ('company', 'reseller', 'root'))
);

CREATE TABLE role (
  id text COLLATE "C" PRIMARY KEY,
  name text NOT NULL,
  name_key text COLLATE "C" NOT NULL,
  search_text text NOT NULL,
  description text NOT NULL,
  kind text NOT NULL,
  company_id text COLLATE "C" REFERENCES company (id),
  created_at timestamptz(3) NOT NULL,
  updated_at timestamptz(3) NOT NULL,
  version integer NOT NULL,
  CONSTRAINT role_kind CHECK (kind IN ('standard', 'custom')),
  CONSTRAINT role_owner CHECK ((kind = 'standard') = (company_id IS NULL)),
  CONSTRAINT role_name UNIQUE (company_id, name_key)
);

CREATE TABLE role_privilege (
  role_id text COLLATE "C" NOT NULL REFERENCES role (id) ON DELETE CASCADE,
  api_id text COLLATE "C" NOT NULL,
  scope text COLLATE "C" NOT NULL,
  PRIMARY KEY (role_id, api_id, scope),
  FOREIGN KEY (api_id, scope) REFERENCES privilege (api_id, scope)
);
CREATE INDEX role_privilege_privilege ON role_privilege (api_id, scope);

CREATE TABLE role_company (
  role_id text COLLATE "C" NOT NULL REFERENCES role (id) ON DELETE CASCADE,
  company_id text COLLATE "C" NOT NULL REFERENCES company (id) ON DELETE CASCADE,
  PRIMARY KEY (role_id, company_id)
);
CREATE INDEX role_company_company ON role_company (company_id);

CREATE TABLE client (
  client_id text COLLATE "C" PRIMARY KEY,
  name text NOT NULL,
  name_key text COLLATE "C" NOT NULL,
  search_text text NOT NULL,
  description text NOT NULL,
  company_id text COLLATE "C" NOT NULL REFERENCES company (id),
  role_id text COLLATE "C" NOT NULL REFERENCES role (id),
  status text NOT NULL,
  ip_mode text NOT NULL,
  ip_rules text[] NOT NULL,
  default_api text COLLATE "C" NOT NULL REFERENCES api (id),
  token_lifetime_seconds integer NOT NULL,
  token_format text NOT NULL,
  auth_method text NOT NULL,
  expires_at timestamptz(3),
  token_generation integer NOT NULL,
  last_used_at timestamptz(3),
  created_at timestamptz(3) NOT NULL,
  updated_at timestamptz(3) NOT NULL,
  version integer NOT NULL,
  CONSTRAINT client_status CHECK (status IN ('active', 'inactive')),
  CONSTRAINT client_ip_mode CHECK (ip_mode IN ('off', 'report', 'enforce')),
  CONSTRAINT client_token_format CHECK (token_format IN ('jwt', 'opaque')),
  CONSTRAINT client_token_lifetime CHECK (token_lifetime_seconds BETWEEN 60 AND 86400)
);
CREATE INDEX client_created ON client (created_at DESC, client_id DESC);
CREATE INDEX client_company_created ON client (company_id, created_at DESC, client_id DESC);
CREATE INDEX client_name ON client (name_key, client_id);
CREATE INDEX client_role ON client (role_id, company_id);

CREATE TABLE client_secret (
  id text COLLATE "C" PRIMARY KEY,
  client_id text COLLATE "C" NOT NULL REFERENCES client (client_id) ON DELETE CASCADE,
  -- At most two at a time.
  slot smallint NOT NULL DEFAULT 1,
  hint text NOT NULL,
  hash text NOT NULL,
  created_at timestamptz(3) NOT NULL,
  expires_at timestamptz(3),
  last_used_at timestamptz(3),
  last_used_ip text,
  CONSTRAINT client_secret_slot UNIQUE (client_id, slot),
  CONSTRAINT client_secret_slots CHECK (slot IN (1, 2)),
  CONSTRAINT client_secret_hint UNIQUE (client_id, hint)
);

CREATE TABLE user_account (
  id text COLLATE "C" PRIMARY KEY,
  email text NOT NULL,
  email_key text COLLATE "C" NOT NULL,
  name text NOT NULL,
  company_id text COLLATE "C" NOT NULL REFERENCES company (id),
  role_id text COLLATE "C" NOT NULL REFERENCES role (id),
  status text NOT NULL,
  password_hash text,
  last_sign_in_at timestamptz(3),
  created_at timestamptz(3) NOT NULL,
  updated_at timestamptz(3) NOT NULL,
  version integer NOT NULL,
  CONSTRAINT user_account_email UNIQUE (email_key),
  CONSTRAINT user_account_status CHECK (status IN ('active', 'inactive'))
);
CREATE INDEX user_account_company ON user_account (company_id, created_at DESC, id DESC);
CREATE INDEX user_account_role ON user_account (role_id, company_id);

CREATE TABLE session (
  id text COLLATE "C" PRIMARY KEY,
  token_hash text COLLATE "C" NOT NULL,
  user_id text COLLATE "C" NOT NULL REFERENCES user_account (id) ON DELETE CASCADE,
  created_at timestamptz(3) NOT NULL,
  last_seen_at timestamptz(3) NOT NULL,
  expires_at timestamptz(3) NOT NULL,
  ip text,
  user_agent text,
  CONSTRAINT session_token UNIQUE (token_hash)
);
CREATE INDEX session_of_user ON session (user_id);
CREATE INDEX session_expiry ON session (expires_at);

CREATE TABLE one_time_link (
  token_hash text COLLATE "C" PRIMARY KEY,
  kind text NOT NULL,
  user_id text COLLATE "C" REFERENCES user_account (id) ON DELETE CASCADE,
  expires_at timestamptz(3) NOT NULL,
  CONSTRAINT one_time_link_kind CHECK (kind IN ('setup', 'invitation'))
);
CREATE INDEX one_time_link_user ON one_time_link (user_id);

CREATE TABLE attempt (
  key text COLLATE "C" PRIMARY KEY,
  attempts integer NOT NULL,
  window_ends_at timestamptz(3) NOT NULL
);
CREATE INDEX attempt_end ON attempt (window_ends_at);

CREATE TABLE used_form (
  key text COLLATE "C" PRIMARY KEY,
  used_at timestamptz(3) NOT NULL
);
CREATE INDEX used_form_time ON used_form (used_at);

CREATE TABLE signing_key (
  kid text COLLATE "C" PRIMARY KEY,
  algorithm text NOT NULL,
  status text NOT NULL,
  public_jwk jsonb NOT NULL,
  sealed_private_key bytea NOT NULL,
  created_at timestamptz(3) NOT NULL,
  CONSTRAINT signing_key_status CHECK (status IN ('next', 'current', 'retired'))
);
CREATE UNIQUE INDEX signing_key_current ON signing_key (status) WHERE status = 'current';

CREATE TABLE revoked_token (
  jti text COLLATE "C" PRIMARY KEY,
  client_id text COLLATE "C" NOT NULL,
  expires_at timestamptz(3) NOT NULL
);
CREATE INDEX revoked_token_expiry ON revoked_token (expires_at);
`;

// The one place that says which roles a company can choose, and what a role grants to holders there: what the role names, of the
// APIs available there, capped by the level of the company (root, reseller, any other).
const GRANTS = `
CREATE FUNCTION level_rank(level text) RETURNS integer LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE level WHEN 'company' THEN 1 WHEN 'reseller' THEN 2 ELSE 3 END
$$;

CREATE FUNCTION company_level(parent_id text, reseller boolean) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN parent_id IS NULL THEN 'root' WHEN reseller THEN 'reseller' ELSE 'company' END
$$;

-- A suspended company suspends all below it.
CREATE FUNCTION is_suspended(company_path text) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (
    SELECT FROM company c WHERE c.id = ANY (string_to_array(rtrim($1, '/'), '/')) AND c.status = 'suspended')
$$;

-- The APIs that the company with this path may use: an API chosen for a company is available to all below it too.
CREATE FUNCTION available_apis(company_path text) RETURNS SETOF api LANGUAGE sql STABLE AS $$
  SELECT a.* FROM api a
  WHERE a.available_to_all OR EXISTS (
    SELECT FROM api_company ac
    WHERE ac.api_id = a.id AND ac.company_id = ANY (string_to_array(rtrim($1, '/'), '/')))
$$;

CREATE FUNCTION granted_privileges(role_id text, company_id text)
RETURNS TABLE (api_id text, scope text, "position" integer) LANGUAGE sql STABLE AS $$
  SELECT p.api_id, p.scope, p.position
  FROM company c
  JOIN role r ON r.id = $1
  CROSS JOIN LATERAL available_apis(c.path) a
  JOIN privilege p ON p.api_id = a.id
  WHERE c.id = $2
    AND level_rank(p.level) <= level_rank(company_level(c.parent_id, c.reseller))
    AND CASE r.id
      WHEN 'role_reseller' THEN true
      WHEN 'role_company_admin' THEN p.level = 'company'
      ELSE EXISTS (SELECT FROM role_privilege rp WHERE rp.role_id = r.id AND rp.api_id = p.api_id AND rp.scope = p.scope)
    END
$$;

-- The roles that clients and users of the company may be given: the standard ones (Reseller only where there are companies below),
-- its own, and those made available to it.
CREATE FUNCTION choosable_roles(company_id text) RETURNS SETOF role LANGUAGE sql STABLE AS $$
  SELECT r.* FROM company c
  JOIN role r ON
    r.kind = 'standard' AND (r.id <> 'role_reseller' OR company_level(c.parent_id, c.reseller) <> 'company')
    OR r.company_id = c.id
    OR EXISTS (SELECT FROM role_company rc WHERE rc.role_id = r.id AND rc.company_id = c.id)
  WHERE c.id = $1
$$;
`;

// Partitions by day of expiry are made ahead and dropped afterwards; what finds none lands in the default one.
const OPAQUE_TOKENS = `
CREATE TABLE opaque_token (
  token_hash text COLLATE "C" NOT NULL,
  jti text COLLATE "C" NOT NULL,
  client_id text COLLATE "C" NOT NULL,
  company_id text COLLATE "C" NOT NULL,
  audience text NOT NULL,
  scope text COLLATE "C" NOT NULL,
  issued_at timestamptz(3) NOT NULL,
  expires_at timestamptz(3) NOT NULL,
  PRIMARY KEY (token_hash, expires_at)
) PARTITION BY RANGE (expires_at);
CREATE TABLE opaque_token_default PARTITION OF opaque_token DEFAULT;
`;

const AUDIT = `
CREATE TABLE audit_event (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  time timestamptz(3) NOT NULL,
  company_id text COLLATE "C",
  company_path text COLLATE "C",
  action text COLLATE "C" NOT NULL,
  outcome text NOT NULL,
  reason text,
  actor_type text NOT NULL,
  actor_id text COLLATE "C" NOT NULL,
  actor_name text,
  target_type text,
  target_id text COLLATE "C",
  target_name text,
  ip text,
  user_agent text,
  request_id text COLLATE "C",
  changes jsonb,
  details jsonb,
  CONSTRAINT audit_event_outcome CHECK (outcome IN ('success', 'failure'))
);
CREATE INDEX audit_event_company ON audit_event (company_id, id);
CREATE INDEX audit_event_actor ON audit_event (actor_id, id);
CREATE INDEX audit_event_target ON audit_event (target_id, id);
CREATE INDEX audit_event_action ON audit_event (action, id);
CREATE INDEX audit_event_request ON audit_event (request_id);
CREATE INDEX audit_event_time ON audit_event (time);

CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the audit log is append-only' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER audit_event_append_only BEFORE UPDATE OR DELETE ON audit_event
  FOR EACH ROW EXECUTE FUNCTION refuse_audit_change();
CREATE TRIGGER audit_event_no_truncate BEFORE TRUNCATE ON audit_event
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();

-- Takes a JSON array of events in the words of the columns. The lock is held until the end of the transaction: ids become visible
-- in their order, so that a reader who remembers the last one never misses an event that was stored more slowly.
CREATE FUNCTION append_audit_events(events jsonb) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(7096310, 1);
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
END $$;
`;

// `xid` lets a reader that polls find what was stored by transactions that were still running when it last looked.
const CHANGE_FEED = `
CREATE TABLE change (
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
  at timestamptz NOT NULL DEFAULT now(),
  topic text NOT NULL,
  key text NOT NULL
);
CREATE INDEX change_xid ON change (xid);
CREATE INDEX change_at ON change (at);

CREATE FUNCTION tell_change(topic text, key text) RETURNS void LANGUAGE sql AS $$
  INSERT INTO change (topic, key) VALUES ($1, $2);
  SELECT pg_notify('postern_change', $1 || ' ' || $2);
$$;

-- Arguments: the topic and the column that holds the key.
CREATE FUNCTION record_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM tell_change(TG_ARGV[0], to_jsonb(coalesce(NEW, OLD)) ->> TG_ARGV[1]);
  RETURN NULL;
END $$;

CREATE TRIGGER client_insert_delete AFTER INSERT OR DELETE ON client
  FOR EACH ROW EXECUTE FUNCTION record_change('client', 'client_id');
-- A use is no change: it does not raise the version.
CREATE TRIGGER client_update AFTER UPDATE ON client
  FOR EACH ROW WHEN (OLD.version <> NEW.version OR OLD.status <> NEW.status OR OLD.token_generation <> NEW.token_generation
    OR OLD.ip_rules <> NEW.ip_rules OR OLD.ip_mode <> NEW.ip_mode OR OLD.role_id <> NEW.role_id
    OR OLD.expires_at IS DISTINCT FROM NEW.expires_at)
  EXECUTE FUNCTION record_change('client', 'client_id');
CREATE TRIGGER client_secret_insert_delete AFTER INSERT OR DELETE ON client_secret
  FOR EACH ROW EXECUTE FUNCTION record_change('client', 'client_id');
CREATE TRIGGER client_secret_update AFTER UPDATE ON client_secret
  FOR EACH ROW WHEN (OLD.hash <> NEW.hash OR OLD.hint <> NEW.hint OR OLD.expires_at IS DISTINCT FROM NEW.expires_at)
  EXECUTE FUNCTION record_change('client', 'client_id');
CREATE TRIGGER company_change AFTER INSERT OR UPDATE OR DELETE ON company
  FOR EACH ROW EXECUTE FUNCTION record_change('company', 'id');
CREATE TRIGGER role_change AFTER UPDATE OR DELETE ON role
  FOR EACH ROW EXECUTE FUNCTION record_change('role', 'id');
CREATE TRIGGER role_privilege_change AFTER INSERT OR UPDATE OR DELETE ON role_privilege
  FOR EACH ROW EXECUTE FUNCTION record_change('role', 'role_id');
CREATE TRIGGER api_change AFTER INSERT OR UPDATE OR DELETE ON api
  FOR EACH ROW EXECUTE FUNCTION record_change('api', 'id');
CREATE TRIGGER api_company_change AFTER INSERT OR UPDATE OR DELETE ON api_company
  FOR EACH ROW EXECUTE FUNCTION record_change('api', 'api_id');
CREATE TRIGGER privilege_change AFTER INSERT OR UPDATE OR DELETE ON privilege
  FOR EACH ROW EXECUTE FUNCTION record_change('api', 'api_id');
CREATE TRIGGER signing_key_change AFTER INSERT OR UPDATE OR DELETE ON signing_key
  FOR EACH ROW EXECUTE FUNCTION record_change('signing_key', 'kid');
CREATE TRIGGER revoked_token_change AFTER INSERT ON revoked_token
  FOR EACH ROW EXECUTE FUNCTION record_change('revoked_token', 'jti');
`;

export class Initial1764000000001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const script of [TABLES, GRANTS, OPAQUE_TOKENS, AUDIT, CHANGE_FEED]) await runner.query(script);
  }

  async down(): Promise<void> {
    throw new Error('The first migration is not undone: restore a backup instead.');
  }
}

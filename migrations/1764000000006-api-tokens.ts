// API tokens: static bearer tokens of clients and users, and what every process must hear of them and of the users behind them.
import type { MigrationInterface, QueryRunner } from 'typeorm';

// An API stays while tokens are for it. Whoever deletes a client or a user deletes theirs.
const TABLE = `
CREATE TABLE api_token (
  id text COLLATE "C" PRIMARY KEY,
  name text NOT NULL,
  name_key text COLLATE "C" NOT NULL,
  search_text text NOT NULL,
  client_id text COLLATE "C" REFERENCES client (client_id) ON DELETE CASCADE,
  user_id text COLLATE "C" REFERENCES user_account (id) ON DELETE CASCADE,
  company_id text COLLATE "C" NOT NULL REFERENCES company (id),
  company_path text COLLATE "C" NOT NULL,
  api_id text COLLATE "C" NOT NULL REFERENCES api (id),
  scopes text[] NOT NULL,
  ip_mode text NOT NULL,
  ip_rules text[] NOT NULL,
  token_hash text COLLATE "C" NOT NULL,
  hint text NOT NULL,
  expires_at timestamptz(3),
  issued_at timestamptz(3) NOT NULL,
  last_used_at timestamptz(3),
  last_used_ip text,
  created_at timestamptz(3) NOT NULL,
  updated_at timestamptz(3) NOT NULL,
  version integer NOT NULL,
  CONSTRAINT api_token_hash UNIQUE (token_hash),
  CONSTRAINT api_token_owner CHECK ((client_id IS NULL) <> (user_id IS NULL)),
  CONSTRAINT api_token_scopes CHECK (cardinality(scopes) > 0),
  CONSTRAINT api_token_ip_mode CHECK (ip_mode IN ('off', 'report', 'enforce'))
);
CREATE INDEX api_token_created ON api_token (created_at DESC, id DESC);
CREATE INDEX api_token_company_created ON api_token (company_id, created_at DESC, id DESC);
CREATE INDEX api_token_name ON api_token (name_key, id);
CREATE INDEX api_token_client ON api_token (client_id, created_at DESC, id DESC);
CREATE INDEX api_token_user ON api_token (user_id, created_at DESC, id DESC);
CREATE INDEX api_token_api ON api_token (api_id);
CREATE INDEX api_token_host_rules ON api_token (id) WHERE ip_mode <> 'off' AND has_host_rule(ip_rules);
`;

// A token stands where its owner stands, whatever is written: the owner is held in its place until the token is stored. Wherever it
// is: whether it is within reach is looked at afterwards. A value that is known to one owner never becomes another's.
const PLACE = `
CREATE FUNCTION place_api_token() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  reach text := current_setting('postern.reach', true);
BEGIN
  PERFORM set_config('postern.reach', '', true);
  IF NEW.user_id IS NULL THEN
    SELECT c.company_id, c.company_path INTO NEW.company_id, NEW.company_path
    FROM client c WHERE c.client_id = NEW.client_id FOR SHARE;
  ELSE
    SELECT u.company_id, u.company_path INTO NEW.company_id, NEW.company_path
    FROM user_account u WHERE u.id = NEW.user_id FOR SHARE;
  END IF;
  PERFORM set_config('postern.reach', coalesce(reach, ''), true);
  IF NEW.company_id IS NULL THEN
    RAISE EXCEPTION 'an API token has no owner' USING ERRCODE = 'foreign_key_violation',
      CONSTRAINT = CASE WHEN NEW.user_id IS NULL THEN 'api_token_client_id_fkey' ELSE 'api_token_user_id_fkey' END;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER api_token_place BEFORE INSERT OR UPDATE OF company_id, company_path ON api_token
  FOR EACH ROW EXECUTE FUNCTION place_api_token();
CREATE TRIGGER api_token_stays BEFORE UPDATE OF id, client_id, user_id ON api_token
  FOR EACH ROW WHEN ((NEW.id, NEW.client_id, NEW.user_id) IS DISTINCT FROM (OLD.id, OLD.client_id, OLD.user_id))
  EXECUTE FUNCTION refuse_move();

-- Whoever moves to another company takes their tokens along.
CREATE FUNCTION move_api_tokens() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_TABLE_NAME = 'client' THEN
    UPDATE api_token SET company_id = NEW.company_id WHERE client_id = NEW.client_id;
  ELSE
    UPDATE api_token SET company_id = NEW.company_id WHERE user_id = NEW.id;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER client_api_tokens AFTER UPDATE OF company_id ON client
  FOR EACH ROW WHEN (OLD.company_id <> NEW.company_id) EXECUTE FUNCTION move_api_tokens();
CREATE TRIGGER user_account_api_tokens AFTER UPDATE OF company_id ON user_account
  FOR EACH ROW WHEN (OLD.company_id <> NEW.company_id) EXECUTE FUNCTION move_api_tokens();
`;

// A use is no change, nor is a sign-in: neither is told.
const CHANGES = `
CREATE TRIGGER api_token_insert_delete AFTER INSERT OR DELETE ON api_token
  FOR EACH ROW EXECUTE FUNCTION record_change('api_token', 'id');
CREATE TRIGGER api_token_update AFTER UPDATE ON api_token
  FOR EACH ROW WHEN (
    (OLD.name, OLD.api_id, OLD.scopes, OLD.ip_mode, OLD.ip_rules, OLD.token_hash, OLD.hint, OLD.expires_at, OLD.issued_at)
    IS DISTINCT FROM
    (NEW.name, NEW.api_id, NEW.scopes, NEW.ip_mode, NEW.ip_rules, NEW.token_hash, NEW.hint, NEW.expires_at, NEW.issued_at))
  EXECUTE FUNCTION record_change('api_token', 'id');

CREATE TRIGGER user_account_insert_delete AFTER INSERT OR DELETE ON user_account
  FOR EACH ROW EXECUTE FUNCTION record_change('user', 'id');
CREATE TRIGGER user_account_update AFTER UPDATE ON user_account
  FOR EACH ROW WHEN (
    (OLD.status, OLD.role_id, OLD.company_id, OLD.ip_exempt, OLD.name, OLD.email)
    IS DISTINCT FROM (NEW.status, NEW.role_id, NEW.company_id, NEW.ip_exempt, NEW.name, NEW.email))
  EXECUTE FUNCTION record_change('user', 'id');
`;

// As migration 1764000000003 has it for clients.
const POLICY = `
CREATE POLICY within_reach ON api_token
  USING ((SELECT reach_is_unlimited()) OR company_path BETWEEN (SELECT reach_start()) AND (SELECT reach_end()));
ALTER TABLE api_token ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
`;

export class ApiTokens1764000000006 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const script of [TABLE, PLACE, CHANGES, POLICY]) await runner.query(script);
    const [place] = (await runner.query('SELECT quote_ident(current_schema()) AS schema')) as { schema: string }[];
    if (!place) throw new Error('there is no schema to work in');
    // It looks beyond the reach, so it runs as its owner, with names that mean what they mean here.
    await runner.query(
      `ALTER FUNCTION place_api_token() SECURITY DEFINER SET search_path = ${place.schema}, pg_temp;
       REVOKE EXECUTE ON FUNCTION place_api_token() FROM PUBLIC`,
    );
  }

  async down(): Promise<void> {
    throw new Error('This migration is not undone: restore a backup instead.');
  }
}

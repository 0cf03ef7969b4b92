// What tenants and the gate need: rules for whole companies, imported OpenAPI documents with their operations, the addresses that
// clients were seen at, and the company for which somebody is acting.
import type { MigrationInterface, QueryRunner } from 'typeorm';

const COLUMNS = `
ALTER TABLE company
  ADD COLUMN ip_mode text NOT NULL DEFAULT 'off',
  ADD COLUMN ip_rules text[] NOT NULL DEFAULT '{}',
  ADD CONSTRAINT company_ip_mode CHECK (ip_mode IN ('off', 'report', 'enforce'));

ALTER TABLE user_account ADD COLUMN ip_exempt boolean NOT NULL DEFAULT false;

ALTER TABLE session
  ADD COLUMN acting_company_id text COLLATE "C",
  ADD CONSTRAINT session_acting_company_id_fkey FOREIGN KEY (acting_company_id) REFERENCES company (id) ON DELETE SET NULL;
CREATE INDEX session_acting_company ON session (acting_company_id);

ALTER TABLE api
  ADD COLUMN docs_private boolean NOT NULL DEFAULT false,
  ADD COLUMN unknown_operations text NOT NULL DEFAULT 'refuse',
  ADD COLUMN imported_at timestamptz(3),
  ADD COLUMN base_paths text[] NOT NULL DEFAULT '{}',
  ADD COLUMN server_origins text[] NOT NULL DEFAULT '{}',
  ADD CONSTRAINT api_unknown_operations CHECK (unknown_operations IN ('refuse', 'allow'));

-- How many operations of the imported document it covers: counting thousands takes longer than a page may.
ALTER TABLE privilege ADD COLUMN operations integer NOT NULL DEFAULT 0;
`;

// The document lies apart, as JSON with gzip: it may have megabytes, and lists of APIs don't read it. `scopes` is a list of lists:
// all scopes of any one of them open the operation.
const TABLES = `
CREATE TABLE api_document (
  api_id text COLLATE "C" PRIMARY KEY REFERENCES api (id) ON DELETE CASCADE,
  document bytea NOT NULL
);

CREATE TABLE api_operation (
  api_id text COLLATE "C" NOT NULL REFERENCES api (id) ON DELETE CASCADE,
  method text COLLATE "C" NOT NULL,
  path text COLLATE "C" NOT NULL,
  many_segments text[] NOT NULL,
  scopes jsonb NOT NULL,
  PRIMARY KEY (api_id, method, path)
);

CREATE TABLE client_source (
  client_id text COLLATE "C" NOT NULL REFERENCES client (client_id) ON DELETE CASCADE,
  ip text COLLATE "C" NOT NULL,
  first_seen_at timestamptz(3) NOT NULL,
  last_seen_at timestamptz(3) NOT NULL,
  uses bigint NOT NULL,
  refusals bigint NOT NULL,
  PRIMARY KEY (client_id, ip)
);
CREATE INDEX client_source_seen ON client_source (last_seen_at);
`;

// Thousands of operations come with one import: told once for each statement, not for each row.
const CHANGES = `
CREATE FUNCTION record_operations_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM tell_change('api', api_id) FROM (SELECT DISTINCT api_id FROM changed_rows) AS told;
  RETURN NULL;
END $$;
CREATE TRIGGER api_operation_insert AFTER INSERT ON api_operation
  REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION record_operations_change();
CREATE TRIGGER api_operation_delete AFTER DELETE ON api_operation
  REFERENCING OLD TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION record_operations_change();

DROP TRIGGER privilege_change ON privilege;
CREATE TRIGGER privilege_insert AFTER INSERT ON privilege
  REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION record_operations_change();
CREATE TRIGGER privilege_update AFTER UPDATE ON privilege
  REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION record_operations_change();
CREATE TRIGGER privilege_delete AFTER DELETE ON privilege
  REFERENCING OLD TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION record_operations_change();
`;

export class TenancyAndGate1764000000002 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const script of [COLUMNS, TABLES, CHANGES]) await runner.query(script);
  }

  async down(): Promise<void> {
    throw new Error('This migration is not undone: restore a backup instead.');
  }
}

// Finds whose IP rules have host names without reading all rules there are.
import type { MigrationInterface, QueryRunner } from 'typeorm';

// Of a canonical rule only a host name has a letter and neither a colon nor a slash. Whatever is asked of the text is `array_to_string`,
// which is not immutable for every type of element; it is for text. The cost lets an index be preferred that has the answer.
const HOST_RULES = `
CREATE FUNCTION has_host_rule(rules text[]) RETURNS boolean IMMUTABLE PARALLEL SAFE COST 10000 LANGUAGE sql AS $$
  SELECT array_to_string(rules, ' ') ~ '(^| )[^ :/]*[a-z][^ :/]*( |$)'
$$;

CREATE INDEX client_host_rules ON client (client_id) WHERE ip_mode <> 'off' AND has_host_rule(ip_rules);
CREATE INDEX company_host_rules ON company (id) WHERE ip_mode <> 'off' AND has_host_rule(ip_rules);
`;

export class HostNameRules1764000000004 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(HOST_RULES);
  }

  async down(): Promise<void> {
    throw new Error('This migration is not undone: restore a backup instead.');
  }
}

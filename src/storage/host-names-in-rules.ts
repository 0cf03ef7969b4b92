// The host names that IP rules in force are made of, so that they are known before anybody asks.
import type { DataSource } from 'typeorm';
import { createClientBeside, poolOf } from './pool.ts';

/**
 * Of a canonical rule only a host name has a letter and neither a colon nor a slash. `has_host_rule` says so of a whole list, and
 * indexes have its answers: lists without a host name are not read.
 */
export const HOST_NAMES_IN_RULES = `
SELECT DISTINCT rule FROM (
  SELECT unnest(ip_rules) AS rule FROM client WHERE ip_mode <> 'off' AND has_host_rule(ip_rules)
  UNION ALL
  SELECT unnest(ip_rules) FROM api_token WHERE ip_mode <> 'off' AND has_host_rule(ip_rules)
  UNION ALL
  SELECT unnest(ip_rules) FROM company WHERE ip_mode <> 'off' AND has_host_rule(ip_rules)
) AS rules
WHERE rule ~ '[a-z]' AND rule !~ '[:/]'`;

/** Beside the pool, whose time limits are made for requests: thousands may have host names. */
export async function listHostNamesInRules(dataSource: DataSource): Promise<readonly string[]> {
  const client = createClientBeside(
    poolOf(dataSource),
    { connectionTimeoutMillis: 5000, query_timeout: 30_000, statement_timeout: 25_000 },
    () => undefined,
  );
  try {
    await client.connect();
    const { rows } = await client.query<{ rule: string }>(HOST_NAMES_IN_RULES);
    return rows.map(({ rule }) => rule);
  } finally {
    await client.end().catch(() => undefined);
  }
}

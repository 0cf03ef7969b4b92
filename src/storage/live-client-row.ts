// One row holds all that a live client is made of: the statement that reads it, and what is made of the row.
import type { Log } from '../base/log.ts';
import type { IpAddress } from '../domain/address/ip-address.ts';
import { compileIpMatcher } from '../domain/address/ip-matcher.ts';
import { type IpRestrictionMode, parseIpRuleList } from '../domain/address/ip-rule-list.ts';
import type { ClientStatus, TokenFormat } from '../domain/client/client.ts';
import type { LiveClient, LiveSecret } from '../domain/client/live-client.ts';
import type { CompanyRestriction } from '../domain/company/live-company.ts';
import { RESELLER_ROLE_ID } from '../domain/role/role.ts';
import { createGrantsReader, GRANTED_TO_ASKED } from './live-grants.ts';

export const LIVE_CLIENTS = `
WITH asked AS (SELECT * FROM client WHERE client_id = ANY ($1)),
${GRANTED_TO_ASKED}
SELECT c.client_id, c.name, c.status, c.expires_at, c.company_id, co.name AS company_name, co.path AS company_path,
  is_suspended(co.path) AS company_suspended, co.ip_mode AS company_ip_mode,
  c.role_id, r.name AS role_name, c.default_api, c.token_lifetime_seconds, c.token_format, c.token_generation, c.ip_mode,
  c.ip_rules, g.apis,
  (
    SELECT json_agg(json_build_object('id', s.id, 'hint', s.hint, 'hash', s.hash, 'expires_at', s.expires_at)
      ORDER BY s.created_at, s.id)
    FROM client_secret s WHERE s.client_id = c.client_id
  ) AS secrets
FROM asked c
JOIN company co ON co.id = c.company_id
JOIN role r ON r.id = c.role_id
LEFT JOIN granted g ON g.role_id = c.role_id AND g.company_id = c.company_id`;

export interface LiveClientRow {
  readonly client_id: string;
  readonly name: string;
  readonly status: ClientStatus;
  readonly expires_at: Date | null;
  readonly company_id: string;
  readonly company_name: string;
  readonly company_path: string;
  readonly company_suspended: boolean;
  readonly company_ip_mode: IpRestrictionMode;
  readonly role_id: string;
  readonly role_name: string;
  readonly default_api: string;
  readonly token_lifetime_seconds: number;
  readonly token_format: TokenFormat;
  readonly token_generation: number;
  readonly ip_mode: IpRestrictionMode;
  readonly ip_rules: readonly string[];
  /** JSON text: a list of GrantedApi. */
  readonly apis: string | null;
  readonly secrets: readonly SecretJson[] | null;
}

interface SecretJson {
  readonly id: string;
  readonly hint: string;
  readonly hash: string;
  readonly expires_at: string | null;
}

interface ReaderParts {
  readonly log: Pick<Log, 'error'>;
  readonly resolveHost?: ((name: string) => readonly IpAddress[]) | undefined;
}

export type ReadLiveClient = (row: LiveClientRow, companyRestriction: CompanyRestriction | undefined) => LiveClient;

export function createLiveClientReader({ log, resolveHost }: ReaderParts): ReadLiveClient {
  const readGrants = createGrantsReader();
  return (row, companyRestriction) => {
    const { rules, faults } = parseIpRuleList(row.ip_rules);
    // Only what was tampered with by hand. A rule that cannot be read lets nobody in; the others stay in force.
    if (faults.length > 0)
      log.error({ client_id: row.client_id, faults: faults.length }, 'stored IP rules cannot be read');
    return {
      type: 'client',
      id: row.client_id,
      clientId: row.client_id,
      name: row.name,
      status: row.status,
      expiresAt: row.expires_at,
      companyId: row.company_id,
      companyName: row.company_name,
      ownCompanyId: row.company_id,
      companySuspended: row.company_suspended,
      reach: {
        companyId: row.company_id,
        companyPath: row.company_path,
        subtree: row.role_id === RESELLER_ROLE_ID,
      },
      roleId: row.role_id,
      roleName: row.role_name,
      defaultApi: row.default_api,
      tokenLifetimeSeconds: row.token_lifetime_seconds,
      tokenFormat: row.token_format,
      tokenGeneration: row.token_generation,
      ipMode: row.ip_mode,
      ipMatcher: compileIpMatcher(rules, resolveHost),
      companyRestrictions: companyRestriction ? [companyRestriction] : [],
      secrets: (row.secrets ?? []).map(readSecret),
      grants: readGrants(row.apis),
    };
  };
}

function readSecret({ id, hint, hash, expires_at }: SecretJson): LiveSecret {
  return { id, hint, hash, expiresAt: expires_at === null ? null : new Date(expires_at) };
}

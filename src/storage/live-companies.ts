// Companies as the token path sees them: from memory while the change feed is fresh, else read in one statement for all who ask.
import type { Pool } from 'pg';
import type { DataSource } from 'typeorm';
import { createLiveCache } from '../base/live-cache.ts';
import type { Log } from '../base/log.ts';
import type { IpAddress } from '../domain/address/ip-address.ts';
import { compileIpMatcher } from '../domain/address/ip-matcher.ts';
import { type IpRestrictionMode, parseIpRuleList } from '../domain/address/ip-rule-list.ts';
import type { CompanyRestriction, LiveCompanies, LiveCompany } from '../domain/company/live-company.ts';
import { RESELLER_ROLE_ID } from '../domain/role/role.ts';
import type { ChangeFeed } from './change-feed.ts';
import { coalesceReads } from './coalesced-reads.ts';
import { createGrantsReader } from './live-grants.ts';
import { poolOf } from './pool.ts';

interface LiveCompaniesParts {
  readonly dataSource: DataSource;
  readonly feed: Pick<ChangeFeed, 'isFresh' | 'subscribe' | 'onGap'>;
  readonly log: Pick<Log, 'error'>;
  /** What a host name in an IP rule stands for now; without it such rules let nobody in. */
  readonly resolveHost?: ((name: string) => readonly IpAddress[]) | undefined;
  readonly maxEntries?: number | undefined;
}

const MAX_ENTRIES = 20_000;
const MAX_AGE_MILLISECONDS = 5 * 60 * 1000;
/** What is not of this form was never a company and costs no query. */
const COMPANY_ID = /^co_\w{1,100}$/;

const LIVE_COMPANIES = `
SELECT c.id, c.name, c.path, c.reseller, is_suspended(c.path) AS suspended, c.ip_mode, c.ip_rules, g.apis
FROM company c
LEFT JOIN LATERAL (
  SELECT json_agg(json_build_object('id', a.id, 'identifier', a.identifier, 'name', a.name, 'scopes', share.scopes)
    ORDER BY a.id)::text AS apis
  FROM (
    SELECT p.api_id, json_agg(p.scope ORDER BY p.position, p.scope) AS scopes
    FROM granted_privileges('${RESELLER_ROLE_ID}', c.id) p GROUP BY p.api_id
  ) share
  JOIN api a ON a.id = share.api_id
) g ON true
WHERE c.id = ANY ($1)`;

interface LiveCompanyRow {
  readonly id: string;
  readonly name: string;
  readonly path: string;
  readonly reseller: boolean;
  readonly suspended: boolean;
  readonly ip_mode: IpRestrictionMode;
  readonly ip_rules: readonly string[];
  /** JSON text: a list of GrantedApi. */
  readonly apis: string | null;
}

export function createLiveCompanies(parts: LiveCompaniesParts): LiveCompanies {
  const pool = poolOf(parts.dataSource);
  const read = createLiveCompanyReader(parts);
  const cache = createLiveCache<LiveCompany>({
    load: coalesceReads<LiveCompany>({ readMany: (ids) => readCompanies(pool, ids, read) }),
    maxEntries: parts.maxEntries ?? MAX_ENTRIES,
    maxAgeMilliseconds: MAX_AGE_MILLISECONDS,
    isFresh: () => parts.feed.isFresh(),
  });
  parts.feed.subscribe(({ topic, key }) => {
    // One that is suspended suspends all below it.
    if (topic === 'company') cache.evictWhere((company) => `/${company.path}`.includes(`/${key}/`));
    else if (topic === 'api') cache.evictAll();
  });
  parts.feed.onGap(() => cache.evictAll());
  return {
    peek: (id) => cache.peek(id),
    find: async (id) => (COMPANY_ID.test(id) ? await cache.get(id) : undefined),
  };
}

async function readCompanies(
  pool: Pool,
  ids: readonly string[],
  read: (row: LiveCompanyRow) => LiveCompany,
): Promise<ReadonlyMap<string, LiveCompany>> {
  const { rows } = await pool.query<LiveCompanyRow>({ name: 'live_companies', text: LIVE_COMPANIES, values: [ids] });
  return new Map(rows.map((row) => [row.id, read(row)]));
}

function createLiveCompanyReader({ log, resolveHost }: LiveCompaniesParts): (row: LiveCompanyRow) => LiveCompany {
  const readGrants = createGrantsReader();
  const restrictionOf = ({ id, name, ip_mode, ip_rules }: LiveCompanyRow): CompanyRestriction | undefined => {
    if (ip_mode === 'off') return undefined;
    const { rules, faults } = parseIpRuleList(ip_rules);
    // Only what was tampered with by hand. A rule that cannot be read lets nobody in; the others stay in force.
    if (faults.length > 0) log.error({ company_id: id, faults: faults.length }, 'stored IP rules cannot be read');
    return { companyId: id, companyName: name, mode: ip_mode, matcher: compileIpMatcher(rules, resolveHost) };
  };
  return (row) => ({
    id: row.id,
    name: row.name,
    path: row.path,
    reseller: row.reseller,
    suspended: row.suspended,
    resellerGrants: readGrants(row.apis),
    restriction: restrictionOf(row),
  });
}

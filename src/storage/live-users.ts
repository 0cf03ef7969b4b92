// Users as the token path sees them, when one of their API tokens comes: from memory while the change feed is fresh, else read in one
// statement for all who ask.
import type { Pool } from 'pg';
import type { DataSource } from 'typeorm';
import { createLiveCache } from '../base/live-cache.ts';
import { compileIpMatcher } from '../domain/address/ip-matcher.ts';
import type { IpRestrictionMode } from '../domain/address/ip-rule-list.ts';
import type { GrantedApi } from '../domain/api/privilege.ts';
import type { LiveUser, LiveUsers } from '../domain/api-token/live-api-token.ts';
import type { CompanyRestriction, LiveCompanies } from '../domain/company/live-company.ts';
import { RESELLER_ROLE_ID } from '../domain/role/role.ts';
import type { UserStatus } from '../domain/user/user.ts';
import type { ChangeFeed } from './change-feed.ts';
import { coalesceReads } from './coalesced-reads.ts';
import { createGrantsReader, GRANTED_TO_ASKED } from './live-grants.ts';
import { withRestrictions } from './live-restrictions.ts';
import { poolOf } from './pool.ts';

interface LiveUsersParts {
  readonly dataSource: DataSource;
  readonly feed: Pick<ChangeFeed, 'isFresh' | 'subscribe' | 'onGap'>;
  /** Compiled rules of companies: all who belong to one share them. */
  readonly companies: Pick<LiveCompanies, 'find'>;
  readonly maxEntries?: number | undefined;
}

const MAX_ENTRIES = 20_000;
const MAX_AGE_MILLISECONDS = 5 * 60 * 1000;
/** What is not of this form was never a user and costs no query. */
const USER_ID = /^usr_\w{1,100}$/;

/** Whom the rules of the company do not bind, nobody asks for them. */
const LIVE_USERS = `
WITH asked AS (SELECT * FROM user_account WHERE id = ANY ($1)),
${GRANTED_TO_ASKED}
SELECT u.id, u.name, u.email, u.status, u.company_id, co.name AS company_name, co.path AS company_path,
  is_suspended(co.path) AS company_suspended, CASE WHEN u.ip_exempt THEN 'off' ELSE co.ip_mode END AS company_ip_mode,
  u.role_id, r.name AS role_name, g.apis
FROM asked u
JOIN company co ON co.id = u.company_id
JOIN role r ON r.id = u.role_id
LEFT JOIN granted g ON g.role_id = u.role_id AND g.company_id = u.company_id`;

interface LiveUserRow {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly status: UserStatus;
  readonly company_id: string;
  readonly company_name: string;
  readonly company_path: string;
  readonly company_suspended: boolean;
  readonly company_ip_mode: IpRestrictionMode;
  readonly role_id: string;
  readonly role_name: string;
  /** JSON text: a list of GrantedApi. */
  readonly apis: string | null;
}

type ReadGrants = (apis: string | null) => ReadonlyMap<string, GrantedApi>;

export function createLiveUsers({ dataSource, feed, companies, maxEntries = MAX_ENTRIES }: LiveUsersParts): LiveUsers {
  const pool = poolOf(dataSource);
  const readGrants = createGrantsReader();
  const cache = createLiveCache<LiveUser>({
    load: coalesceReads<LiveUser>({ readMany: (ids) => readUsers(pool, ids, readGrants, companies) }),
    maxEntries,
    maxAgeMilliseconds: MAX_AGE_MILLISECONDS,
    isFresh: () => feed.isFresh(),
  });
  feed.subscribe(({ topic, key }) => {
    if (topic === 'user') cache.evict(key);
    else if (topic === 'role') cache.evictWhere((user) => user.roleId === key);
    else if (topic === 'company') cache.evictWhere((user) => `/${user.reach.companyPath}`.includes(`/${key}/`));
    else if (topic === 'api') cache.evictAll();
  });
  feed.onGap(() => cache.evictAll());
  return {
    peek: (userId) => cache.peek(userId),
    find: async (userId) => (USER_ID.test(userId) ? await cache.get(userId) : undefined),
  };
}

async function readUsers(
  pool: Pool,
  ids: readonly string[],
  readGrants: ReadGrants,
  companies: LiveUsersParts['companies'],
): Promise<ReadonlyMap<string, LiveUser>> {
  // By name: planning it anew would cost more than running it.
  const { rows } = await pool.query<LiveUserRow>({ name: 'live_users', text: LIVE_USERS, values: [ids] });
  const kept = await withRestrictions(rows, companies);
  return new Map(kept.map(([row, restriction]) => [row.id, readUser(row, restriction, readGrants(row.apis))]));
}

/** People have no rules of their own. */
const NO_RULES = compileIpMatcher([]);

function readUser(
  row: LiveUserRow,
  restriction: CompanyRestriction | undefined,
  grants: ReadonlyMap<string, GrantedApi>,
): LiveUser {
  return {
    type: 'user',
    id: row.id,
    name: row.name,
    email: row.email,
    status: row.status,
    expiresAt: null,
    companyId: row.company_id,
    companyName: row.company_name,
    ownCompanyId: row.company_id,
    companySuspended: row.company_suspended,
    reach: { companyId: row.company_id, companyPath: row.company_path, subtree: row.role_id === RESELLER_ROLE_ID },
    roleId: row.role_id,
    roleName: row.role_name,
    ipMode: 'off',
    ipMatcher: NO_RULES,
    companyRestrictions: restriction ? [restriction] : [],
    grants,
  };
}

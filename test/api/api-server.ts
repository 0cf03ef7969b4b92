// A server with nothing but the Management API and its documents, over a real socket and the real domain.

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Writable } from 'node:stream';
import type { Middleware } from 'koa';
import { createHttpApp } from '../../src/app/http-app.ts';
import type { Clock } from '../../src/base/clock.ts';
import { createLog } from '../../src/base/log.ts';
import { unavailable } from '../../src/base/problem.ts';
import type { KnownHosts } from '../../src/domain/address/kept-restriction.ts';
import type { Caller } from '../../src/domain/access/caller.ts';
import { compileIpMatcher } from '../../src/domain/address/ip-matcher.ts';
import { parseIpRuleList } from '../../src/domain/address/ip-rule-list.ts';
import { createApiDocs } from '../../src/domain/api/api-docs.ts';
import { createApiService } from '../../src/domain/api/api-service.ts';
import { createOpenApiReader } from '../../src/domain/api/openapi-reader.ts';
import { createApiTokenService } from '../../src/domain/api-token/api-tokens.ts';
import { createAuditService } from '../../src/domain/audit/audit-service.ts';
import { MANAGEMENT_API_ID, MANAGEMENT_PRIVILEGES, privilegeName } from '../../src/domain/api/privilege.ts';
import { createClientAddresses } from '../../src/domain/client/client-addresses.ts';
import { createClientService } from '../../src/domain/client/client-service.ts';
import { createCompanyService } from '../../src/domain/company/company-service.ts';
import { createRoleCommands } from '../../src/domain/role/role-commands.ts';
import { createRoleService } from '../../src/domain/role/role-service.ts';
import { COMPANY_ADMIN_ROLE_ID, RESELLER_ROLE_ID } from '../../src/domain/role/role.ts';
import { createUserCommands } from '../../src/domain/user/user-commands.ts';
import { createUserService } from '../../src/domain/user/user-service.ts';
import type { Storage } from '../../src/domain/stores.ts';
import { createSystemService, type SystemState } from '../../src/domain/system/system-service.ts';
import type { BearerAuthenticator, BearerVerdict } from '../../src/ports/api/authentication.ts';
import { createDocs } from '../../src/ports/api/docs.ts';
import { createApi } from '../../src/ports/api/router.ts';
import type { IgnoredForwardingTally } from '../../src/ports/http/ignored-forwarding.ts';
import type { RequestState } from '../../src/ports/http/request-context.ts';
import type { LiveReaders } from '../support/live-readers.ts';

export interface TestCaller {
  readonly company: { readonly id: string; readonly name: string; readonly path: string };
  readonly role: 'reseller' | 'company_admin';
  /** Scopes of the Management API; everything that the role holds when absent. */
  readonly scopes?: readonly string[];
}

export interface ApiServer {
  readonly url: string;
  /** Every line that was logged. */
  readonly logged: () => string;
  /** A token that stands for a caller from now on. */
  login(name: string, caller: TestCaller): string;
  /** As `login`, for a caller made to measure. */
  admit(token: string, caller: Caller): string;
  /** What the authenticator says to this token from now on, whatever it is. */
  answer(token: string, verdict: BearerVerdict | Error): void;
  close(): Promise<void>;
}

const nobodyLives = { liveClients: { find: async () => undefined }, liveCompanies: { find: async () => undefined } };

/** bcrypt has its own tests: here a hash only has to differ from what it was made of. */
const quickHasher = { hash: async (plain: string) => `hashed:${plain.length}` };

export async function startApiServer(parts: {
  storage: Storage;
  clock: Clock;
  issuer?: string;
  middleware?: readonly Middleware<RequestState>[];
  /** In place of one that takes the names of `login` for tokens. */
  authenticator?: BearerAuthenticator;
  /** Whether X-Forwarded-For of whoever calls is believed. */
  trustsCallers?: boolean;
  /** By which the access decision is explained; without them nobody can ask for it. */
  live?: Pick<LiveReaders, 'liveClients' | 'liveCompanies'>;
  hosts?: KnownHosts;
  readSystem?: () => Promise<SystemState>;
  ignored?: IgnoredForwardingTally;
}): Promise<ApiServer> {
  const lines: string[] = [];
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(chunk.toString());
      done();
    },
  });
  const log = createLog('info', sink);
  const verdicts = new Map<string, BearerVerdict | Error>();
  const byName: BearerAuthenticator = {
    async authenticate(token, { origin }) {
      const verdict = verdicts.get(token) ?? { ok: false, reason: 'invalid_token' };
      if (verdict instanceof Error) throw verdict;
      return verdict.ok ? { ...verdict, caller: { ...verdict.caller, origin } } : verdict;
    },
  };
  const authenticator = parts.authenticator ?? byName;
  const trustedProxies = compileIpMatcher(parts.trustsCallers ? parseIpRuleList(['127.0.0.1']).rules : []);
  const issuer = parts.issuer ?? 'http://localhost:3000';
  const reader = createOpenApiReader();
  const clients = createClientService({ ...parts, hasher: quickHasher });
  const services = {
    clients,
    clientAddresses: createClientAddresses({ ...parts, ...(parts.live ?? nobodyLives), clients }),
    system: createSystemService({ read: parts.readSystem ?? (() => Promise.reject(unavailable('nobody knows'))) }),
    companies: createCompanyService(parts),
    roles: { ...createRoleService(parts), ...createRoleCommands(parts) },
    users: { ...createUserService(parts), ...createUserCommands({ ...parts, hasher: quickHasher }) },
    audit: createAuditService(parts),
    apis: createApiService({ ...parts, reader }),
    apiTokens: createApiTokenService(parts),
  };
  const apiDocs = createApiDocs({ ...parts, reader, tokenUrl: `${issuer}/oauth2/token` });
  const docs = createDocs({ issuer, apiDocs, isSignedIn: (ctx) => ctx.get('cookie') === SIGNED_IN });
  const api = createApi({ issuer, services, authenticator, log, checksReplies: true });
  const ports = [...(parts.middleware ?? []), docs, api];
  const server = createServer(createHttpApp({ log, isHttps: false, trustedProxies, ignored: parts.ignored, ports }));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const admit = (token: string, caller: Caller) => {
    const owner = { type: caller.type === 'user' ? 'user' : 'client', id: caller.id, name: caller.name } as const;
    verdicts.set(token, { ok: true, caller, owner, ...circumstances });
    return token;
  };
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    logged: () => lines.join(''),
    login: (name, caller) => admit(name, toCaller(name, caller)),
    admit,
    answer: (token, verdict) => void verdicts.set(token, verdict),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** The cookie of somebody who is signed in to the pages. */
export const SIGNED_IN = 'session=theirs';

const circumstances = {
  token: { expiresAt: new Date('2030-01-01T00:00:00Z') },
  ip: { address: '127.0.0.1', allowed: true, mode: 'off' },
  secret: { hint: 'x7Qa', expiresAt: null },
  apiToken: null,
} as const;

/** A storage whose database is away: for tests of what is decided before it is asked. */
export const awayStorage: Storage = {
  read: () => Promise.reject(unavailable(new Error('connection refused by the database'))),
  write: () => Promise.reject(unavailable(new Error('connection refused by the database'))),
};

export const rootCompany = { id: 'co_root', name: 'Root', path: 'co_root/' };

/** As the real authenticator makes callers of clients. */
export function toCaller(name: string, { company, role, scopes }: TestCaller): Caller {
  const levels =
    role === 'company_admin'
      ? ['company']
      : company.id === 'co_root'
        ? ['company', 'reseller', 'root']
        : ['company', 'reseller'];
  const held = MANAGEMENT_PRIVILEGES.filter(({ level }) => levels.includes(level)).map(({ scope }) => scope);
  return {
    type: 'client',
    id: `pst_caller_${name}`,
    name,
    companyId: company.id,
    companyName: company.name,
    roleId: role === 'reseller' ? RESELLER_ROLE_ID : COMPANY_ADMIN_ROLE_ID,
    roleName: role === 'reseller' ? 'Reseller' : 'Company Admin',
    reach: { companyId: company.id, companyPath: company.path, subtree: role === 'reseller' },
    privileges: new Set((scopes ?? held).map((scope) => privilegeName(MANAGEMENT_API_ID, scope))),
    origin: { requestId: '', ip: null, userAgent: null },
  };
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body as JSON, whatever it is; `answers.ts` reads it by the schema of its contract. */
  readonly json: unknown;
}

/** `json` is sent as JSON; `body` as it is. */
export async function call(
  server: ApiServer,
  method: string,
  path: string,
  options: {
    token?: string;
    json?: unknown;
    body?: string | Uint8Array<ArrayBuffer>;
    headers?: Record<string, string>;
  } = {},
): Promise<Answer> {
  const headers = new Headers(options.headers);
  if (options.token !== undefined) headers.set('Authorization', `Bearer ${options.token}`);
  if (options.json !== undefined) headers.set('Content-Type', 'application/json');
  const body = options.json === undefined ? options.body : JSON.stringify(options.json);
  const response = await fetch(server.url + path, {
    method,
    headers,
    redirect: 'manual',
    ...(body === undefined ? {} : { body }),
  });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    text,
    json: text !== '' && /json/.test(response.headers.get('content-type') ?? '') ? JSON.parse(text) : undefined,
  };
}

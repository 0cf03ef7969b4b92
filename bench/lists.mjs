// What lists and searches cost in a large installation: 10,000 companies, 50,000 clients, 50,000 API tokens, 20,000 users, 2,000
// roles, a million audit events. Fills a database of its own by SQL, then asks the very stores that pages and API ask, as three
// callers: of root, of a reseller with half of all companies below it, and of one company. Build first (npm run build), then:
//
//   node bench/lists.mjs                            nine rounds
//   node bench/lists.mjs --rounds 3 --events 100000
//   node bench/lists.mjs --database postgres://…    an empty database instead of an embedded one
//
// Each row is one statement or few, asked in turn with row-level security and without; medians and worst in milliseconds, from the
// call to the answer. Nothing here passes or fails.

import { mkdtempSync, rmSync, chmodSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Client } from 'pg';
import { runWithin } from '../dist/src/domain/access/reach-scope.js';
import { startEmbeddedPostgres } from '../dist/src/storage/embedded/embedded-postgres.js';
import { clientSettings, createDataSource } from '../dist/src/storage/data-source.js';
import { migrate } from '../dist/src/storage/migrate.js';
import { createPostgresStorage } from '../dist/src/storage/postgres-storage.js';
import { FILL } from './large-installation.mjs';

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '9' },
    events: { type: 'string', default: '1000000' },
    database: { type: 'string' },
  },
});
const rounds = Number(options.rounds);
const log = { debug() {}, info() {}, warn: console.warn, error: console.error };

const FILL_EVENTS = `
INSERT INTO audit_event (time, company_id, company_path, action, outcome, actor_type, actor_id, actor_name, target_type, target_id, ip,
  request_id)
SELECT now() - ($1::bigint - n) * interval '1 second', c.company_id, co.path, CASE WHEN n % 500 = 0 THEN 'client.updated' ELSE 'token.issued' END,
  'success', 'client', c.client_id, c.name, 'client', c.client_id, '192.0.2.1', md5('request' || n)
FROM generate_series(1::bigint, $1::bigint) n
JOIN (SELECT *, row_number() OVER (ORDER BY client_id) AS place FROM client) c ON c.place = 1 + (n * 7919) % 50000
JOIN company co ON co.id = c.company_id ORDER BY n`;

const reach = (id, path, subtree) => ({ companyId: id, companyPath: path, subtree });
const CALLERS = {
  root: reach('co_root', 'co_root/', true),
  reseller: reach('co_r0', 'co_root/co_r0/', true),
  company: reach('co_c4', 'co_root/co_r0/co_c4/', false),
};
const page = { limit: 50 };
const newest = { ...page, order: 'desc' };

/** By name: what is asked. Searches for what is not there read everything. */
const QUESTIONS = {
  clients: (s, r) => s.clients.list({}, page, r),
  'clients by name': (s, r) => s.clients.list({ sort: 'name' }, page, r),
  'clients by last use': (s, r) => s.clients.list({ sort: 'last_used_at' }, page, r),
  'clients, search': (s, r) => s.clients.list({ q: 'job abc' }, page, r),
  'clients, search in vain': (s, r) => s.clients.list({ q: 'nowhere' }, page, r),
  'clients of a company': (s, r) => s.clients.list({ companyId: 'co_c4' }, page, r),
  'clients of a role': (s, r) => s.clients.list({ roleId: 'role_7' }, page, r),
  'clients, inactive': (s, r) => s.clients.list({ status: 'inactive' }, page, r),
  'clients, counted': (s, r) => s.clients.count(r),
  client: (s, r) => s.clients.find('pst_none', r),
  companies: (s, r) => s.companies.list({}, page, r),
  'companies by name': (s, r) => s.companies.list({ sort: 'name' }, page, r),
  'companies, search in vain': (s, r) => s.companies.list({ q: 'nowhere' }, page, r),
  'companies, suspended': (s, r) => s.companies.list({ status: 'suspended' }, page, r),
  company: (s, r) => s.companies.findSummary('co_c4', r),
  roles: (s, r) => s.roles.list({}, page, r),
  'roles, search in vain': (s, r) => s.roles.list({ q: 'nowhere' }, page, r),
  role: (s, r) => s.roles.find('role_0', r),
  'roles to choose from': (s, r) => s.roles.listChoosable(r.companyId),
  'role, its holders': (s, r) => s.roles.holdersOf('role_company_admin', r),
  users: (s, r) => s.users.list({}, page, r),
  'users by e-mail': (s, r) => s.users.list({ sort: 'email' }, page, r),
  'users, search in vain': (s, r) => s.users.list({ q: 'nowhere' }, page, r),
  'API tokens': (s, r) => s.apiTokens.list({}, page, r),
  'API tokens by name': (s, r) => s.apiTokens.list({ sort: 'name' }, page, r),
  'API tokens by last use': (s, r) => s.apiTokens.list({ sort: 'last_used_at' }, page, r),
  'API tokens, search': (s, r) => s.apiTokens.list({ q: 'export abc' }, page, r),
  'API tokens, search in vain': (s, r) => s.apiTokens.list({ q: 'nowhere' }, page, r),
  'API tokens, search for owner': (s, r) => s.apiTokens.list({ q: 'job abc' }, page, r),
  'API tokens of a company': (s, r) => s.apiTokens.list({ companyId: 'co_c4' }, page, r),
  'API tokens of a client': (s, r) => s.apiTokens.list({ clientId: 'pst_none' }, page, r),
  'API tokens of users': (s, r) => s.apiTokens.list({ ownerType: 'user' }, page, r),
  'API tokens for an API': (s, r) => s.apiTokens.list({ apiId: 'tickets' }, page, r),
  'API tokens, expired': (s, r) => s.apiTokens.list({ expired: { is: true, at: new Date() } }, page, r),
  privileges: (s, r) => s.privileges.list({}, page, r.companyId),
  'audit events': (s, r) => s.audit.list({}, newest, r),
  'audit events, oldest first': (s, r) => s.audit.list({}, { ...page, order: 'asc' }, r),
  'audit events of a client': (s, r) => s.audit.list({ clientId: 'pst_none' }, newest, r),
  'audit events of an action': (s, r) => s.audit.list({ action: 'client.updated' }, newest, r),
  'audit events, a request': (s, r) => s.audit.list({ q: 'b9c5d40b65da2696ab9d75512db07fb3' }, newest, r),
  'audit events, search': (s, r) => s.audit.list({ q: 'job a' }, newest, r),
  'audit event': (s, r) => s.audit.find('77', r),
};

async function openDatabase() {
  if (options.database) return { connection: { url: options.database }, close: () => undefined };
  const directory = mkdtempSync(join(tmpdir(), 'postern-lists-'));
  chmodSync(directory, 0o711);
  const server = await startEmbeddedPostgres({
    dataDirectory: join(directory, 'data'),
    binDirectory: process.env.PG_BIN,
    log,
  });
  const close = async () => {
    await server.stop();
    rmSync(directory, { recursive: true, force: true });
  };
  return { connection: server.connection, close };
}

async function fill(connection) {
  const client = new Client(clientSettings(connection));
  await client.connect();
  try {
    for (const sql of FILL) await client.query(sql);
    await client.query(FILL_EVENTS, [Number(options.events)]);
    await client.query('VACUUM ANALYZE');
  } finally {
    await client.end();
  }
}

async function timed(work) {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}

const median = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1];
const text = (milliseconds) => milliseconds.toFixed(milliseconds < 10 ? 2 : 1).padStart(9);

/** An answer that does not come within the pool's own time limits counts as one that took so long. */
async function ask(storage, question, within) {
  try {
    return await timed(() => storage.read((stores) => question(stores, within)));
  } catch (error) {
    if (error.code !== 'service.unavailable') throw error;
    return Infinity;
  }
}

async function run(connection) {
  const dataSource = createDataSource({ connection, log, poolSize: 1 });
  await dataSource.initialize();
  try {
    const storage = createPostgresStorage({ dataSource, onCommitted: () => undefined });
    const asked = Object.entries(QUESTIONS).flatMap(([name, question]) =>
      Object.entries(CALLERS).map(([caller, within]) => ({ name, caller, within, question, walled: [], bare: [] })),
    );
    for (let round = 0; round < rounds; round += 1) {
      for (const { within, question, walled, bare } of asked) {
        walled.push(await runWithin(within, () => ask(storage, question, within)));
        bare.push(await ask(storage, question, within));
      }
    }
    return asked;
  } finally {
    await dataSource.destroy();
  }
}

const database = await openDatabase();
try {
  const { connection } = database;
  await migrate({ connection, issuer: 'http://localhost:3000', log });
  process.stdout.write(`filling the database took ${((await timed(() => fill(connection))) / 1000).toFixed(1)} s\n`);
  const asked = await run(connection);
  process.stdout.write(`${'milliseconds'.padEnd(38)}   median    worst   without row-level security\n`);
  for (const { name, caller, walled, bare } of asked) {
    const row = [median(walled), Math.max(...walled), median(bare)].map(text).join('');
    process.stdout.write(`${name.padEnd(28)} ${caller.padEnd(9)}${row}\n`);
  }
} finally {
  await database.close();
}

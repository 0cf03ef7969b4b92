// What the tests of the live parts share: a database of their own, a pool on it, rows to read, and a log that is kept.

import type { DataSource } from 'typeorm';
import type { AuditAction, NewAuditEvent } from '../../src/domain/audit/audit-event.ts';
import { openChangeFeed, type ChangeFeed } from '../../src/storage/change-feed.ts';
import { createDataSource, type DatabaseConnection } from '../../src/storage/data-source.ts';

/** A pool like a running server's. The caller destroys it. */
export async function openDataSource(connection: DatabaseConnection, poolSize = 10): Promise<DataSource> {
  const dataSource = createDataSource({ connection, log: { warn: () => undefined }, poolSize });
  return await dataSource.initialize();
}

export interface KeptLog {
  readonly messages: string[];
  info(fields: object | string, message?: string): void;
  warn(fields: object | string, message?: string): void;
  error(fields: object | string, message?: string): void;
}

export function keepLog(): KeptLog {
  const messages: string[] = [];
  const write = (fields: object | string, message?: string): void => {
    messages.push(message ?? (typeof fields === 'string' ? fields : ''));
  };
  return { messages, info: write, warn: write, error: write };
}

export interface FeedOptions {
  readonly listen?: boolean;
  readonly pollMilliseconds?: number;
}

export async function openFeed(dataSource: DataSource, options: FeedOptions = {}): Promise<ChangeFeed> {
  return await openChangeFeed({ dataSource, log: keepLog(), ...options });
}

type Query = <Row extends object>(sql: string, values?: readonly unknown[]) => Promise<Row[]>;

let made = 0;

/** An active client of the root company with the role Company Admin, unless columns say otherwise. Answers its id. */
export async function insertClient(query: Query, columns: Readonly<Record<string, unknown>> = {}): Promise<string> {
  made += 1;
  const row: Record<string, unknown> = {
    client_id: `pst_${String(made).padStart(24, '0')}`,
    name: `Client ${made}`,
    name_key: `client ${made}`,
    search_text: `client ${made}`,
    description: '',
    company_id: 'co_root',
    role_id: 'role_company_admin',
    status: 'active',
    ip_mode: 'off',
    ip_rules: [],
    default_api: 'management',
    token_lifetime_seconds: 86_400,
    token_format: 'jwt',
    auth_method: 'client_secret',
    expires_at: null,
    token_generation: 0,
    created_at: new Date(),
    updated_at: new Date(),
    version: 1,
    ...columns,
  };
  await insert(query, 'client', row);
  return String(row['client_id']);
}

/** Answers the secret's id. */
export async function insertSecret(
  query: Query,
  clientId: string,
  columns: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  made += 1;
  const id = `sec_${made}`;
  const row = { id, client_id: clientId, hint: 'abcd', hash: `hash of ${id}`, created_at: new Date(), ...columns };
  await insert(query, 'client_secret', row);
  return id;
}

export async function insertCompany(query: Query, id: string, parent: { id: string; path: string }): Promise<string> {
  const path = `${parent.path}${id}/`;
  const now = new Date();
  await insert(query, 'company', {
    id,
    name: id,
    name_key: id,
    parent_id: parent.id,
    path,
    reseller: false,
    status: 'active',
    created_at: now,
    updated_at: now,
    version: 1,
  });
  return path;
}

export async function insert(query: Query, table: string, row: Readonly<Record<string, unknown>>): Promise<void> {
  const names = Object.keys(row);
  await query(
    `INSERT INTO ${table} (${names.join(', ')}) VALUES (${names.map((_, at) => `$${at + 1}`).join(', ')})`,
    Object.values(row),
  );
}

export function someEvent(changes: Partial<NewAuditEvent> = {}): NewAuditEvent {
  return {
    time: new Date(),
    companyId: 'co_root',
    action: 'token.issued' satisfies AuditAction,
    outcome: 'success',
    reason: null,
    actor: { type: 'client', id: 'pst_000000000000000000000000', name: 'SIEM' },
    target: null,
    ip: '203.0.113.7',
    userAgent: 'curl/8.5.0',
    requestId: '3f9c0000000000000000000000000000',
    changes: null,
    details: { scope: 'clients:read audit:read', api: 'management' },
    ...changes,
  };
}

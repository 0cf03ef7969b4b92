// API tokens for tests of the pages, and their form as a browser sends it.

import { expect } from 'vitest';
import type { Caller } from '../../src/domain/access/caller.ts';
import type { ApiTokenCreation } from '../../src/domain/api-token/api-token-fields.ts';
import type { ApiTokenFilter } from '../../src/domain/api-token/api-token-store.ts';
import type { ApiTokenSummary } from '../../src/domain/api-token/api-token.ts';
import type { ClientSummary } from '../../src/domain/client/client.ts';
import { COMPANY_ADMIN_ROLE_ID } from '../../src/domain/role/role.ts';
import { type Answered, hiddenField, request } from './form-request.ts';
import type { PageServer } from './page-server.ts';

export const VALUE = /pstt_[0-9A-Za-z]{49}/;

export async function makeClient(
  { services }: PageServer,
  caller: Caller,
  name: string,
  more: { companyId?: string; roleId?: string } = {},
): Promise<ClientSummary> {
  const { client } = await services.clients.register(caller, { name, roleId: COMPANY_ADMIN_ROLE_ID, ...more });
  return client;
}

/** Of the caller unless an owner is given; reads the audit log. */
export async function makeApiToken(
  { services }: PageServer,
  caller: Caller,
  more: Partial<ApiTokenCreation> & { name: string },
): Promise<ApiTokenSummary> {
  const { token } = await services.apiTokens.create(caller, { privileges: ['management/audit:read'], ...more });
  return token;
}

export async function listApiTokens(
  { services }: PageServer,
  caller: Caller,
  filter: Omit<ApiTokenFilter, 'expired'> = {},
): Promise<readonly ApiTokenSummary[]> {
  return (await services.apiTokens.list(caller, filter, { limit: 100 })).items;
}

/** The one whose name has this in it. */
export async function storedApiToken(server: PageServer, caller: Caller, q: string): Promise<ApiTokenSummary> {
  const found = await listApiTokens(server, caller, { q });
  expect(found).toHaveLength(1);
  const [token] = found;
  if (!token) throw new Error(`no API token is called ${q}`);
  return token;
}

interface Posted {
  readonly sessionToken: string;
  /** Where the form is asked for; `?client_id=…` chooses its owner. */
  readonly query?: string;
  readonly form: Readonly<Record<string, string>>;
}

/** Opens the form, and sends it with what it hides and what is given; a token that reads the audit log unless that says otherwise. */
export async function postNew(server: PageServer, { sessionToken, query = '', form }: Posted): Promise<Answered> {
  const shown = await request(server, `/api-tokens/new${query}`, { sessionToken });
  const hidden = Object.fromEntries(
    ['form_id', 'owner', 'api'].flatMap((name) =>
      shown.text.includes(`name="${name}" value=`) ? [[name, hiddenField(shown.text, name)]] : [],
    ),
  );
  return request(server, '/api-tokens', { sessionToken, form: { ...hidden, ...form } });
}

export const auditBox = { 'privilege:management/audit:read': 'on' } as const;

/** The texts of a column, or of the name of each row without it. */
export function rowNames(html: string): string[] {
  const names = html.matchAll(/<th role="rowheader"[^>]*>.*?<bdi class="chosen">(.*?)<\/bdi>/gs);
  return [...names].map(([, name = '']) => name);
}

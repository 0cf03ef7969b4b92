// Every page in its main states: empty, filled, with faults, with text that tries to break it.

import { h, type JSX } from 'preact';
import { AccountPage, type SessionRow } from '../../views/pages/account.tsx';
import { AuditEventPage } from '../../views/pages/audit-event.tsx';
import { AuditListPage } from '../../views/pages/audit-list.tsx';
import { ClientDetailPage } from '../../views/pages/client-detail.tsx';
import { clientDeletion } from '../../views/pages/client-ending.tsx';
import { ClientEditPage } from '../../views/pages/client-edit.tsx';
import { ClientNewPage } from '../../views/pages/client-new.tsx';
import { ClientSecretShownPage } from '../../views/pages/client-secret-shown.tsx';
import { ClientsListPage, type ClientsListPageProps } from '../../views/pages/clients-list.tsx';
import { ConfirmPage } from '../../views/pages/confirm.tsx';
import { DocsPage } from '../../views/pages/docs.tsx';
import { ErrorPage } from '../../views/pages/error.tsx';
import { InvitationPage } from '../../views/pages/invitation.tsx';
import { LoginPage } from '../../views/pages/login.tsx';
import { OverviewPage } from '../../views/pages/overview.tsx';
import { SetupPage } from '../../views/pages/setup.tsx';
import type { CompanyFilterChoice } from '../../views/parts/company-filter.tsx';
import type { SelectOption } from '../../views/parts/field.tsx';
import { addressGallery } from './address-gallery.ts';
import { apiTokenGallery } from './api-token-gallery.ts';
import * as sample from './fixtures.ts';
import { tenancyGallery } from './tenancy-gallery.ts';

const { frame, now, ago, hour, minute, hostile, longWord, mixedText } = sample;

const issuer = 'https://id.northwind.test';
const urls = { tokenUrl: `${issuer}/oauth2/token`, meUrl: `${issuer}/api/v1/me` };

const endpoints = {
  tokenUrl: urls.tokenUrl,
  introspectUrl: `${issuer}/oauth2/introspect`,
  revokeUrl: `${issuer}/oauth2/revoke`,
  jwksUrl: `${issuer}/.well-known/jwks.json`,
  metadataUrl: `${issuer}/.well-known/oauth-authorization-server`,
  apiUrl: `${issuer}/api/v1`,
};

const filterBy = (options: readonly SelectOption[]) => ({ options, isCut: false, q: undefined, matches: undefined });

const manyCompanies: CompanyFilterChoice = filterBy([
  { value: 'co_contoso', label: 'Contoso' },
  { value: 'co_north', label: 'Northwind Security' },
]);

const list: ClientsListPageProps = {
  frame: frame('clients'),
  clients: sample.clientRows,
  filter: { q: '', status: '', roleId: '', companyId: '' },
  companies: undefined,
  roles: sample.roleOptions,
  sort: {
    name: { href: '/clients?sort=name' },
    created: { href: '/clients?sort=created', direction: 'descending' },
    lastUsed: { href: '/clients?sort=-last_used' },
  },
  sortValue: '',
  total: 214,
  nextHref: '/clients?cursor=abc',
  mayCreate: true,
};

const form = {
  frame: frame('clients'),
  values: sample.formValues,
  errors: {},
  roles: sample.roleOptions,
  apis: sample.apiOptions,
  yourAddress: '203.0.113.9',
  hidden: { form_id: 'f1' },
};

const faultyForm = {
  ...form,
  values: {
    ...sample.formValues,
    name: hostile,
    description: `\n${mixedText}\n${longWord}`,
    ip_mode: 'enforce',
    ip_rules: '203.0.113.7\n192.168.01.1\n10.0.0.0/40',
    token_lifetime: '30',
  },
  errors: {
    name: ['At most 200 characters.'],
    role_id: ['Choose a role.'],
    ip_rules: ['192.168.01.1: write the numbers without leading zeros.', '10.0.0.0/40: the prefix goes up to 32.'],
    token_lifetime: ['From 60 to 86400 seconds.'],
    unknown_field: ['Not a field of a client.'],
  },
};

const detail = {
  frame: frame('clients'),
  client: sample.client,
  secrets: sample.secrets,
  apiTokens: sample.ownedApiTokens,
  sources: sample.sources,
  hasMoreSources: true,
  requests: sample.requests,
  ...urls,
  mayWrite: true,
  secretFormId: 'f2',
};

const shown = {
  frame: frame('clients'),
  client: {
    clientId: sample.clientId(0),
    name: 'siem-connector',
    role: 'Company Admin',
    tokenLifetimeSeconds: 86_400,
  },
  clientSecret: sample.secretText,
  occasion: 'created' as const,
  tokenUrl: urls.tokenUrl,
  notices: [],
};

const auditList = {
  frame: frame('audit'),
  events: sample.auditRows,
  filter: { q: '', action: '', outcome: '', companyId: '', from: '', to: '' },
  companies: filterBy([{ value: 'co_contoso', label: 'Contoso' }]),
  errors: {},
  actions: ['client.created', 'token.issued', 'token.refused', 'user.signed_in'].map((value) => ({
    value,
    label: value,
  })),
  nextHref: '/audit?cursor=abc',
};

const [firstEvent] = sample.auditRows;
if (!firstEvent) throw new Error('the fixtures have no audit event');
const auditEvent = {
  ...firstEvent,
  action: 'client.updated',
  actor: { type: 'user', id: '0198f2c4-7e55-7b3a-9c1d-2f6e8a0b4c5d', name: 'Ada Lovelace' },
  target: { type: 'client', id: sample.clientId(0), name: 'siem-connector', href: '/clients/x' },
  company: 'Northwind Security',
  reasonCode: null,
  userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
  changes: [
    { field: 'name', old: '"siem"', new: '"siem-connector"' },
    { field: 'ip_restriction', old: '{"mode":"off"}', new: '{"mode":"enforce","rules":["203.0.113.7","10.0.0.0/8"]}' },
    { field: 'expires_at', old: null, new: '"2027-01-01T00:00:00Z"' },
  ],
  details: [{ name: 'secret_hint', value: 'x7Qa' }],
};

const sessions: readonly SessionRow[] = [
  {
    id: 'a',
    current: true,
    address: '198.51.100.4',
    browser: 'Firefox on Linux',
    signedInAt: ago(2 * hour),
    lastSeenAt: now,
  },
  {
    id: 'b',
    current: false,
    address: '2001:db8::9',
    browser: 'Safari on macOS',
    signedInAt: ago(9 * hour),
    lastSeenAt: ago(20 * minute),
  },
];

const account = {
  frame: frame('account'),
  account: { name: 'Ada Lovelace', email: 'ada@northwind.test', role: 'Reseller', company: 'Northwind Security' },
  errors: {},
  sessions,
};

const overview = {
  frame: frame('overview'),
  clients: { active: 212, inactive: 2 },
  users: { active: 3, inactive: 0 },
  companies: { active: 41, suspended: 1 },
  traffic: {
    lastIssued: { at: ago(40), client: 'siem-connector', eventHref: '/audit/e1' },
    refused24h: { count: 200, more: true },
    refusals: sample.requests.filter((request) => request.outcome === 'refused'),
  },
  endpoints,
  mayCreateClients: true,
};

const calm = { lastIssued: null, refused24h: { count: 0, more: false }, refusals: [] };

const good = { tone: 'good' as const, text: 'Saved the changes to siem-connector.' };

/** By name: the name begins with the page's. */
export const gallery: Readonly<Record<string, () => JSX.Element>> = {
  setup: () => h(SetupPage, { token: 'st_1', values: { email: '', name: '' }, errors: {} }),
  'setup-faults': () =>
    h(SetupPage, {
      token: hostile,
      values: { email: hostile, name: longWord },
      errors: { email: ['This is no email address.'], password: ['At least 15 characters.', 'Too common.'] },
    }),
  invitation: () =>
    h(InvitationPage, { token: 'inv_1', user: { name: 'Ada', email: 'ada@northwind.test' }, errors: {} }),
  login: () => h(LoginPage, { values: { email: '' }, errors: {} }),
  'login-faults': () =>
    h(LoginPage, {
      values: { email: 'ada@northwind.test' },
      errors: { form: ['Email address or password is wrong.'] },
      notice: { tone: 'info', text: 'Your session has ended. Sign in to go on.' },
      next: '/clients?q="x"',
    }),
  overview: () => h(OverviewPage, overview),
  'overview-first': () =>
    h(OverviewPage, {
      ...overview,
      clients: { active: 0, inactive: 0 },
      traffic: calm,
    }),
  'overview-calm': () => h(OverviewPage, { ...overview, traffic: calm }),
  clients: () => h(ClientsListPage, list),
  'clients-first': () => h(ClientsListPage, { ...list, clients: [], total: 0, nextHref: undefined }),
  'clients-none-match': () =>
    h(ClientsListPage, {
      ...list,
      clients: [],
      total: 0,
      nextHref: undefined,
      filter: { q: hostile, status: 'active', roleId: '', companyId: '' },
    }),
  'clients-many-companies': () => h(ClientsListPage, { ...list, companies: { ...manyCompanies, q: '', isCut: true } }),
  'clients-company-found': () =>
    h(ClientsListPage, {
      ...list,
      filter: { q: 'siem', status: 'active', roleId: '', companyId: 'co_contoso' },
      companies: { ...manyCompanies, q: 'north', matches: 2 },
    }),
  'clients-company-not-found': () =>
    h(ClientsListPage, { ...list, companies: { ...manyCompanies, q: longWord, matches: 0 } }),
  'clients-hard-names': () =>
    h(ClientsListPage, {
      ...list,
      companies: filterBy([{ value: 'co_long', label: longWord }]),
      frame: frame('clients', { company: longWord, user: mixedText }),
      clients: sample.hardClientRows,
      total: 3,
      firstHref: '/clients',
    }),
  'client-new': () => h(ClientNewPage, form),
  'client-new-faults': () => h(ClientNewPage, faultyForm),
  'client-edit': () =>
    h(ClientEditPage, {
      ...form,
      client: sample.client,
      values: {
        ...sample.formValues,
        name: 'siem-connector',
        role_id: 'company-admin',
        ip_mode: 'enforce',
        ip_rules: sample.client.ipRestriction.rules.join('\n'),
        expires_at: '2027-01-01T00:00',
      },
    }),
  client: () => h(ClientDetailPage, { ...detail, frame: frame('clients', { flash: good }) }),
  'client-fresh': () =>
    h(ClientDetailPage, {
      ...detail,
      client: {
        ...sample.client,
        description: '',
        ipRestriction: { mode: 'off', rules: [] },
        hosts: [],
        lastUsedAt: null,
      },
      secrets: sample.secrets.slice(0, 1),
      apiTokens: { first: [], total: 0, href: '/api-tokens?client_id=x' },
      sources: [],
      requests: [],
    }),
  'client-inactive': () =>
    h(ClientDetailPage, { ...detail, client: { ...sample.client, status: 'inactive' }, secrets: [], requests: [] }),
  'client-read-only': () =>
    h(ClientDetailPage, { ...detail, client: { ...sample.client, status: 'expired' }, mayWrite: false }),
  'client-hard': () =>
    h(ClientDetailPage, {
      ...detail,
      client: {
        ...sample.client,
        name: longWord,
        description: `${hostile}\n${mixedText}\n${longWord}`,
        role: { name: longWord, href: '/roles/x' },
        ipRestriction: {
          mode: 'report',
          rules: Array.from({ length: 40 }, (_, index) => `2001:db8:ffff:ffff:ffff:ffff:ffff:${index}`),
        },
      },
    }),
  'client-secret': () => h(ClientSecretShownPage, shown),
  'client-secret-added': () =>
    h(ClientSecretShownPage, {
      ...shown,
      client: { ...shown.client, name: `${mixedText} ${longWord}` },
      occasion: 'added',
      notices: ['192.168.1.30/24 was stored as 192.168.1.0/24.'],
    }),
  confirm: () =>
    h(ConfirmPage, {
      frame: frame('clients'),
      title: 'Delete siem-connector?',
      crumbs: [
        { href: '/clients', label: 'Clients' },
        { href: '/clients/x', label: 'siem-connector' },
      ],
      confirmation: clientDeletion(sample.client, 3),
      cancelHref: '/clients/x',
    }),
  audit: () => h(AuditListPage, auditList),
  'audit-first': () => h(AuditListPage, { ...auditList, events: [], nextHref: undefined }),
  'audit-faults': () =>
    h(AuditListPage, {
      ...auditList,
      events: [],
      filter: {
        q: hostile,
        action: 'token.issued',
        outcome: 'failure',
        companyId: '',
        from: '2026-03-14',
        to: '2026-03-01',
      },
      errors: { to: 'This is before “From”.' },
    }),
  'audit-event': () => h(AuditEventPage, { frame: frame('audit'), event: auditEvent }),
  'audit-event-hard': () =>
    h(AuditEventPage, {
      frame: frame('audit'),
      event: {
        ...auditEvent,
        outcome: 'refused',
        reason: 'Address not allowed',
        reasonCode: 'address_not_allowed',
        userAgent: `${hostile} ${longWord}`,
        target: { type: 'client', id: longWord, name: mixedText },
        changes: [{ field: 'description', old: longWord, new: hostile }],
      },
    }),
  account: () => h(AccountPage, account),
  'account-faults': () =>
    h(AccountPage, {
      ...account,
      errors: { current_password: ['This is not your password.'], new_password: ['At least 15 characters.'] },
      sessions: sessions.slice(0, 1),
    }),
  ...tenancyGallery,
  ...addressGallery,
  ...apiTokenGallery,
  error: () =>
    h(ErrorPage, {
      frame: frame(null),
      status: 404,
      title: 'There is no such client',
      detail: 'It may have been deleted, or it belongs to a company that you don’t manage.',
      requestId: '3f9c1b7e2d1a4c08',
      action: { href: '/clients', label: 'Go to the clients' },
    }),
  'error-alone': () =>
    h(ErrorPage, {
      status: 503,
      title: 'The database can’t be reached',
      detail: 'Nothing was changed. Try again in a moment.',
      requestId: '3f9c1b7e2d1a4c08',
    }),
  docs: () =>
    h(DocsPage, {
      apiName: 'Management API',
      specHref: '/api/openapi.json',
      resource: 'https://id.example.com/api',
      folded: false,
      signedIn: true,
      here: '/docs',
      apis: [
        { href: '/docs', name: 'Management API' },
        { href: '/docs/orders', name: 'Orders' },
      ],
    }),
};

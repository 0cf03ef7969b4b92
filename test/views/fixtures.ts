// The people, clients and events that the gallery of pages is filled with.

import type { AppFrame, Flash, NavItem } from '../../views/layout/app-shell.tsx';
import type { AuditRow } from '../../views/pages/audit-list.tsx';
import type { ClientDetail } from '../../views/pages/client-detail.tsx';
import type { ClientFormValues } from '../../views/pages/client-form.tsx';
import type { ClientSecretRow } from '../../views/pages/client-secrets.tsx';
import type { ClientRow } from '../../views/pages/clients-list.tsx';
import type { ApiTokenRow, OwnedApiTokens } from '../../views/parts/api-tokens.tsx';
import type { SourceRow } from '../../views/parts/client-sources.tsx';
import type { TokenRequest } from '../../views/parts/token-requests.tsx';

export const now = new Date('2026-03-14T15:09:26Z');

export function ago(seconds: number): Date {
  return new Date(now.getTime() - seconds * 1000);
}

export const minute = 60;
export const hour = 3600;
export const day = 86_400;

/** Text that breaks out of HTML, attributes, scripts or URLs where something forgets to escape. */
export const hostile = `"><script>window.hacked=1</script><img src=x onerror="window.hacked=2">'&amp;</title></textarea>{{7*7}}`;
export const longWord = 'w'.repeat(200);
export const mixedText = 'مزامنة الحسابات 🔐 synchronisation \u202Eeert\u202C 日本語テスト';

type Place = 'overview' | 'clients' | 'api-tokens' | 'companies' | 'users' | 'roles' | 'audit' | 'account';

function nav(place: Place | null): readonly NavItem[] {
  return [
    { href: '/', label: 'Overview', icon: 'overview', current: place === 'overview' },
    { href: '/clients', label: 'Clients', icon: 'clients', current: place === 'clients' },
    { href: '/api-tokens', label: 'API tokens', icon: 'token', current: place === 'api-tokens' },
    { href: '/companies', label: 'Companies', icon: 'company', current: place === 'companies' },
    { href: '/users', label: 'Users', icon: 'users', current: place === 'users' },
    { href: '/roles', label: 'Roles', icon: 'roles', current: place === 'roles' },
    { href: '/audit', label: 'Audit log', icon: 'audit', current: place === 'audit' },
  ];
}

interface More {
  flash?: Flash;
  company?: string;
  user?: string;
  /** For a company that is not one's own. */
  acting?: { company: string; ownName: string };
}

export function frame(place: Place | null, more: More = {}): AppFrame {
  return {
    now,
    nav: [
      { items: nav(place) },
      {
        items: [
          { href: '/docs', label: 'API docs', icon: 'docs', current: false },
          { href: '/account', label: 'Account', icon: 'account', current: place === 'account' },
        ],
      },
    ],
    company: more.acting
      ? { name: more.acting.company, switchable: true, ownName: more.acting.ownName }
      : { name: more.company ?? 'Northwind Security', switchable: more.company !== undefined },
    user: { name: more.user ?? 'Ada Lovelace', email: 'ada@northwind.test' },
    flash: more.flash,
  };
}

const names = [
  'siem-connector',
  'SOAR playbooks',
  'Joiner and leaver sync',
  'password-rotation',
  'Grafana reports',
  'postman (Ada)',
  'backup-verify',
  'HR import',
];

export function clientId(index: number): string {
  return `pst_${'7Qm2xLw9RtK4vBn8YcJ3'.slice(index)}${'hD6sPz0'.slice(0, index)}`;
}

export const clientRows: readonly ClientRow[] = names.map((name, index) => ({
  clientId: clientId(index),
  name,
  status: index === 3 ? 'inactive' : index === 6 ? 'expired' : 'active',
  role: index === 1 ? 'Reseller' : 'Company Admin',
  company: index % 3 === 0 ? 'Northwind Security' : 'Contoso',
  createdAt: ago((index + 1) * (index + 2) * 2.3 * day),
  lastUsedAt: index === 5 ? null : ago((index * index * 7 + 1) * 9 * minute),
}));

export const hardClientRows: readonly ClientRow[] = [hostile, longWord, mixedText].map((name, index) => ({
  clientId: clientId(index),
  name,
  status: 'active',
  role: index === 1 ? longWord : name,
  company: name,
  createdAt: ago(day),
  lastUsedAt: null,
}));

export const client: ClientDetail = {
  clientId: clientId(0),
  name: 'siem-connector',
  description: 'Collects the audit log for the SOC. Ask Grace Hopper before changing anything here.',
  status: 'active',
  company: { name: 'Contoso', href: '/companies/co_contoso' },
  role: { name: 'Company Admin', href: '/roles/company-admin' },
  ipRestriction: { mode: 'enforce', rules: ['203.0.113.7', '10.0.0.0/8', '2001:db8:42::/48', 'vpn.contoso.test'] },
  hosts: [
    {
      name: 'vpn.contoso.test',
      words: 'It stands for 198.51.100.7, 2001:db8::7.',
      tone: 'good',
      since: ago(3 * day),
      closesAt: null,
    },
  ],
  tokenLifetimeSeconds: 86_400,
  tokenFormat: 'jwt',
  defaultApi: 'Management API',
  createdAt: ago(40 * day),
  updatedAt: ago(3 * day),
  expiresAt: null,
  lastUsedAt: ago(4 * minute),
};

export const sources: readonly SourceRow[] = [
  {
    address: '203.0.113.7',
    firstSeenAt: ago(29 * day),
    lastSeenAt: ago(4 * minute),
    uses: 41_022,
    refusals: 0,
    verdict: 'allowed',
    isByCompany: false,
  },
  {
    address: '198.51.100.23',
    firstSeenAt: ago(3 * day),
    lastSeenAt: ago(20 * minute),
    uses: 7,
    refusals: 2,
    verdict: 'refused',
    isByCompany: true,
  },
  {
    address: '2001:db8:ffff:ffff:ffff:ffff:ffff:fffe',
    firstSeenAt: ago(2 * hour),
    lastSeenAt: ago(hour),
    uses: 0,
    refusals: 12,
    verdict: 'refused',
    isByCompany: false,
    allowHref: `/clients/${clientId(0)}/allow-address?address=2001%3Adb8%3Affff%3Affff%3Affff%3Affff%3Affff%3Afffe`,
  },
];

export const secrets: readonly ClientSecretRow[] = [
  {
    id: 's1',
    hint: 'x7Qa',
    createdAt: ago(40 * day),
    expiresAt: null,
    lastUsedAt: ago(4 * minute),
    lastUsedAddress: '203.0.113.7',
  },
  {
    id: 's2',
    hint: 'Lm0Z',
    createdAt: ago(2 * hour),
    expiresAt: ago(-30 * day),
    lastUsedAt: null,
    lastUsedAddress: null,
  },
];

export function apiTokenRow(index: number): ApiTokenRow {
  const states = ['later', 'soon', 'expired'] as const;
  const state = states[index % 4];
  return {
    id: `tok_4fTq9ZxV2bNc7LmR1${index}`,
    name: ['Power BI reports', 'Nightly export', 'Status board', 'Ada’s shell'][index % 4] ?? 'another',
    owner:
      index % 2 === 0
        ? { kind: 'client', name: 'siem-connector', href: `/clients/${clientId(0)}` }
        : { kind: 'user', name: 'Ada Lovelace' },
    company: 'Contoso',
    api: index === 1 ? 'GitHub' : 'Management API',
    privilegeCount: index === 2 ? 1 : 14 * (index + 1),
    hint: 'x7Qa',
    expiry: state ? { at: ago({ later: -80, soon: -5, expired: 3 }[state] * day), state } : null,
    createdAt: ago((index + 1) * 9 * day),
    lastUsedAt: index === 3 ? null : ago((index + 1) * 7 * hour),
  };
}

export const apiTokenRows: readonly ApiTokenRow[] = [0, 1, 2, 3].map(apiTokenRow);

export const ownedApiTokens: OwnedApiTokens = {
  first: apiTokenRows,
  total: 12,
  href: '/api-tokens?client_id=x',
  newHref: '/api-tokens/new?client_id=x',
};

export const apiTokenText = 'pstt_4fTq9ZxV2bNc7LmR1sKd8WyHg3PjUeA6oXi0QtBzCvSn5Y0Gk2Ma1';

export const secretText = 'psts_4fTq9ZxV2bNc7LmR1sKd8WyHg3PjUeA6oXi0QtBzCvSn5Y0Gk2Ma1';

const requestSamples: readonly Pick<TokenRequest, 'outcome' | 'reason' | 'address'>[] = [
  { outcome: 'success', reason: null, address: '203.0.113.7' },
  { outcome: 'refused', reason: 'Address not allowed', address: '198.51.100.23' },
  { outcome: 'refused', reason: 'Wrong secret', address: '203.0.113.7' },
  { outcome: 'reported', reason: 'Address outside the list', address: '2001:db8:ffff:ffff:ffff:ffff:ffff:fffe' },
  { outcome: 'success', reason: null, address: null },
];

export const requests: readonly TokenRequest[] = requestSamples.map((sample, index) => ({
  ...sample,
  id: `ev-${index}`,
  at: ago((index * index * 40 + 2) * minute),
  requestId: `3f9c${index}b7e2d1a4c08`,
  client: { name: names[index] ?? 'gone', href: index === 2 ? null : `/clients/${clientId(index)}` },
}));

export const formValues: ClientFormValues = {
  company_id: 'co_root',
  name: '',
  description: '',
  role_id: '',
  status: 'active',
  ip_mode: 'off',
  ip_rules: '',
  token_lifetime: '86400',
  token_format: 'jwt',
  expires_at: '',
  default_api: 'management',
};

export const roleOptions = [
  { value: 'company-admin', label: 'Company Admin' },
  { value: 'reseller', label: 'Reseller' },
];

export const apiOptions = [{ value: 'management', label: 'Management API' }];

const ada = { type: 'user', id: 'u1', name: 'Ada Lovelace' };

export const auditRows: readonly AuditRow[] = [
  {
    id: 'e1',
    at: ago(20),
    action: 'token.issued',
    actor: { type: 'client', id: clientId(0), name: 'siem-connector', href: `/clients/${clientId(0)}` },
    target: null,
    outcome: 'success',
    reason: null,
    address: '203.0.113.7',
    requestId: '3f9c1b7e2d1a4c08',
    company: 'Contoso',
  },
  {
    id: 'e2',
    at: ago(6 * minute),
    action: 'token.refused',
    actor: { type: 'client', id: clientId(1), name: 'SOAR playbooks', href: `/clients/${clientId(1)}` },
    target: null,
    outcome: 'refused',
    reason: 'Address not allowed',
    address: '2001:db8:ffff:ffff:ffff:ffff:ffff:fffe',
    requestId: '9a01c77be2d1a4c08',
    company: 'Contoso',
  },
  {
    id: 'e3',
    at: ago(2 * hour),
    action: 'client_secret.created',
    actor: ada,
    target: { type: 'client', id: clientId(0), name: 'siem-connector', href: `/clients/${clientId(0)}` },
    outcome: 'success',
    reason: null,
    address: '198.51.100.4',
    requestId: 'c08d3f9c1b7e2d1a',
    company: 'Contoso',
  },
  {
    id: 'e4',
    at: ago(26 * hour),
    action: 'user.signed_in',
    actor: { type: 'user', id: null, name: 'mallory@elsewhere.test' },
    target: null,
    outcome: 'failed',
    reason: 'Wrong password',
    address: '192.0.2.66',
    requestId: 'd1a4c08d3f9c1b7e',
    company: 'Contoso',
  },
  {
    id: 'e5',
    at: ago(90 * day),
    action: 'system.started',
    actor: { type: 'system', id: null, name: null },
    target: null,
    outcome: 'success',
    reason: null,
    address: null,
    requestId: null,
    company: 'Contoso',
  },
];

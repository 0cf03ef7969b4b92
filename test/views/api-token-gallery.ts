// The pages about API tokens in their main states.

import { h, type JSX } from 'preact';
import { ApiTokenDetailPage, type ApiTokenDetailPageProps } from '../../views/pages/api-token-detail.tsx';
import { apiTokenDeletion, apiTokenRegeneration } from '../../views/pages/api-token-ending.tsx';
import { ApiTokenFormPage, type ApiTokenFormPageProps } from '../../views/pages/api-token-form.tsx';
import { ApiTokenShownPage, type ApiTokenShownPageProps } from '../../views/pages/api-token-shown.tsx';
import { ApiTokensListPage, type ApiTokensListPageProps } from '../../views/pages/api-tokens-list.tsx';
import { ConfirmPage } from '../../views/pages/confirm.tsx';
import type { OwnerChoice, OwnerView } from '../../views/parts/owner-field.tsx';
import type { PickerApi } from '../../views/parts/privilege-picker.tsx';
import * as sample from './fixtures.ts';

const { frame, ago, day, hour, hostile, longWord, mixedText } = sample;
const tokens = sample.apiTokenRows;

const list: ApiTokensListPageProps = {
  frame: frame('api-tokens'),
  tokens,
  filter: { q: '', ownerType: '', expired: '', companyId: '', owner: null },
  companies: undefined,
  sort: {
    name: { href: '/api-tokens?sort=name' },
    created: { href: '/api-tokens', direction: 'descending' },
    lastUsed: { href: '/api-tokens?sort=last_used_at' },
  },
  sortValue: '',
  nextHref: '/api-tokens?cursor=abc',
  newHref: '/api-tokens/new',
};

const hardTokens = [hostile, longWord, mixedText].map((name, index) => ({
  ...sample.apiTokenRow(index),
  name,
  owner: { kind: 'client' as const, name, href: '/clients/x' },
  company: name,
  api: name,
}));

const you: OwnerView = {
  value: 'user:usr_1',
  kind: 'user',
  name: 'Ada Lovelace',
  about: 'ada@northwind.test',
  company: 'Northwind Security',
  isYou: true,
};

const found: readonly OwnerView[] = ['siem-connector', longWord, mixedText, hostile].map((name, index) => ({
  value: `client:${sample.clientId(index)}`,
  kind: index === 2 ? 'user' : 'client',
  name,
  about: index === 2 ? null : sample.clientId(index),
  company: index === 0 ? 'Contoso' : name,
  isYou: false,
}));

const owner: OwnerChoice = { current: you, found: [], isCut: false, maySearch: true, formHref: '' };

const privilege = (scope: string, description: string, isChosen = false, obstacle: string | null = null) => ({
  scope,
  description,
  level: 'company' as const,
  isChosen,
  obstacle,
});

const picker: PickerApi = {
  id: 'management',
  name: 'Management API',
  groups: [
    {
      group: 'Clients',
      privileges: [privilege('clients:read', 'See clients', true), privilege('clients:write', 'Register clients')],
    },
    { group: 'Audit', privileges: [privilege('audit:read', 'Read the audit log')] },
  ],
};

const form: ApiTokenFormPageProps = {
  frame: frame('api-tokens'),
  token: null,
  values: { name: '', api: 'management', expiry: '90', expires_at: '', ip_mode: 'off', ip_rules: '' },
  errors: {},
  owner,
  apis: [
    { value: 'management', label: 'Management API' },
    { value: 'github', label: 'GitHub' },
  ],
  picker,
  yourAddress: '203.0.113.9',
  hidden: { form_id: 'f1' },
};

const detail: ApiTokenDetailPageProps = {
  frame: frame('api-tokens'),
  token: {
    id: 'tok_4fTq9ZxV2bNc7LmR1s',
    name: 'Power BI reports',
    owner: { kind: 'client', name: 'siem-connector', href: `/clients/${sample.clientId(0)}` },
    company: { name: 'Contoso', href: '/companies/co_contoso' },
    api: { name: 'Management API', href: '/apis/management' },
    privileges: [
      {
        group: 'Clients',
        privileges: [
          { scope: 'clients:read', description: 'See clients', isIdle: false },
          { scope: 'clients:write', description: 'Register clients', isIdle: true },
        ],
      },
      { group: 'Audit', privileges: [{ scope: 'audit:read', description: 'Read the audit log', isIdle: false }] },
    ],
    hint: 'x7Qa',
    expiry: { at: ago(-80 * day), state: 'later' },
    ipRestriction: sample.client.ipRestriction,
    hosts: sample.client.hosts,
    createdAt: ago(10 * day),
    updatedAt: ago(2 * day),
    issuedAt: ago(9 * day),
    lastUsedAt: ago(4 * hour),
    lastUsedAddress: '203.0.113.7',
  },
  may: 'change',
  auditHref: '/audit?q=tok_4fTq9ZxV2bNc7LmR1s',
  regenerateFormId: 'f1',
};

const shown: ApiTokenShownPageProps = {
  frame: frame('api-tokens'),
  token: {
    id: 'tok_4fTq9ZxV2bNc7LmR1s',
    name: 'Power BI reports',
    owner: 'siem-connector',
    api: 'Management API',
    privilegeCount: 3,
    expiresAt: ago(-90 * day),
  },
  value: sample.apiTokenText,
  occasion: 'created',
  tryIt: { url: 'https://id.northwind.test/api/v1/me', isOurs: true },
  notices: [],
};

const crumbs = [{ href: '/api-tokens', label: 'API tokens' }];

/** By name: the name begins with the page's. */
export const apiTokenGallery: Readonly<Record<string, () => JSX.Element>> = {
  'api-tokens': () => h(ApiTokensListPage, list),
  'api-tokens-first': () => h(ApiTokensListPage, { ...list, tokens: [], nextHref: undefined }),
  'api-tokens-first-read-only': () =>
    h(ApiTokensListPage, { ...list, tokens: [], nextHref: undefined, newHref: undefined }),
  'api-tokens-none-match': () =>
    h(ApiTokensListPage, {
      ...list,
      tokens: [],
      nextHref: undefined,
      filter: {
        q: hostile,
        ownerType: '',
        expired: 'true',
        companyId: '',
        owner: { field: 'client_id', value: 'pst_x', name: longWord },
      },
    }),
  'api-tokens-hard-names': () =>
    h(ApiTokensListPage, {
      ...list,
      tokens: hardTokens,
      companies: { options: [{ value: 'co_long', label: longWord }], isCut: false, q: undefined, matches: undefined },
    }),
  'api-token-new': () => h(ApiTokenFormPage, form),
  'api-token-new-no-owner': () =>
    h(ApiTokenFormPage, {
      ...form,
      owner: { ...owner, current: null },
      values: { ...form.values, api: '' },
      apis: [],
      picker: null,
    }),
  'api-token-new-found': () => h(ApiTokenFormPage, { ...form, owner: { ...owner, q: 'w', found, isCut: true } }),
  'api-token-new-none-found': () =>
    h(ApiTokenFormPage, { ...form, owner: { ...owner, q: hostile, current: { ...you, name: longWord } } }),
  'api-token-new-faults': () =>
    h(ApiTokenFormPage, {
      ...form,
      values: {
        name: hostile,
        api: 'management',
        expiry: 'date',
        expires_at: '2001-01-01T00:00',
        ip_mode: 'enforce',
        ip_rules: '192.168.01.1',
      },
      errors: {
        owner: ['There is no such client or user.'],
        name: ['At most 200 characters.'],
        privileges: ['Choose at least one privilege.'],
        expires_at: ['Expiry must lie in the future.'],
        ip_rules: ['192.168.01.1: write the numbers without leading zeros.'],
      },
      picker: null,
    }),
  'api-token-edit': () =>
    h(ApiTokenFormPage, {
      ...form,
      token: { id: 'tok_1', name: 'Power BI reports', owner: mixedText },
      owner: undefined,
      apis: [],
      values: { ...form.values, name: 'Power BI reports', expiry: 'date', expires_at: '2026-06-01T00:00' },
      picker: {
        ...picker,
        groups: [
          ...picker.groups,
          {
            group: 'Without effect',
            privileges: [privilege('keys:read', '', false, 'Its owner doesn’t hold it now.')],
          },
        ],
      },
      hidden: { version: '3' },
    }),
  'api-token': () => h(ApiTokenDetailPage, detail),
  'api-token-expired': () =>
    h(ApiTokenDetailPage, {
      ...detail,
      token: {
        ...detail.token,
        expiry: { at: ago(3 * day), state: 'expired' },
        ipRestriction: { mode: 'off', rules: [] },
        hosts: [],
        lastUsedAt: null,
        lastUsedAddress: null,
      },
    }),
  'api-token-owner-inactive': () =>
    h(ApiTokenDetailPage, {
      ...detail,
      ownerState: 'inactive',
      token: { ...detail.token, expiry: { at: ago(-3 * day), state: 'soon' } },
    }),
  'api-token-stronger': () => h(ApiTokenDetailPage, { ...detail, may: 'stronger' }),
  'api-token-hard': () =>
    h(ApiTokenDetailPage, {
      ...detail,
      may: 'read',
      token: {
        ...detail.token,
        name: `${hostile} ${longWord}`,
        owner: { kind: 'user', name: mixedText },
        company: null,
        api: { name: longWord },
        privileges: [{ group: hostile, privileges: [{ scope: longWord, description: mixedText, isIdle: true }] }],
      },
    }),
  'api-token-shown': () => h(ApiTokenShownPage, shown),
  'api-token-shown-regenerated': () =>
    h(ApiTokenShownPage, {
      ...shown,
      token: { ...shown.token, name: `${mixedText} ${longWord}`, owner: hostile, api: longWord, expiresAt: null },
      occasion: 'regenerated',
      tryIt: { url: 'https://api.github.com', isOurs: false },
      notices: ['192.168.1.30/24 was stored as 192.168.1.0/24.'],
    }),
  'api-token-regenerate': () =>
    h(ConfirmPage, {
      frame: frame('api-tokens'),
      title: 'Give Power BI reports a new value?',
      crumbs,
      confirmation: apiTokenRegeneration(detail.token, 'f1'),
      cancelHref: '/api-tokens/tok_1',
    }),
  'api-token-delete': () =>
    h(ConfirmPage, {
      frame: frame('api-tokens'),
      title: 'Delete Power BI reports?',
      crumbs,
      confirmation: apiTokenDeletion(detail.token, longWord),
      cancelHref: '/api-tokens/tok_1',
    }),
};

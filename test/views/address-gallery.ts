// The pages that help with addresses, and the system page, in their main states.

import { h, type JSX } from 'preact';
import { ClientCheckPage, type ClientCheckPageProps } from '../../views/pages/client-check.tsx';
import { ClientEditPage, type ClientEditPageProps } from '../../views/pages/client-edit.tsx';
import { ClientSourcesPage } from '../../views/pages/client-sources.tsx';
import { SystemPage, type SystemPageProps } from '../../views/pages/system.tsx';
import * as sample from './fixtures.ts';

const { frame, ago, day, hour, minute, hostile, longWord } = sample;

const client = { clientId: sample.clientId(0), name: 'siem-connector' };

const step = (
  name: string,
  question: string,
  explanation: string,
  verdict: 'passed' | 'warned' | 'refused' = 'passed',
) => ({
  name,
  question,
  explanation,
  verdict,
});

const standing = [
  step('secret_expired', 'Does it have a secret that has not expired?', 'It can come with the secret …x7Qa.'),
  step('client_inactive', 'Is the client active?', 'It is active.'),
];

const check: ClientCheckPageProps = {
  frame: frame('clients'),
  client,
  values: { address: '203.0.113.7', scope: '', resource: '' },
  errors: {},
  hidden: {},
  apis: [
    { value: '', label: 'The one that has the scope' },
    { value: 'https://id.northwind.test/api', label: 'Management API' },
    { value: 'https://api.github.test', label: 'GitHub' },
  ],
  yourAddress: '203.0.113.9',
  answer: {
    allowed: true,
    reason: null,
    isTold: false,
    address: '203.0.113.7',
    steps: [
      ...standing,
      step('address_refused', 'Is the address allowed by its own rules?', 'The list has 203.0.113.7.'),
      step(
        'grant',
        'Does its role hold what is asked for?',
        `It gets ${'a:read '.repeat(40)}of GitHub for 86400 seconds.`,
      ),
    ],
  },
};

const refused: ClientCheckPageProps = {
  ...check,
  answer: {
    allowed: false,
    reason: 'Address not allowed',
    isTold: false,
    address: '2001:db8:ffff:ffff:ffff:ffff:ffff:fffe',
    allowHref: '/clients/pst_1/allow-address?address=2001%3Adb8%3A%3A1',
    steps: [
      ...standing,
      step(
        'company_address_refused',
        'Is the address allowed by its company?',
        'It passes as the rules report.',
        'warned',
      ),
      step('address_refused', 'Is the address allowed by its own rules?', 'No rule lets it in.', 'refused'),
      step('grant', 'Does its role hold what is asked for?', `invalid_scope: ${longWord} ${hostile}`, 'refused'),
    ],
  },
};

const edit: ClientEditPageProps = {
  frame: frame('clients'),
  client,
  values: { ...sample.formValues, ip_mode: 'enforce', ip_rules: '192.0.2.4-192.0.2.7\n203.0.113.7' },
  errors: {},
  roles: sample.roleOptions,
  apis: sample.apiOptions,
  yourAddress: '203.0.113.9',
  hidden: { version: '4' },
  suggestHref: '/clients/pst_1/edit?suggest=exact',
};

const suggestion = { seen: 5, rules: 2, breadth: 'exact', widerRules: 1, otherHref: '/clients/pst_1/edit' } as const;

const system: SystemPageProps = {
  frame: frame('overview'),
  version: '1.0.0',
  nodeVersion: '22.11.0',
  startedAt: ago(3 * day),
  issuer: 'https://id.northwind.test',
  database: {
    version: '16.4 (Debian 16.4-1)',
    isEmbedded: false,
    sizeBytes: 73_400_320,
    processes: 3,
    migrations: ['Initial1764000000001', 'TenancyAndGate1764000000002'],
  },
  changeFeed: { isFresh: true, ageMilliseconds: 212 },
  connections: { busy: 1, idle: 4, waiting: 0 },
  auditWaiting: 0,
  trustedProxies: ['10.0.0.0/24', '2001:db8:7::/48'],
  ignoredForwarding: [],
  dnsServers: [],
};

export const addressGallery: Readonly<Record<string, () => JSX.Element>> = {
  'client-check': () => h(ClientCheckPage, check),
  'client-check-refused': () => h(ClientCheckPage, refused),
  'client-check-faults': () =>
    h(ClientCheckPage, {
      ...check,
      values: { address: '203.0.113', scope: '', resource: '' },
      errors: { address: ['203.0.113 has 3 of four octets. Write all four.'] },
      answer: null,
    }),
  'client-sources': () =>
    h(ClientSourcesPage, { frame: frame('clients'), client, sources: sample.sources, nextHref: '/x', mayWrite: true }),
  'client-sources-none': () => h(ClientSourcesPage, { frame: frame('clients'), client, sources: [], mayWrite: true }),
  'client-edit-suggested': () => h(ClientEditPage, { ...edit, suggestion }),
  'client-edit-suggested-wider': () => h(ClientEditPage, { ...edit, suggestion: { ...suggestion, breadth: 'wider' } }),
  'client-edit-nothing-to-suggest': () =>
    h(ClientEditPage, { ...edit, suggestion: { ...suggestion, seen: 0, otherHref: undefined } }),
  'client-edit-lost': () =>
    h(ClientEditPage, {
      ...edit,
      errors: { accept_lost: ['This list refuses 52 addresses from which the client came in the last 30 days.'] },
      lost: { addresses: ['203.0.113.9', '2001:db8::1'], left: 50, confirmation: 'f00d' },
    }),
  system: () => h(SystemPage, system),
  'system-misconfigured': () =>
    h(SystemPage, {
      ...system,
      trustedProxies: [],
      changeFeed: { isFresh: false, ageMilliseconds: 12_345 },
      dnsServers: ['192.0.2.53', '[2001:db8::53]:5353'],
      ignoredForwarding: [
        { peer: '10.0.0.7', count: 41_022, lastAt: ago(minute) },
        { peer: '2001:db8:ffff:ffff:ffff:ffff:ffff:fffe', count: 1, lastAt: ago(hour) },
      ],
    }),
};

// Examples for the OpenAPI document. A test holds each against its schema.

const client = {
  client_id: 'pst_9hTq2LmVx0aRk7WcYb3ZuNfE',
  name: 'siem-connector',
  description: '',
  company_id: 'co_root',
  role_id: 'role_company_admin',
  role: 'Company Admin',
  status: 'active',
  ip_restriction: { mode: 'enforce', rules: ['203.0.113.7', '10.0.0.0/8'] },
  default_api: 'management',
  token_lifetime: 86_400,
  token_format: 'jwt',
  auth_method: 'client_secret',
  expires_at: null,
  created_at: '2026-01-15T09:30:00.000Z',
  updated_at: '2026-01-15T09:30:00.000Z',
  last_used_at: null,
  secrets: [
    {
      id: 'sec_2b7Qe0XvJm4TgLrKfN8s',
      hint: 'x7Qa',
      created_at: '2026-01-15T09:30:00.000Z',
      expires_at: null,
      last_used_at: null,
      last_used_ip: null,
    },
  ],
} as const;

// No real secret has this form, so that scanners and people do not take it for one.
const plaintext = 'psts_…shown-once…';

const role = {
  id: 'role_company_admin',
  name: 'Company Admin',
  description: 'Everything within its own company.',
  kind: 'standard',
  company_id: null,
  privileges: ['management/clients:read', 'management/clients:write', 'management/audit:read'],
  available_to: 'all',
  client_count: 2,
  user_count: 1,
} as const;

const privilege = {
  name: 'management/clients:read',
  api: 'management',
  scope: 'clients:read',
  group: 'Clients',
  description: 'See clients, their secrets’ hints and their restrictions',
  level: 'company',
} as const;

const auditEvent = {
  id: '1042',
  time: '2026-01-15T09:31:07.412Z',
  company_id: 'co_root',
  action: 'token.refused',
  outcome: 'failure',
  reason: 'address_refused',
  actor: { type: 'client', id: client.client_id, name: client.name },
  target: null,
  ip: '198.51.100.23',
  user_agent: 'curl/8.5.0',
  request_id: '3f9c0d6b1f5e4c2ab7a9e2d41c08f6aa',
  changes: null,
  details: null,
} as const;

const list = (item: unknown) => ({ items: [item], next_cursor: null });

export const examples = {
  client,
  clients: list(client),
  registration: {
    name: 'siem-connector',
    role_id: 'role_company_admin',
    ip_restriction: { mode: 'enforce', rules: ['203.0.113.7', '10.0.0.0/8'] },
  },
  registeredClient: { ...client, client_secret: plaintext, notices: [] },
  patch: { status: 'inactive', ip_restriction: { mode: 'report' } },
  changedClient: {
    ...client,
    status: 'inactive',
    ip_restriction: { ...client.ip_restriction, mode: 'report' },
    notices: [],
  },
  newSecret: { expires_at: '2027-01-15T00:00:00Z' },
  createdSecret: { ...client.secrets[0], expires_at: '2027-01-15T00:00:00.000Z', client_secret: plaintext },
  role,
  roles: list(role),
  privileges: list(privilege),
  auditEvent,
  auditEvents: list(auditEvent),
  me: {
    type: 'client',
    client_id: client.client_id,
    company: { id: 'co_root', name: 'Acme' },
    role: 'Company Admin',
    scope: 'clients:read audit:read',
    token: { expires_at: '2026-01-16T09:31:00.000Z' },
    ip: { address: '203.0.113.7', allowed: true, mode: 'enforce' },
    secret: { hint: 'x7Qa', expires_at: null },
  },
  problem: {
    type: 'urn:postern:problem:request.invalid',
    title: 'Some values are not valid',
    status: 422,
    detail: '203.0.113 has 3 of four octets. Write all four, or a network such as 203.0.113.0/24.',
    instance: 'urn:request:3f9c0d6b1f5e4c2ab7a9e2d41c08f6aa',
    errors: [
      {
        pointer: '/ip_restriction/rules/0',
        detail: '203.0.113 has 3 of four octets. Write all four, or a network such as 203.0.113.0/24.',
      },
    ],
  },
} as const;

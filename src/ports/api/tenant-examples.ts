// Examples of companies, custom roles and users for the OpenAPI document. A test holds each against its schema.

const company = {
  id: 'co_7dKq2Rn0TfXw4LsBvY1m',
  name: 'Acme',
  parent_id: 'co_root',
  reseller: false,
  status: 'active',
  ip_restriction: { mode: 'enforce', rules: ['203.0.113.0/24', '2001:db8:7::/48'] },
  created_at: '2026-01-15T09:30:00.000Z',
  updated_at: '2026-01-15T09:30:00.000Z',
} as const;

const role = {
  id: 'role_4wZp8GtXc1NqVm6KdS0r',
  name: 'SIEM reader',
  description: 'Reads the audit log for our SIEM.',
  kind: 'custom',
  company_id: 'co_root',
  privileges: ['management/audit:read'],
  available_to: [company.id],
  client_count: 2,
  user_count: 0,
} as const;

const user = {
  id: 'usr_0hVb5JyLq9RtPz3WnC7e',
  email: 'ada@acme.test',
  name: 'Ada Lovelace',
  company_id: company.id,
  role_id: 'role_company_admin',
  role: 'Company Admin',
  status: 'active',
  ip_exempt: false,
  created_at: '2026-01-15T09:30:00.000Z',
  updated_at: '2026-01-15T09:30:00.000Z',
  last_sign_in_at: null,
} as const;

const invited = { ...user, invitation_url: '/invitation?token=…shown-once…' } as const;

export const tenantExamples = {
  company,
  companies: { items: [company], next_cursor: null },
  newCompany: { name: 'Acme', ip_restriction: { mode: 'enforce', rules: ['203.0.113.7/24', '2001:db8:7::/48'] } },
  createdCompany: {
    ...company,
    notices: [
      {
        pointer: '/ip_restriction/rules/0',
        detail: '203.0.113.7/24 is stored as the network that it lies in, 203.0.113.0/24.',
      },
    ],
  },
  companyPatch: { status: 'suspended' },
  changedCompany: { ...company, status: 'suspended', notices: [] },
  role,
  newRole: { name: role.name, description: role.description, privileges: ['audit:read'], available_to: [company.id] },
  rolePatch: { privileges: ['management/audit:read', 'management/clients:read'] },
  changedRole: { ...role, privileges: ['management/audit:read', 'management/clients:read'] },
  user,
  users: { items: [user], next_cursor: null },
  newUser: { email: user.email, name: user.name, company_id: company.id, role_id: user.role_id },
  invited,
  userPatch: { status: 'inactive' },
  changedUser: { ...user, status: 'inactive' },
  password: { password: '…a new long password…' },
} as const;

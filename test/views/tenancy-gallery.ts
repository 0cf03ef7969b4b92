// The pages about companies, roles and users in their main states.

import { h, type JSX } from 'preact';
import { CompaniesListPage, type CompaniesListPageProps, type CompanyRow } from '../../views/pages/companies-list.tsx';
import { CompanyDetailPage, type CompanyDetailPageProps } from '../../views/pages/company-detail.tsx';
import { companySuspension, InTheWay } from '../../views/pages/company-ending.tsx';
import { CompanyFormPage, type CompanyFormPageProps } from '../../views/pages/company-form.tsx';
import { CompanySwitchPage, type SwitchChoice } from '../../views/pages/company-switch.tsx';
import { ConfirmPage } from '../../views/pages/confirm.tsx';
import { InTheWayPage } from '../../views/pages/in-the-way.tsx';
import { RoleDetailPage, type RoleDetail } from '../../views/pages/role-detail.tsx';
import { RoleFormPage, type RoleFormPageProps } from '../../views/pages/role-form.tsx';
import { RolesListPage, type RoleRow } from '../../views/pages/roles-list.tsx';
import { UserDetailPage, type UserDetailPageProps } from '../../views/pages/user-detail.tsx';
import { UserFormPage, type UserFormPageProps } from '../../views/pages/user-form.tsx';
import { UserInvitedPage } from '../../views/pages/user-invited.tsx';
import { UsersListPage, type UserRow, type UsersListPageProps } from '../../views/pages/users-list.tsx';
import type { PickerApi } from '../../views/parts/privilege-picker.tsx';
import { ago, client, day, frame, hostile, hour, longWord, mixedText, ownedApiTokens } from './fixtures.ts';

const names = ['Northwind Security', 'Contoso', 'Fabrikam', 'Acme', 'Globex'];

const companies: readonly CompanyRow[] = names.map((name, index) => ({
  id: `co_${index}`,
  name,
  status: index === 2 ? 'suspended' : index === 3 ? 'above' : 'active',
  reseller: index < 3,
  parent: index === 0 ? null : { name: names[index < 3 ? 0 : 2] ?? '', href: '/companies/co_0' },
  createdAt: ago((index + 1) * 9 * day),
}));

const hardCompanies = companies.map((company, index) => ({
  ...company,
  name: [hostile, longWord, mixedText][index] ?? company.name,
}));

const companyList: CompaniesListPageProps = {
  frame: frame('companies'),
  companies,
  filter: { q: '', status: '', reseller: '', parent: null },
  sort: {
    name: { href: '/companies?sort=name' },
    created: { href: '/companies', direction: 'descending' },
  },
  sortValue: '',
  total: 5,
  mayCreate: true,
};

const contents = {
  companies: 3,
  clients: 12,
  users: 2,
  roles: 1,
  withBelow: { companies: 9, clients: 61, users: 14 },
};

const company: CompanyDetailPageProps = {
  frame: frame('companies'),
  company: {
    id: 'co_1',
    name: 'Contoso',
    status: 'active',
    reseller: true,
    isRoot: false,
    ipRestriction: { mode: 'enforce', rules: ['203.0.113.0/24', 'vpn.contoso.test'] },
    hosts: client.hosts,
    createdAt: ago(40 * day),
    updatedAt: ago(2 * day),
  },
  above: [{ href: '/companies/co_0', label: 'Northwind Security' }],
  contents,
  below: companies.slice(3),
  may: {
    edit: true,
    end: true,
    createBelow: true,
    act: true,
    read: { clients: true, users: true, roles: true },
  },
};

const empty = { companies: 0, clients: 0, users: 0, roles: 0, withBelow: { companies: 0, clients: 0, users: 0 } };

const companyForm: CompanyFormPageProps = {
  frame: frame('companies'),
  company: null,
  values: { name: '', parent_id: 'co_0', reseller: 'false', ip_mode: 'off', ip_rules: '' },
  errors: {},
  parents: {
    options: companies.slice(0, 3).map(({ id, name }) => ({ value: id, label: name })),
    isCut: true,
    q: '',
    formHref: '/companies/new',
  },
  yourAddress: '203.0.113.9',
  asksOwnAddress: false,
  hidden: { form_id: 'f1' },
};

const choices: readonly SwitchChoice[] = hardCompanies.map(({ id, name, reseller, status, parent }, index) => ({
  id,
  name,
  reseller,
  status,
  parentName: parent?.name ?? null,
  isOwn: index === 0,
  isCurrent: index === 3,
}));

const roles: readonly RoleRow[] = [
  {
    id: 'company-admin',
    name: 'Company Admin',
    description: 'Everything within one company.',
    kind: 'standard',
    company: null,
    privilegeCount: 10,
    clientCount: 212,
    userCount: 3,
  },
  {
    id: 'role_siem',
    name: 'SIEM reader',
    description: '',
    kind: 'custom',
    company: { name: 'Contoso', href: '/companies/co_1' },
    privilegeCount: 1,
    clientCount: 2,
    userCount: 0,
  },
];

const role: RoleDetail = {
  id: 'role_siem',
  name: 'SIEM reader',
  description: 'Reads the audit log and nothing else.',
  kind: 'custom',
  company: { name: 'Contoso', href: '/companies/co_1' },
  privilegeCount: 2,
  clientCount: 12,
  userCount: 1,
  reach: 'Its holder’s company alone',
  availableTo: ['Acme', longWord],
  apis: [
    {
      id: 'management',
      name: 'Management API',
      groups: [
        {
          group: 'Clients',
          privileges: [
            { scope: 'clients:read', description: 'See clients and their secrets’ hints', level: 'company' },
            { scope: 'clients:write', description: 'Register, change and delete clients', level: 'company' },
          ],
        },
        {
          group: 'Companies',
          privileges: [{ scope: 'companies:read', description: 'See companies', level: 'reseller' }],
        },
      ],
    },
  ],
};

const holders = {
  clients: {
    first: [
      { name: 'siem-connector', href: '/clients/pst_1', company: 'Contoso' },
      { name: longWord, href: '/clients/pst_2', company: mixedText },
    ],
    total: 12,
    href: '/clients?role_id=role_siem',
  },
  users: { first: [{ name: 'Grace Hopper', href: '/users/usr_1', company: null }], total: 1, href: '/users' },
};

/** As large as an imported API can be. */
const many: PickerApi = {
  id: 'github',
  name: 'GitHub',
  groups: Array.from({ length: 40 }, (_, group) => ({
    group: group === 0 ? hostile : `group-${group}`,
    privileges: ['read', 'write'].map((verb) => ({
      scope: `${group === 1 ? longWord : `thing-${group}`}:${verb}`,
      description: group === 2 ? hostile : `May ${verb} things of the kind ${group}`,
      level: 'company' as const,
      isChosen: false,
      obstacle: null,
    })),
  })),
};

const picker: readonly PickerApi[] = [
  {
    id: 'management',
    name: 'Management API',
    groups: [
      {
        group: 'Clients',
        privileges: [
          { scope: 'clients:read', description: 'See clients', level: 'company', isChosen: true, obstacle: null },
          {
            scope: 'clients:write',
            description: 'Register clients',
            level: 'company',
            isChosen: false,
            obstacle: null,
          },
        ],
      },
      {
        group: 'Signing keys',
        privileges: [
          {
            scope: 'keys:read',
            description: 'See signing keys',
            level: 'root',
            isChosen: false,
            obstacle: 'For the root company alone.',
          },
        ],
      },
    ],
  },
  many,
];

const roleForm: RoleFormPageProps = {
  frame: frame('roles'),
  role: null,
  values: { name: '', description: '', company_id: 'co_0' },
  errors: {},
  companies: {
    options: companies.map(({ id, name }) => ({ value: id, label: name })),
    isCut: true,
    formHref: '/roles/new',
  },
  apis: picker,
  availableTo: {
    companies: hardCompanies.map(({ id, name }, index) => ({ id, name, isChosen: index === 1 })),
    isCut: true,
  },
  hidden: { form_id: 'f1' },
};

const users: readonly UserRow[] = ['Ada Lovelace', 'Grace Hopper', longWord].map((name, index) => ({
  id: `usr_${index}`,
  name,
  email: index === 2 ? `${longWord}@example.test` : `${name.split(' ')[0]?.toLowerCase() ?? ''}@northwind.test`,
  status: (['active', 'invited', 'inactive'] as const)[index] ?? 'active',
  role: index === 0 ? 'Reseller' : 'Company Admin',
  company: index === 1 ? mixedText : 'Northwind Security',
  lastSignInAt: index === 0 ? ago(2 * hour) : null,
}));

const companyOptions = companies.map(({ id, name }) => ({ value: id, label: name }));

const userList: UsersListPageProps = {
  frame: frame('users'),
  users,
  filter: { q: '', status: '', roleId: '', companyId: '' },
  roles: [{ value: 'company-admin', label: 'Company Admin' }],
  companies: { options: companyOptions, isCut: false, q: undefined, matches: undefined },
  sort: { email: { href: '/users?sort=email' }, lastSignIn: { href: '/users?sort=last_sign_in_at' } },
  sortValue: '',
  total: 3,
  mayCreate: true,
};

const user: UserDetailPageProps = {
  frame: frame('users'),
  user: {
    id: 'usr_1',
    name: 'Grace Hopper',
    email: 'grace@contoso.test',
    status: 'active',
    hasPassword: true,
    ipExempt: false,
    role: { name: 'Company Admin', href: '/roles/company-admin' },
    company: { name: 'Contoso', href: '/companies/co_1' },
    companySuspended: false,
    createdAt: ago(30 * day),
    updatedAt: ago(3 * day),
    lastSignInAt: ago(2 * hour),
  },
  isYou: false,
  may: 'change',
  apiTokens: ownedApiTokens,
  auditHref: '/audit?q=usr_1',
  inviteFormId: 'f1',
};

const userForm: UserFormPageProps = {
  frame: frame('users'),
  user: null,
  values: { name: '', email: '', company_id: 'co_0', role_id: '', status: 'active', ip_exempt: 'false' },
  errors: {},
  companies: { options: companyOptions, isCut: false, wasChosen: true, formHref: '/users/new' },
  roles: [
    { value: 'role_reseller', label: 'Reseller (may do more than you)', disabled: true },
    { value: 'company-admin', label: 'Company Admin' },
  ],
  hidden: { form_id: 'f1' },
};

const crumbs = [{ href: '/companies', label: 'Companies' }];

export const tenancyGallery: Readonly<Record<string, () => JSX.Element>> = {
  companies: () => h(CompaniesListPage, companyList),
  'companies-first': () => h(CompaniesListPage, { ...companyList, companies: companies.slice(0, 1), total: 1 }),
  'companies-none-match': () =>
    h(CompaniesListPage, {
      ...companyList,
      companies: [],
      filter: { q: hostile, status: 'active', reseller: '', parent: { value: 'co_0', label: longWord } },
    }),
  'companies-hard-names': () => h(CompaniesListPage, { ...companyList, companies: hardCompanies }),
  company: () => h(CompanyDetailPage, company),
  'company-suspended': () =>
    h(CompanyDetailPage, {
      ...company,
      company: { ...company.company, name: longWord, status: 'suspended' },
      contents: empty,
      below: [],
    }),
  'company-suspended-above': () =>
    h(CompanyDetailPage, {
      ...company,
      company: { ...company.company, name: mixedText, status: 'above', reseller: false },
      below: null,
      may: {
        ...company.may,
        edit: false,
        end: false,
        act: false,
        read: { clients: false, users: false, roles: false },
      },
    }),
  'company-suspend': () =>
    h(ConfirmPage, {
      frame: frame('companies'),
      title: 'Suspend Contoso?',
      crumbs,
      confirmation: companySuspension(company.company, contents),
      cancelHref: '/companies/co_1',
    }),
  'company-in-the-way': () =>
    h(InTheWayPage, {
      frame: frame('companies'),
      title: 'Contoso can’t be deleted yet',
      crumbs,
      detail: 'Only an empty company can be deleted.',
      backHref: '/companies/co_1',
      children: h(InTheWay, { company: company.company, contents }),
    }),
  'company-new': () => h(CompanyFormPage, companyForm),
  'company-edit-faults': () =>
    h(CompanyFormPage, {
      ...companyForm,
      company: { id: 'co_1', name: hostile, hasFixedName: false, hasFixedKind: false },
      values: { ...companyForm.values, name: hostile, ip_mode: 'enforce', ip_rules: '198.51.100.0/24' },
      errors: {
        name: ['Another company beside it is called so already.'],
        confirm_own_address: ['This list does not let in your own address, 203.0.113.9.'],
      },
      asksOwnAddress: true,
    }),
  'company-edit-own': () =>
    h(CompanyFormPage, {
      ...companyForm,
      company: { id: 'co_1', name: 'Contoso', hasFixedName: true, hasFixedKind: true },
    }),
  'company-switch': () =>
    h(CompanySwitchPage, {
      frame: frame(null, { acting: { company: 'Acme', ownName: longWord } }),
      choices,
      q: '',
      nextHref: '/companies/switch?cursor=x',
    }),
  'company-switch-none': () =>
    h(CompanySwitchPage, {
      frame: frame(null, { acting: { company: longWord, ownName: 'Northwind Security' } }),
      choices: [],
      q: hostile,
    }),
  roles: () =>
    h(RolesListPage, {
      frame: frame('roles'),
      roles,
      filter: { q: '', kind: '', companyId: '' },
      companies: userList.companies,
      mayCreate: true,
    }),
  'roles-none-match': () =>
    h(RolesListPage, {
      frame: frame('roles'),
      roles: [],
      filter: { q: hostile, kind: 'custom', companyId: '' },
      companies: undefined,
      mayCreate: false,
    }),
  role: () => h(RoleDetailPage, { frame: frame('roles'), role, ...holders, may: 'change' }),
  'role-stronger': () =>
    h(RoleDetailPage, {
      frame: frame('roles'),
      role: { ...role, name: longWord, description: hostile, availableTo: [] },
      clients: null,
      users: null,
      may: 'stronger',
    }),
  'role-new': () => h(RoleFormPage, roleForm),
  'role-edit-faults': () =>
    h(RoleFormPage, {
      ...roleForm,
      role: { id: 'role_siem', name: hostile },
      companies: undefined,
      values: { ...roleForm.values, name: hostile, description: longWord },
      errors: {
        name: ['The name is taken.'],
        privileges: ['There is no such privilege.'],
        available_to: ['It is in use in a company from which it would be taken.'],
      },
    }),
  users: () => h(UsersListPage, userList),
  'users-none-match': () =>
    h(UsersListPage, { ...userList, users: [], filter: { ...userList.filter, q: hostile }, companies: undefined }),
  user: () => h(UserDetailPage, user),
  'user-invited': () =>
    h(UserDetailPage, {
      ...user,
      user: { ...user.user, name: longWord, email: `${longWord}@example.test`, status: 'invited', hasPassword: false },
      isYou: true,
    }),
  'user-inactive': () => h(UserDetailPage, { ...user, user: { ...user.user, status: 'inactive' } }),
  'user-stronger': () =>
    h(UserDetailPage, { ...user, user: { ...user.user, companySuspended: true }, may: 'stronger' }),
  'user-new': () => h(UserFormPage, userForm),
  'user-edit-faults': () =>
    h(UserFormPage, {
      ...userForm,
      user: { id: 'usr_1', name: hostile },
      values: { ...userForm.values, name: hostile, email: longWord },
      errors: { email: ['This is not an e-mail address.'], role_id: ['Choose a role.'] },
    }),
  'user-link': () =>
    h(UserInvitedPage, {
      frame: frame('users'),
      user: { id: 'usr_1', name: longWord, email: 'grace@contoso.test' },
      invitationUrl: `https://id.northwind.test/invitation?token=${'x'.repeat(43)}`,
      expiresAt: ago(-7 * day),
      occasion: 'renewed',
    }),
};

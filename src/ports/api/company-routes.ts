// Companies: list, make, show, change, delete.
import { z } from 'zod';
import type { Caller } from '../../domain/access/caller.ts';
import { companyFields } from '../../domain/company/company-fields.ts';
import type { CompanySummary } from '../../domain/company/company-store.ts';
import { defineRoute, type Entity, NO_CONTENT, type Route } from './contract.ts';
import { tenantExamples as examples } from './tenant-examples.ts';
import {
  confirmFlag,
  filterChoice,
  filterFlag,
  filterText,
  pageQuery,
  pageRequestOf,
  searchText,
} from './list-query.ts';
import { readOnlyFields, resettable } from './merge-patch.ts';
import { pathId } from './path-params.ts';
import { presentPage } from './presenters.ts';
import { restrictionInput, restrictionPatch } from './restriction-input.ts';
import { pageOf } from './schemas.ts';
import { presentCompany } from './tenant-presenters.ts';
import { changedCompanySchema, companySchema } from './tenant-schemas.ts';

const companyParams = z.strictObject({ id: pathId('company', 'Id of the company.') });

const newCompany = z
  .strictObject({
    name: companyFields.name,
    parent_id: companyFields.parentId.optional().meta({ description: 'Your own company when absent.' }),
    reseller: companyFields.reseller.optional().meta({ default: false }),
    ip_restriction: restrictionInput.optional().meta({ description: 'All addresses are let in when absent.' }),
  })
  .meta({ id: 'NewCompany', description: 'A company to be. It stays where it is made.' });

const companyPatch = z
  .strictObject({
    name: companyFields.name.optional(),
    reseller: resettable(companyFields.reseller, false),
    // Null would let a suspended company in again, and hardly on purpose.
    status: companyFields.status.optional(),
    ip_restriction: restrictionPatch,
  })
  .meta({
    id: 'CompanyPatch',
    description: 'RFC 7396 merge patch: what is left out stays as it is, null resets a field to its default.',
  });

function companyEntity(company: CompanySummary, caller: Caller): Entity {
  return { version: company.version, representation: presentCompany(company, caller) };
}

const OWN_ADDRESS = 'The IP rules do not let in the address that you call from: send `confirm=true` if you mean it.';

const listCompanies = defineRoute({
  method: 'GET',
  path: '/api/v1/companies',
  operationId: 'listCompanies',
  tag: 'Companies',
  summary: 'List companies',
  description: 'Your company and, with the role Reseller, all companies below it. Newest first.',
  privilege: 'companies:read',
  query: z.strictObject({
    q: searchText('Text within the name.'),
    parent_id: filterText('parent_id', 'Only companies directly below this one.'),
    status: filterChoice('status', ['active', 'suspended'], 'Only companies with this status of their own.'),
    reseller: filterFlag('reseller', 'Only companies that are marked as resellers, or only those that are not.'),
    sort: filterChoice('sort', ['created_at', 'name'], 'Newest first, or A to Z. `created_at` when absent.'),
    ...pageQuery,
  }),
  success: {
    status: 200,
    description: 'A page.',
    schema: pageOf(companySchema, 'CompanyPage'),
    example: examples.companies,
  },
  async handle({ services, caller, query }) {
    const { q, status, reseller, sort } = query;
    const filter = { q, status, reseller, sort, parentId: query.parent_id };
    const page = await services.companies.list(caller, filter, pageRequestOf(query));
    return { body: presentPage(page, (company) => presentCompany(company, caller)) };
  },
});

const createCompany = defineRoute({
  method: 'POST',
  path: '/api/v1/companies',
  operationId: 'createCompany',
  tag: 'Companies',
  summary: 'Make a company',
  description: 'Makes a company below yours, or below a reseller within your reach.',
  privilege: 'companies:write',
  query: z.strictObject({ confirm: confirmFlag }),
  body: {
    schema: newCompany,
    required: true,
    readOnly: readOnlyFields(companySchema, newCompany),
    example: examples.newCompany,
  },
  success: {
    status: 201,
    description: 'The company. `Location` names it.',
    schema: changedCompanySchema,
    example: examples.createdCompany,
  },
  problems: {
    403: 'Your role reaches your own company alone.',
    409: `A company beside it has this name. ${OWN_ADDRESS}`,
  },
  hasEntityTag: true,
  async handle({ services, caller, query, body }) {
    const input = {
      name: body.name,
      parentId: body.parent_id,
      reseller: body.reseller,
      ipRestriction: body.ip_restriction,
    };
    const { notices, ...company } = await services.companies.create(caller, input, query.confirm);
    return {
      body: { ...presentCompany(company, caller), notices: [...notices] },
      entity: companyEntity(company, caller),
      location: `/api/v1/companies/${company.id}`,
    };
  },
});

const getCompany = defineRoute({
  method: 'GET',
  path: '/api/v1/companies/{id}',
  operationId: 'getCompany',
  tag: 'Companies',
  summary: 'Show a company',
  description: 'Your company, or one below it.',
  privilege: 'companies:read',
  params: companyParams,
  success: { status: 200, description: 'The company.', schema: companySchema, example: examples.company },
  hasEntityTag: true,
  async handle({ services, caller, params }) {
    const company = await services.companies.get(caller, params.id);
    return { body: presentCompany(company, caller), entity: companyEntity(company, caller) };
  },
});

const updateCompany = defineRoute({
  method: 'PATCH',
  path: '/api/v1/companies/{id}',
  operationId: 'updateCompany',
  tag: 'Companies',
  summary: 'Change a company',
  description:
    'JSON merge patch (RFC 7396). Setting `status` to `suspended` refuses, from the very next request on, all that belongs to the company and to those below it: sign-ins, tokens, and tokens already issued. Setting it to `active` lets them in again. Of your own company you can change the IP restriction alone; at the root company its name too.',
  privilege: 'companies:write',
  params: companyParams,
  query: z.strictObject({ confirm: confirmFlag }),
  body: {
    schema: companyPatch,
    required: true,
    readOnly: readOnlyFields(companySchema, companyPatch),
    example: examples.companyPatch,
  },
  success: {
    status: 200,
    description: 'The changed company.',
    schema: changedCompanySchema,
    example: examples.changedCompany,
  },
  problems: {
    403: 'It is your own company, or it would gain privileges that you do not hold.',
    409: `A company beside it has this name, or it must stay a reseller for what it has. ${OWN_ADDRESS}`,
  },
  hasEntityTag: true,
  async handle({ services, caller, params, query, body, guard }) {
    const { name, reseller, status } = body;
    const patch = { name, reseller, status, ipRestriction: body.ip_restriction };
    const { notices, ...company } = await guard((ifVersion) =>
      services.companies.update(caller, params.id, patch, ifVersion, query.confirm),
    );
    return {
      body: { ...presentCompany(company, caller), notices: [...notices] },
      entity: companyEntity(company, caller),
    };
  },
});

const deleteCompany = defineRoute({
  method: 'DELETE',
  path: '/api/v1/companies/{id}',
  operationId: 'deleteCompany',
  tag: 'Companies',
  summary: 'Delete a company',
  description: 'Deletes a company that is empty: without companies, clients, users and roles of its own.',
  privilege: 'companies:write',
  params: companyParams,
  success: { status: 204, description: 'It is gone.' },
  problems: { 403: 'It is your own company.', 409: 'It is not empty; the detail says what is in the way.' },
  hasEntityTag: true,
  async handle({ services, caller, params, guard }) {
    await guard((ifVersion) => services.companies.delete(caller, params.id, ifVersion));
    return NO_CONTENT;
  },
});

export const companyRoutes: readonly Route[] = [listCompanies, createCompany, getCompany, updateCompany, deleteCompany];

// Help with the addresses of a client: would it be let in, from where did it come, which list would fit.
import { z } from 'zod';
import {
  accessAnswerSchema,
  accessQuestionSchema,
  clientAddressExamples as examples,
  clientSourceSchema,
  presentAccess,
  presentSource,
  presentSuggestion,
  SOURCES_WINDOW,
  suggestionSchema,
} from './client-address-schemas.ts';
import { clientParams } from './client-routes.ts';
import { defineRoute, type Route } from './contract.ts';
import { pageQuery, pageRequestOf } from './list-query.ts';
import { presentPage } from './presenters.ts';
import { pageOf } from './schemas.ts';

const checkAccess = defineRoute({
  method: 'POST',
  path: '/api/v1/clients/{client_id}/check',
  operationId: 'checkClientAccess',
  tag: 'Client addresses',
  summary: 'Ask whether a client would be let in',
  description:
    'Runs the very decision of the token endpoint without issuing anything, and explains each step. The secret itself is not checked. Host names in rules are explained with what they stand for now.',
  privilege: 'clients:read',
  params: clientParams,
  body: { schema: accessQuestionSchema, required: false, example: examples.question },
  success: { status: 200, description: 'The decision.', schema: accessAnswerSchema, example: examples.answer },
  async handle({ services, caller, params, body }) {
    const { company_id: companyId, ...asked } = body;
    return {
      body: presentAccess(await services.clientAddresses.check(caller, params.client_id, { ...asked, companyId })),
    };
  },
});

const listSources = defineRoute({
  method: 'GET',
  path: '/api/v1/clients/{client_id}/sources',
  operationId: 'listClientSources',
  tag: 'Client addresses',
  summary: 'List the addresses from which a client was seen',
  description: `In ${SOURCES_WINDOW}, latest first, with how often it was let in and refused. Counts are some seconds behind.`,
  privilege: 'clients:read',
  params: clientParams,
  query: z.strictObject(pageQuery),
  success: {
    status: 200,
    description: 'A page.',
    schema: pageOf(clientSourceSchema, 'ClientSourcePage'),
    example: examples.sources,
  },
  async handle({ services, caller, params, query }) {
    const page = await services.clientAddresses.sources(caller, params.client_id, pageRequestOf(query));
    return { body: presentPage(page, presentSource) };
  },
});

const suggestRules = defineRoute({
  method: 'GET',
  path: '/api/v1/clients/{client_id}/suggested-rules',
  operationId: 'suggestClientRules',
  tag: 'Client addresses',
  summary: 'Suggest IP rules from use',
  description: `The smallest list that lets in the addresses from which the client was let in within ${SOURCES_WINDOW}. Addresses that were refused are not in it: they may be somebody else’s.`,
  privilege: 'clients:read',
  params: clientParams,
  success: {
    status: 200,
    description: 'Two lists to choose from.',
    schema: suggestionSchema,
    example: examples.suggestion,
  },
  async handle({ services, caller, params }) {
    return { body: presentSuggestion(await services.clientAddresses.suggest(caller, params.client_id)) };
  },
});

export const clientAddressRoutes: readonly Route[] = [checkAccess, listSources, suggestRules];

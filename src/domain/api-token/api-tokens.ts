// The service of API tokens: answers questions about them, and hands commands on.
import { notFound } from '../../base/problem.ts';
import { requirePrivilege } from '../access/caller.ts';
import { readChoices } from './api-token-choices.ts';
import {
  type ApiTokenParts,
  createApiToken,
  deleteApiToken,
  regenerateApiToken,
  updateApiToken,
} from './api-token-commands.ts';
import type { ApiTokenService } from './api-token-service.ts';

export function createApiTokenService(parts: ApiTokenParts): ApiTokenService {
  const { storage, clock } = parts;
  return {
    async get(caller, id) {
      requirePrivilege(caller, 'api-tokens:read');
      const token = await storage.read((stores) => stores.apiTokens.find(id, caller.reach));
      if (!token) throw notFound('API token');
      return token;
    },
    list(caller, { expired, ...query }, page) {
      requirePrivilege(caller, 'api-tokens:read');
      const filter = { ...query, expired: expired === undefined ? undefined : { is: expired, at: clock.now() } };
      return storage.read((stores) => stores.apiTokens.list(filter, page, caller.reach));
    },
    choices: (caller, type, id) => readChoices(storage, caller, { type, id }),
    create: (caller, input) => createApiToken(parts, caller, input),
    update: (caller, id, patch, ifVersion, isConfirmed = false) =>
      updateApiToken(parts, caller, id, patch, { ifVersion, isConfirmed }),
    regenerate: (caller, id, ifVersion) => regenerateApiToken(parts, caller, id, ifVersion),
    delete: (caller, id, ifVersion) => deleteApiToken(parts, caller, id, ifVersion),
  };
}

// The domain's services, wired the same for the server and for the command line.
import { randomBytes } from 'node:crypto';
import type { Clock } from '../base/clock.ts';
import { type ApiService, createApiService } from '../domain/api/api-service.ts';
import { createOpenApiReader, type OpenApiReader } from '../domain/api/openapi-reader.ts';
import type { ApiTokenService } from '../domain/api-token/api-token-service.ts';
import { createApiTokenService } from '../domain/api-token/api-tokens.ts';
import { type AuditService, createAuditService } from '../domain/audit/audit-service.ts';
import { type ClientService, createClientService } from '../domain/client/client-service.ts';
import type { KnownHosts } from '../domain/address/kept-restriction.ts';
import { type CompanyService, createCompanyService } from '../domain/company/company-service.ts';
import { createGranting, type Granting } from '../domain/role/granting.ts';
import { createRoleCommands, type RoleCommands } from '../domain/role/role-commands.ts';
import { createRoleService, type RoleService } from '../domain/role/role-service.ts';
import type { Storage } from '../domain/stores.ts';
import type { AccountService } from '../domain/user/account-service.ts';
import { createAccountService } from '../domain/user/accounts.ts';
import { createUserCommands, type UserCommands } from '../domain/user/user-commands.ts';
import { createUserService, type UserService } from '../domain/user/user-service.ts';
import type { BcryptQueues } from './bcrypt-queues.ts';

export interface Services {
  readonly clients: ClientService;
  readonly companies: CompanyService;
  readonly apis: ApiService;
  readonly apiTokens: ApiTokenService;
  readonly roles: RoleService & RoleCommands;
  readonly granting: Granting;
  readonly audit: AuditService;
  readonly users: UserService & UserCommands;
  readonly accounts: AccountService;
}

interface Parts {
  readonly storage: Storage;
  readonly queues: BcryptQueues;
  readonly dummyHash: string;
  readonly clock: Clock;
  /** Of imported descriptions; one of its own when absent. */
  readonly reader?: OpenApiReader | undefined;
  /** What host names in IP rules stand for; without it such rules let nobody in. */
  readonly hosts?: KnownHosts | undefined;
}

export function createServices({ storage, queues, dummyHash, clock, reader, hosts }: Parts): Services {
  return {
    clients: createClientService({ storage, hasher: queues.newSecrets, clock, hosts }),
    companies: createCompanyService({ storage, clock, hosts }),
    apis: createApiService({ storage, clock, reader: reader ?? createOpenApiReader() }),
    apiTokens: createApiTokenService({ storage, clock, hosts }),
    roles: { ...createRoleService({ storage }), ...createRoleCommands({ storage, clock }) },
    granting: createGranting({ storage }),
    audit: createAuditService({ storage }),
    users: {
      ...createUserService({ storage, clock }),
      ...createUserCommands({ storage, hasher: queues.passwords, clock }),
    },
    accounts: createAccountService({ storage, hasher: queues.passwords, dummyHash, clock, hosts }),
  };
}

/** What an unknown client's secret and an unknown user's password are compared with: as dear as a real one, and nobody's. */
export function createDummyHash(queues: BcryptQueues): Promise<string> {
  return queues.newSecrets.hash(randomBytes(32).toString('base64'));
}

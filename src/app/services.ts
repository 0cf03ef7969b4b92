// The domain's services, wired the same for the server and for the command line.
import { randomBytes } from 'node:crypto';
import type { Clock } from '../base/clock.ts';
import { type AuditService, createAuditService } from '../domain/audit/audit-service.ts';
import { type ClientService, createClientService } from '../domain/client/client-service.ts';
import { createRoleService, type RoleService } from '../domain/role/role-service.ts';
import type { Storage } from '../domain/stores.ts';
import type { AccountService } from '../domain/user/account-service.ts';
import { createAccountService } from '../domain/user/accounts.ts';
import { createUserService, type UserService } from '../domain/user/user-service.ts';
import type { BcryptQueues } from './bcrypt-queues.ts';

export interface Services {
  readonly clients: ClientService;
  readonly roles: RoleService;
  readonly audit: AuditService;
  readonly users: UserService;
  readonly accounts: AccountService;
}

interface Parts {
  readonly storage: Storage;
  readonly queues: BcryptQueues;
  readonly dummyHash: string;
  readonly clock: Clock;
}

export function createServices({ storage, queues, dummyHash, clock }: Parts): Services {
  return {
    clients: createClientService({ storage, hasher: queues.newSecrets, clock }),
    roles: createRoleService({ storage }),
    audit: createAuditService({ storage }),
    users: createUserService({ storage, clock }),
    accounts: createAccountService({ storage, hasher: queues.passwords, dummyHash, clock }),
  };
}

/** What an unknown client's secret and an unknown user's password are compared with: as dear as a real one, and nobody's. */
export function createDummyHash(queues: BcryptQueues): Promise<string> {
  return queues.newSecrets.hash(randomBytes(32).toString('base64'));
}

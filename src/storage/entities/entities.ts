// Every entity, for the pool and for the test that compares them with the migrated database. Opaque tokens, audit events and the
// change feed have none: they are partitioned, append-only or written by triggers, and reached by hand-written SQL alone.
import type { EntitySchema } from 'typeorm';
import { apiCompanyEntity, apiDocumentEntity, apiEntity, apiOperationEntity, privilegeEntity } from './api.ts';
import { apiTokenEntity } from './api-token.ts';
import { attemptEntity, usedFormEntity } from './attempt.ts';
import { clientEntity, clientSecretEntity, clientSourceEntity } from './client.ts';
import { companyEntity } from './company.ts';
import { roleCompanyEntity, roleEntity, rolePrivilegeEntity } from './role.ts';
import { revokedTokenEntity, signingKeyEntity } from './signing-key.ts';
import { oneTimeLinkEntity, sessionEntity, userAccountEntity } from './user-account.ts';

export const entities: EntitySchema[] = [
  companyEntity,
  apiEntity,
  apiCompanyEntity,
  privilegeEntity,
  apiDocumentEntity,
  apiOperationEntity,
  roleEntity,
  rolePrivilegeEntity,
  roleCompanyEntity,
  clientEntity,
  clientSecretEntity,
  clientSourceEntity,
  userAccountEntity,
  sessionEntity,
  oneTimeLinkEntity,
  apiTokenEntity,
  attemptEntity,
  usedFormEntity,
  signingKeyEntity,
  revokedTokenEntity,
];

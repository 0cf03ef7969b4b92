// Whose an API token is, out of its row.
import type { ApiTokenOwnerType } from '../domain/api-token/api-token.ts';
import type { ApiTokenRow } from './entities/api-token.ts';

/** The database holds that exactly one of the two is there. */
export function apiTokenOwner({ client_id, user_id }: Pick<ApiTokenRow, 'client_id' | 'user_id'>): {
  readonly ownerType: ApiTokenOwnerType;
  readonly ownerId: string;
} {
  return client_id === null
    ? { ownerType: 'user', ownerId: user_id ?? '' }
    : { ownerType: 'client', ownerId: client_id };
}

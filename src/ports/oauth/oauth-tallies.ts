// What the OAuth endpoints count of their answers, for whoever watches over them. No client, address or scope is in it.
import type { RefusalReason } from '../../domain/access/access-decision.ts';
import { createTally, type Tally } from '../../base/tally.ts';
import type { OAuthErrorCode } from './oauth-error.ts';

export interface OAuthTallies {
  /** By format. */
  readonly issued: Tally;
  /** Refusals of the token endpoint by their true reason. */
  readonly refused: Tally;
  /** By result. */
  readonly introspected: Tally;
  /** By result. */
  readonly revoked: Tally;
}

/** No access token is had for an API token. */
type AccessRefusal = Exclude<RefusalReason, 'token_address_refused'>;

/** In a record, so that a reason that is added there is not forgotten here. */
const REASONS: Readonly<
  Record<AccessRefusal | OAuthErrorCode | 'missing_credentials' | 'malformed_credentials' | 'too_many_attempts', true>
> = {
  unknown_client: true,
  wrong_secret: true,
  malformed_secret: true,
  secret_expired: true,
  client_inactive: true,
  client_expired: true,
  company_suspended: true,
  company_address_refused: true,
  address_refused: true,
  missing_credentials: true,
  malformed_credentials: true,
  too_many_attempts: true,
  invalid_request: true,
  invalid_client: true,
  unsupported_grant_type: true,
  invalid_scope: true,
  invalid_target: true,
  temporarily_unavailable: true,
  server_error: true,
};

export function createOAuthTallies(): OAuthTallies {
  return {
    issued: createTally(['jwt', 'opaque']),
    refused: createTally(Object.keys(REASONS)),
    introspected: createTally(['active', 'inactive', 'refused']),
    revoked: createTally(['done', 'refused']),
  };
}

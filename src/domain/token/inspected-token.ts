// A token on its way through the inspector: as it was read, as it was judged, and as whoever asked about it gets it.
import type { GrantedApi } from '../api/privilege.ts';
import type { LiveApiToken, LiveUser } from '../api-token/live-api-token.ts';
import type { LiveClient } from '../client/live-client.ts';
import type { JudgedAddress } from '../access/access-decision.ts';
import { type AccessTokenClaims, generationOf } from './access-token.ts';

/** A token that is good right now, from an address about which nothing is said yet. */
export interface InspectedToken {
  /** Of an API token its id. */
  readonly jti: string;
  /** Narrowed to the company that the token is confined to, or with the IP rules of the API token on top of its own. */
  readonly owner: LiveClient | LiveUser;
  /** undefined for an access token. */
  readonly apiToken: LiveApiToken | undefined;
  readonly audience: string;
  /** undefined when the owner no longer holds anything on the API: see `isForNothing`. */
  readonly api: GrantedApi | undefined;
  /** What was issued, less what the role has lost since; a token never gains. */
  readonly scopes: readonly string[];
  readonly issuedAtSeconds: number;
  /** null: never. */
  readonly expiresAtSeconds: number | null;
  /**
   * What was last said of an address from which it came (access-decision.ts): most come from one. The rules are looked at once for it
   * and for this object, which does not outlive them; undefined where host names are among them.
   */
  judgedAddress?: JudgedAddress | undefined;
}

/**
 * The API was taken from the company, or the role has nothing there any more: no such token could be had now, so that it means as
 * little as none. It can still be revoked, for good.
 */
export function isForNothing({ api }: InspectedToken): boolean {
  return api === undefined;
}

/** A token that was found good. It stays so until something changes about its client, which then is another object, or it is revoked. */
export interface Judgement {
  /** Narrowed like the token's, which is never the client that is peeked at: then it is judged anew, since the company may have changed. */
  readonly client: LiveClient;
  readonly token: InspectedToken;
  /** Milliseconds since 1970: its own end or its client's. */
  readonly goodUntil: number;
}

export type StoredClaims = Pick<
  AccessTokenClaims,
  'client_id' | 'aud' | 'iat' | 'exp' | 'jti' | 'scope' | 'company_id'
>;

/** An access token as it was read: what never changes of it, and what was last made of it. */
export interface ReadToken {
  readonly claims: StoredClaims;
  /** The client's when it was issued; undefined for an identifier that is not ours. */
  readonly generation: number | undefined;
  /** Undefined until it was found good. */
  judgement: Judgement | undefined;
}

export function readToken(claims: StoredClaims): ReadToken {
  return { claims, generation: generationOf(claims.jti), judgement: undefined };
}

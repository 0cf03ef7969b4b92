// One entry of the change feed: what the triggers of the database write and every process hears.

export type ChangeTopic =
  'client' | 'user' | 'company' | 'role' | 'api' | 'api_token' | 'signing_key' | 'revoked_token';

/** `key`: the id of what changed; for `api` also when its privileges or its availability did. */
export interface Change {
  readonly topic: ChangeTopic;
  readonly key: string;
}

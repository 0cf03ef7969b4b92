// Whoever calls Postern's own API with a token: the caller they are there.
import type { Caller, Origin } from '../access/caller.ts';
import { MANAGEMENT_API_ID, privilegeName } from '../api/privilege.ts';
import type { InspectedToken } from './inspected-token.ts';

/** The owner's live rights, no more than the token's scope, over what the owner's role reaches. */
export function tokenCaller(token: InspectedToken, origin: Origin): Caller {
  const { owner } = token;
  return {
    ...partyOf(token),
    companyId: owner.companyId,
    companyName: owner.companyName,
    roleId: owner.roleId,
    roleName: owner.roleName,
    reach: owner.reach,
    privileges: new Set([
      ...token.scopes.map((scope) => privilegeName(MANAGEMENT_API_ID, scope)),
      // What it may hand on of other APIs is bound to the role: a token carries one API's scopes alone.
      ...[...owner.grants.values()]
        .filter((api) => api.id !== MANAGEMENT_API_ID)
        .flatMap((api) => api.scopes.map((scope) => privilegeName(api.id, scope))),
    ]),
    origin,
  };
}

function partyOf({ owner, apiToken }: InspectedToken): Pick<Caller, 'type' | 'id' | 'name' | 'apiToken'> {
  if (!apiToken) return { type: owner.type, id: owner.id, name: owner.name };
  const { id, name, ownerType, ownerId, expiresAt } = apiToken;
  return { type: 'api_token', id, name, apiToken: { id, ownerType, ownerId, expiresAt } };
}

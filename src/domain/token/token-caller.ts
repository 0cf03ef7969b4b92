// A client that calls Postern's own API with a token: the caller it is there.
import type { Caller, Origin } from '../access/caller.ts';
import { MANAGEMENT_API_ID, privilegeName } from '../api/privilege.ts';
import type { InspectedToken } from './token-inspector.ts';

/** The client's live rights, no more than the token's scope, over what the client's role reaches. */
export function tokenCaller(token: InspectedToken, origin: Origin): Caller {
  const { client } = token;
  return {
    type: 'client',
    id: client.clientId,
    name: client.name,
    companyId: client.companyId,
    companyName: client.companyName,
    roleId: client.roleId,
    roleName: client.roleName,
    reach: client.reach,
    privileges: new Set([
      ...token.scopes.map((scope) => privilegeName(MANAGEMENT_API_ID, scope)),
      // What it may hand on of other APIs is bound to the role: a token carries one API's scopes alone.
      ...[...client.grants.values()]
        .filter((api) => api.id !== MANAGEMENT_API_ID)
        .flatMap((api) => api.scopes.map((scope) => privilegeName(api.id, scope))),
    ]),
    origin,
  };
}

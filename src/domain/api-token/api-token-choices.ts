// What an owner's API tokens can be made of, for forms; the commands decide again.
import { notFound } from '../../base/problem.ts';
import { type Caller, requirePrivilege } from '../access/caller.ts';
import { type GrantedApi, privilegeName } from '../api/privilege.ts';
import type { Storage } from '../stores.ts';
import { findOwner, type OwnerReference, requireOver } from './api-token-owner.ts';
import type { ApiTokenChoices } from './api-token-service.ts';

export function readChoices(storage: Storage, caller: Caller, reference: OwnerReference): Promise<ApiTokenChoices> {
  requirePrivilege(caller, 'api-tokens:write');
  return storage.read(async (stores) => {
    const owner = await findOwner(stores, caller, reference, false);
    if (!owner) throw notFound(reference.type);
    const there = await requireOver(stores, caller, owner);
    const available = await stores.apis.listAvailable(owner.companyId);
    const apis = available.flatMap(({ id, identifier, name }): GrantedApi[] => {
      const prefix = privilegeName(id, '');
      const held = owner.privileges.filter((privilege) => privilege.startsWith(prefix));
      const scopes = held.filter((privilege) => there.privileges.has(privilege));
      return held.length === 0
        ? []
        : [{ id, identifier, name, scopes: scopes.map((privilege) => privilege.slice(prefix.length)) }];
    });
    const { type, id, name, companyId } = owner;
    return { owner: { type, id, name, companyId }, apis };
  });
}

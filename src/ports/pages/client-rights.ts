// What a visitor may do with a client, so that pages offer nothing that would be refused.
import { mayCall } from '../../domain/access/caller.ts';
import type { ClientSummary } from '../../domain/client/client.ts';
import type { SignedInVisit } from './page.ts';

/** Nobody changes what is stronger than they are, so nothing of the kind is offered. The domain decides again at the act. */
export async function mayChange(visit: SignedInVisit, client: ClientSummary): Promise<boolean> {
  return mayCall(visit.caller, 'clients:write') && (await mayHandOn(visit, client));
}

/** Whether the visitor holds all that the client does. */
export async function mayHandOn({ caller, services }: SignedInVisit, client: ClientSummary): Promise<boolean> {
  const roles = await services.granting.rolesFor(caller, client.companyId);
  return roles.find(({ id }) => id === client.roleId)?.isGrantable ?? true;
}

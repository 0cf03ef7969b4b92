// What a visitor may do with a client, so that pages offer nothing that would be refused.
import { mayCall } from '../../domain/access/caller.ts';
import type { ClientSummary } from '../../domain/client/client.ts';
import type { SignedInVisit } from './page.ts';

/** Nobody changes what is stronger than they are, so nothing of the kind is offered. The domain decides again at the act. */
export async function mayChange({ caller, services }: SignedInVisit, client: ClientSummary): Promise<boolean> {
  if (!mayCall(caller, 'clients:write')) return false;
  const roles = await services.granting.rolesFor(caller, client.companyId);
  return roles.find(({ id }) => id === client.roleId)?.isGrantable ?? true;
}

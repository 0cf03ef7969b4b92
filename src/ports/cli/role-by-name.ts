// Roles are given by name on the command line, since nobody knows their ids by heart.
import { invalid } from '../../base/problem.ts';
import type { Caller } from '../../domain/access/caller.ts';
import { nameKey } from '../../domain/text.ts';
import type { Installation } from './command.ts';

/** The id of a role that the caller's company can choose, by its name without regard to case, or by its id. */
export async function findRoleId(installation: Installation, caller: Caller, named: string): Promise<string> {
  const roles = await installation.services.roles.listChoosable(caller);
  const role = roles.find(({ id, name }) => id === named || nameKey(name) === nameKey(named));
  if (role) return role.id;
  const names = roles.map(({ name }) => `"${name}"`).join(', ');
  throw invalid([{ pointer: '/role', detail: `${caller.companyName} has no role "${named}". There are: ${names}.` }]);
}

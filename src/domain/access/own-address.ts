// Whoever saves a list that does not let in their own address is asked first: most of those who shut themselves out did not mean to.
import { Problem } from '../../base/problem.ts';
import { parseIpAddress } from '../address/ip-address.ts';
import type { IpRestriction } from '../address/ip-rule-list.ts';
import { compileRestriction, type HostNames } from '../address/kept-restriction.ts';
import type { Caller } from './caller.ts';

/** 409 until it is confirmed; a class of its own, so that a port can say how that is done there. */
export class OwnAddressProblem extends Problem {
  constructor(address: string | null) {
    const detail =
      address === null
        ? 'Your own address cannot be told, and this list lets no unknown address in. Confirm that you mean it.'
        : `This list does not let in your own address, ${address}. Add it, or confirm that you mean it.`;
    super('resource.conflict', detail, { errors: [{ pointer: '/ip_restriction/rules', detail }] });
    this.name = 'OwnAddressProblem';
  }
}

/** @throws OwnAddressProblem when the restriction, once in force, would refuse the address from which the caller saves it */
export function requireOwnAddress(caller: Caller, restriction: IpRestriction, hosts: HostNames | undefined): void {
  // Nobody comes to the command line from an address.
  if (restriction.mode !== 'enforce' || caller.type === 'system') return;
  const { ip } = caller.origin;
  const address = ip === null ? undefined : parseIpAddress(ip);
  if (!compileRestriction(restriction, hosts).allows(address)) throw new OwnAddressProblem(ip);
}

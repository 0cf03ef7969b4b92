// The caller: on whose behalf a command runs, what it may do and how far it reaches.
import { forbidden } from '../../base/problem.ts';
import { MANAGEMENT_API_ID, privilegeName } from '../api/privilege.ts';
import { RESELLER_ROLE_ID } from '../role/role.ts';

export type CallerType = 'user' | 'client' | 'api_token' | 'system';

/** From where a request came; goes into every audit event. */
export interface Origin {
  /** `X-Request-Id`, and the reference in a refusal. */
  readonly requestId: string;
  /** Canonical text, or null when the deciding hop was no address. */
  readonly ip: string | null;
  readonly userAgent: string | null;
}

/**
 * What a caller can see: its company's path and whether the companies below count too.
 * What lies outside answers as if it did not exist.
 */
export interface Reach {
  readonly companyId: string;
  readonly companyPath: string;
  readonly subtree: boolean;
}

export interface Caller {
  readonly type: CallerType;
  readonly id: string;
  readonly name: string;
  readonly companyId: string;
  readonly companyName: string;
  readonly roleId: string;
  readonly roleName: string;
  readonly reach: Reach;
  /** `<api id>/<scope>`: the live role's, and for a token no more than its scope. */
  readonly privileges: ReadonlySet<string>;
  /** The API token that calls: its owner's name is not the caller's. */
  readonly apiToken?: ActingApiToken | undefined;
  readonly origin: Origin;
}

export interface ActingApiToken {
  readonly id: string;
  readonly ownerType: 'client' | 'user';
  readonly ownerId: string;
  /** null: never. */
  readonly expiresAt: Date | null;
}

/** Whether the caller holds a privilege of the Management API, such as `clients:read`. */
export function mayCall(caller: Caller, scope: string): boolean {
  return caller.privileges.has(privilegeName(MANAGEMENT_API_ID, scope));
}

/** 403 naming the privilege that is missing. */
export function requirePrivilege(caller: Caller, scope: string): void {
  if (!mayCall(caller, scope)) throw forbidden(`This needs the privilege ${scope}, which your role does not hold.`);
}

/**
 * Nobody grants what they do not hold, nor takes over what is stronger: 403 unless the caller holds every privilege of the other side.
 * `what` completes "You cannot …".
 */
export function requireAll(caller: Caller, privileges: Iterable<string>, what: string): void {
  const missing = [...privileges].filter((privilege) => !caller.privileges.has(privilege));
  if (missing.length === 0) return;
  const named = missing.slice(0, 5).join(', ') + (missing.length > 5 ? ` and ${missing.length - 5} more` : '');
  throw forbidden(`You cannot ${what}: it holds privileges that you do not hold (${named}).`);
}

/**
 * `requireAll` for a role and what it grants in its holder's company. The role Reseller also reaches every company below, so whoever
 * reaches one company alone can neither give it nor take over its holders, whatever privileges they hold.
 */
export function requireRole(
  caller: Caller,
  role: { readonly id: string; readonly privileges: Iterable<string> },
  what: string,
): void {
  requireAll(caller, role.privileges, what);
  if (role.id === RESELLER_ROLE_ID && !caller.reach.subtree) {
    throw forbidden(`You cannot ${what}: it reaches companies that you do not reach.`);
  }
}

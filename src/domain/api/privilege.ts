// Privileges: single permissions of an API. On the wire they are OAuth scope values; in lists they are written `<api id>/<scope>`.

/** The level of a company decides which privileges its standard roles hold. */
export type PrivilegeLevel = 'company' | 'reseller' | 'root';

export interface Privilege {
  readonly apiId: string;
  /** An OAuth scope value (RFC 6749 §3.3), such as `clients:read`. */
  readonly scope: string;
  /** Where the privilege stands in the tree of the pages. */
  readonly group: string;
  readonly description: string;
  readonly level: PrivilegeLevel;
}

export const MANAGEMENT_API_ID = 'management';

/** `<api id>/<scope>`, the form in which privileges are listed and stored in sets. */
export function privilegeName(apiId: string, scope: string): string {
  return `${apiId}/${scope}`;
}

/** The audience of tokens for Postern's own API. */
export function managementIdentifier(issuer: string): string {
  return `${issuer}/api`;
}

/** What Postern's own API knows; written to the database at every start, so that an upgrade brings new ones. */
export const MANAGEMENT_PRIVILEGES: readonly Privilege[] = [
  management('clients:read', 'Clients', 'See clients, their secrets’ hints and their restrictions', 'company'),
  management('clients:write', 'Clients', 'Register, change, rotate and delete clients', 'company'),
  management('roles:read', 'Roles', 'See roles and the privileges they hold', 'company'),
  management('roles:write', 'Roles', 'Make, change and delete custom roles', 'company'),
  management('users:read', 'Users', 'See the people who sign in', 'company'),
  management('users:write', 'Users', 'Invite, change, deactivate and delete users', 'company'),
  management('api-tokens:read', 'API tokens', 'See API tokens', 'company'),
  management('api-tokens:write', 'API tokens', 'Make, change and delete API tokens', 'company'),
  management('audit:read', 'Audit', 'Read the audit log', 'company'),
  management('tokens:introspect', 'Tokens', 'See the state of tokens of the company and those below it', 'company'),
  management('companies:read', 'Companies', 'See the companies below', 'reseller'),
  management('companies:write', 'Companies', 'Make, change, suspend and delete companies below', 'reseller'),
  management('apis:read', 'APIs', 'See every API and its privileges', 'root'),
  management('apis:write', 'APIs', 'Register, import, change and delete APIs', 'root'),
  management('keys:read', 'Signing keys', 'See signing keys', 'root'),
  management('keys:write', 'Signing keys', 'Rotate signing keys', 'root'),
  management('system:read', 'System', 'See the state of the installation', 'root'),
];

function management(scope: string, group: string, description: string, level: PrivilegeLevel): Privilege {
  return { apiId: MANAGEMENT_API_ID, scope, group, description, level };
}

/** One API's share of what a role holds in a company. */
export interface GrantedApi {
  readonly id: string;
  /** The audience (`aud`) of tokens for it: an absolute URI. */
  readonly identifier: string;
  readonly name: string;
  /** Scope values in the order of the catalogue. */
  readonly scopes: readonly string[];
}

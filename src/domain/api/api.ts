// A protected API (resource server): what tokens are for. Postern's own is built in; root administrators register others.
import type { PrivilegeLevel } from './privilege.ts';

/** The companies that may use an API, each with all below it; `all`: every company. */
export type ApiAvailability = 'all' | readonly string[];

export interface Api {
  /** Chosen once; stands in front of the scopes in `<api id>/<scope>`. */
  readonly id: string;
  /** The `aud` of its tokens: an absolute URI. */
  readonly identifier: string;
  readonly name: string;
  readonly description: string;
  /** Postern's own, which an upgrade alone changes. */
  readonly builtIn: boolean;
  /** Ids sorted, none twice. */
  readonly availableTo: ApiAvailability;
  /** The page with its imported description is shown to those alone who are signed in. */
  readonly docsPrivate: boolean;
  /** What the gate does with calls that the imported description doesn't have, or that no privilege covers. */
  readonly unknownOperations: 'refuse' | 'allow';
  /** When its description was imported last; null: never. */
  readonly importedAt: Date | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly version: number;
}

export interface ApiPrivilege {
  /** An OAuth scope value (RFC 6749 §3.3). */
  readonly scope: string;
  readonly group: string;
  readonly description: string;
  readonly level: PrivilegeLevel;
}

/** A privilege with the number of operations of the imported description that it covers. */
export interface CountedPrivilege extends ApiPrivilege {
  readonly operations: number;
}

export interface ApiSummary extends Api {
  /** In the order of the catalogue. */
  readonly privileges: readonly CountedPrivilege[];
}

/** An API as those know it who may ask for its tokens. */
export interface AvailableApi {
  readonly id: string;
  readonly identifier: string;
  readonly name: string;
}

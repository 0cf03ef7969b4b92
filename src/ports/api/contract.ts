// The contract of a route: one object that validates what comes in, checks what goes out, types the handler, and becomes an
// operation of the OpenAPI document.
import type { z } from 'zod';
import type { ApiService } from '../../domain/api/api-service.ts';
import type { ApiTokenService } from '../../domain/api-token/api-token-service.ts';
import type { AuditService } from '../../domain/audit/audit-service.ts';
import type { ClientAddresses } from '../../domain/client/client-addresses.ts';
import type { ClientService } from '../../domain/client/client-service.ts';
import type { Caller } from '../../domain/access/caller.ts';
import type { CompanyService } from '../../domain/company/company-service.ts';
import type { RoleCommands } from '../../domain/role/role-commands.ts';
import type { RoleService } from '../../domain/role/role-service.ts';
import type { SystemService } from '../../domain/system/system-service.ts';
import type { UserCommands } from '../../domain/user/user-commands.ts';
import type { UserService } from '../../domain/user/user-service.ts';
import type { AuthenticatedBearer } from './authentication.ts';
import type { VersionGuard } from './entity-tag.ts';

export interface ApiServices {
  readonly clients: ClientService;
  readonly clientAddresses: ClientAddresses;
  readonly companies: CompanyService;
  readonly roles: RoleService & RoleCommands;
  readonly users: UserService & UserCommands;
  readonly apis: ApiService;
  readonly apiTokens: ApiTokenService;
  readonly audit: AuditService;
  readonly system: SystemService;
}

export type RouteMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** What a handler gets: everything validated, nothing of HTTP. */
export interface Call<Params, Query, Body> {
  readonly bearer: AuthenticatedBearer;
  readonly caller: Caller;
  readonly services: ApiServices;
  /** The public URL of this server, for links. */
  readonly issuer: string;
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  /** As it was sent; empty where the route takes none. */
  readonly document: Uint8Array;
  /** Runs a change under `If-Match`: `guard((ifVersion) => service.update(…, ifVersion))`. */
  readonly guard: VersionGuard;
}

/** The single resource that an answer shows; its entity tag is made of both. */
export interface Entity {
  readonly version: number;
  /** As `GET` would show it, without what only this answer adds. */
  readonly representation: unknown;
}

export interface Reply<Result> {
  readonly body: Result;
  readonly entity?: Entity;
  /** Path of what was made. */
  readonly location?: string;
}

export interface BodyContract<Schema extends z.ZodType> {
  readonly schema: Schema;
  /** False: no body at all counts as `{}`. */
  readonly required: boolean;
  /** Members that the resource shows but that cannot be written here; named so in the fault. */
  readonly readOnly?: readonly string[];
  /** 256 KiB when absent. */
  readonly maxBytes?: number;
  readonly example?: unknown;
}

/** A document that is sent as it is, in place of a JSON body: the domain reads it, and its faults point into it. */
export interface DocumentContract {
  /** The first is the one to recommend. */
  readonly contentTypes: readonly string[];
  readonly maxBytes: number;
  readonly description: string;
}

export interface SuccessContract<Schema extends z.ZodType> {
  readonly status: 200 | 201 | 204;
  readonly description: string;
  /** Absent with 204. */
  readonly schema?: Schema;
  readonly example?: unknown;
}

export interface RouteDescription {
  readonly method: RouteMethod;
  /** In OpenAPI's notation: `/api/v1/clients/{client_id}`. */
  readonly path: string;
  readonly operationId: string;
  readonly tag: string;
  readonly summary: string;
  readonly description: string;
  /** The privilege of the Management API that the caller must hold; null: any valid token. */
  readonly privilege: string | null;
  /**
   * The route shows or changes one resource that has a version: answers carry `ETag`, GET honours `If-None-Match`, the others
   * `If-Match`.
   */
  readonly hasEntityTag?: boolean;
  /** Refusals of its own besides those that follow from the rest of the contract. */
  readonly problems?: Readonly<Partial<Record<403 | 409, string>>>;
}

interface Contract<
  Params extends z.ZodType,
  Query extends z.ZodType,
  Body extends z.ZodType,
  Result extends z.ZodType,
> extends RouteDescription {
  readonly params?: Params;
  readonly query?: Query;
  readonly body?: BodyContract<Body>;
  /** Instead of `body`. */
  readonly document?: DocumentContract;
  readonly success: SuccessContract<Result>;
  // A method, so that routes of different types fit into one table.
  handle(call: Call<z.output<Params>, z.output<Query>, z.output<Body>>): Promise<Reply<z.input<Result>>>;
}

/** A contract whose types were checked where it was defined. */
export type Route = Contract<z.ZodType, z.ZodType, z.ZodType, z.ZodType>;

/** Binds the handler to the schemas beside it. */
export function defineRoute<
  Params extends z.ZodType = z.ZodUndefined,
  Query extends z.ZodType = z.ZodUndefined,
  Body extends z.ZodType = z.ZodUndefined,
  Result extends z.ZodType = z.ZodUndefined,
>(contract: Contract<Params, Query, Body, Result>): Route {
  return contract;
}

/** What a handler of a 204 returns. */
export const NO_CONTENT: Reply<undefined> = { body: undefined };

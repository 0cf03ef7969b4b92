// What a page is made of: what it needs from outside, what its handlers get, and what they answer. Nothing here knows Koa.
import type { VNode } from 'preact';
import type { AppFrame } from '../../../views/layout/app-shell.tsx';
import { renderPage } from '../../../views/render.ts';
import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import type { Caller, Origin } from '../../domain/access/caller.ts';
import type { ApiTokenService } from '../../domain/api-token/api-token-service.ts';
import type { ApiService } from '../../domain/api/api-service.ts';
import type { AuditService } from '../../domain/audit/audit-service.ts';
import type { ClientAddresses } from '../../domain/client/client-addresses.ts';
import type { ClientService } from '../../domain/client/client-service.ts';
import type { CompanyService } from '../../domain/company/company-service.ts';
import type { Granting } from '../../domain/role/granting.ts';
import type { RoleCommands } from '../../domain/role/role-commands.ts';
import type { RoleService } from '../../domain/role/role-service.ts';
import type { SystemService } from '../../domain/system/system-service.ts';
import type { AccountService, PageVisitor } from '../../domain/user/account-service.ts';
import type { UserCommands } from '../../domain/user/user-commands.ts';
import type { UserService } from '../../domain/user/user-service.ts';
import type { UploadedForm } from '../http/multipart.ts';
import type { FlashMessage } from './flash.ts';
import type { FormLimits } from './form.ts';

/** Lets a form that makes something do so once, over all instances, however often it is sent. */
export interface FormGuard {
  /** True for the first who asks for this key, false for all others during the next day at least. */
  claim(key: string): Promise<boolean>;
  /** Gives the key back: what the form asked for did not happen. */
  release(key: string): Promise<void>;
}

export interface PageServices {
  readonly clients: ClientService;
  readonly clientAddresses: ClientAddresses;
  readonly companies: CompanyService;
  readonly apis: ApiService;
  readonly apiTokens: ApiTokenService;
  readonly roles: RoleService & RoleCommands;
  readonly granting: Granting;
  readonly users: UserService & UserCommands;
  readonly audit: AuditService;
  readonly system: SystemService;
  readonly accounts: AccountService;
}

export interface PageParts {
  /** The public URL, without a slash at its end. */
  readonly issuer: string;
  /** Whether cookies carry `Secure` and the prefix `__Host-`: when the issuer is https. */
  readonly secureCookies: boolean;
  readonly services: PageServices;
  readonly formGuard: FormGuard;
  readonly log: Log;
  readonly clock: Clock;
}

/** One request as a handler sees it. */
export interface Visit {
  readonly parts: PageParts;
  readonly services: PageServices;
  readonly now: Date;
  readonly origin: Origin;
  readonly params: Readonly<Record<string, string>>;
  /** As in the form, without decoding. */
  readonly querystring: string;
  /** The session cookie's value when it has the right form; whether it still stands for anybody is not said. */
  readonly sessionToken: string | undefined;
  /** The posted form, read strictly. The promise is for the whole body: call it once. */
  readForm(limits?: FormLimits): Promise<Readonly<Record<string, string>>>;
  /** The same for a form with a file. */
  readUpload(): Promise<UploadedForm>;
}

export interface SignedInVisit extends Visit {
  readonly visitor: PageVisitor;
  readonly caller: Caller;
}

/** The part of the navigation that a page belongs to; null for none. */
export type Place =
  | 'overview'
  | 'clients'
  | 'api-tokens'
  | 'companies'
  | 'apis'
  | 'roles'
  | 'users'
  | 'audit'
  | 'system'
  | 'account'
  | null;

export type Answer =
  | {
      readonly kind: 'page';
      readonly status: number;
      /** The frame is given when the page is sent: with the message that is due. */
      readonly html: (frame: AppFrame) => string;
      readonly retryAfterSeconds?: number | undefined;
    }
  | {
      readonly kind: 'plain';
      readonly status: number;
      readonly html: string;
      readonly retryAfterSeconds?: number | undefined;
    }
  | {
      readonly kind: 'redirect';
      /** A path on this server. */
      readonly to: string;
      /** The cookie's new value; null ends the session in the browser. */
      readonly session?: string | null | undefined;
      readonly flash?: FlashMessage | undefined;
    };

interface PageOptions {
  readonly status?: number;
  readonly retryAfterSeconds?: number | undefined;
}

/** A page behind the sign-in. */
export function page<Props>(view: (frame: AppFrame) => VNode<Props>, options: PageOptions = {}): Answer {
  return { kind: 'page', status: 200, ...options, html: (frame) => renderPage(view(frame)) };
}

/** A page that stands alone. */
export function plainPage<Props>(view: VNode<Props>, options: PageOptions = {}): Answer {
  return { kind: 'plain', status: 200, ...options, html: renderPage(view) };
}

/** 303, so that reloading what follows does not repeat the form. */
export function seeOther(to: string, options: { session?: string | null; flash?: FlashMessage } = {}): Answer {
  return { kind: 'redirect', to, ...options };
}

interface OpenMethod {
  readonly kind: 'open';
  handle(visit: Visit): Promise<Answer>;
}

interface SignedInMethod {
  readonly kind: 'signed-in';
  /** A scope of the Management API; null when signing in is enough. */
  readonly privilege: string | null;
  handle(visit: SignedInVisit): Promise<Answer>;
}

export type PageMethod = OpenMethod | SignedInMethod;

export interface PageRoute {
  /** In the router's syntax: `/clients/:clientId`. */
  readonly path: string;
  readonly place: Place;
  /** GET, and HEAD without its body. */
  readonly get?: PageMethod;
  readonly post?: PageMethod;
  /** Where the form that is posted here stands, for who has to sign in first; the overview when absent. */
  readonly formAt?: (params: Readonly<Record<string, string>>) => string;
}

/** For everybody. */
export function open(handle: (visit: Visit) => Promise<Answer>): PageMethod {
  return { kind: 'open', handle };
}

/** For whoever is signed in and, where one is named, holds the privilege. */
export function behind(privilege: string | null, handle: (visit: SignedInVisit) => Promise<Answer>): PageMethod {
  return { kind: 'signed-in', privilege, handle };
}

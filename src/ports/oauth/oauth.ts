// The OAuth endpoints: which path is answered by whom, and how what they throw is told.
import type { Middleware } from 'koa';
import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import type { FailureThrottle } from '../../domain/access/failure-throttle.ts';
import type { AuditLog } from '../../domain/audit/audit-event.ts';
import type { LiveClients } from '../../domain/client/live-client.ts';
import type { LiveCompanies } from '../../domain/company/live-company.ts';
import type { SecretVerifier } from '../../domain/client/secret-verifier.ts';
import type { KeyRing } from '../../domain/signing-key/key-ring.ts';
import type { Storage, UseRecorder } from '../../domain/stores.ts';
import type { TokenInspector } from '../../domain/token/token-inspector.ts';
import type { RequestContext, RequestState } from '../http/request-context.ts';
import { createClientAuthenticator } from './client-authenticator.ts';
import { createDocuments, sendDocument } from './documents.ts';
import { createEngine } from './engine.ts';
import { answerIntrospection } from './introspection.ts';
import { type OAuthError, sendOAuthError, toOAuthError } from './oauth-error.ts';
import { createOAuthTallies, type OAuthTallies } from './oauth-tallies.ts';
import { answerRevocation } from './revocation.ts';
import { answerToken } from './token-endpoint.ts';

export interface OAuthParts {
  readonly issuer: string;
  /** The keys in force at the moment of asking. */
  readonly keys: () => KeyRing;
  readonly liveClients: LiveClients;
  readonly liveCompanies: LiveCompanies;
  readonly inspector: TokenInspector;
  readonly storage: Storage;
  readonly auditLog: AuditLog;
  readonly useRecorder: UseRecorder;
  readonly secretVerifier: SecretVerifier;
  readonly failureThrottle: FailureThrottle;
  readonly log: Log;
  readonly clock: Clock;
  /** False sends every token request through the engine: for tests that compare the two. */
  readonly lane?: boolean;
  readonly tallies?: OAuthTallies;
}

interface Endpoint {
  answer(ctx: RequestContext): Promise<void>;
  countRefusal(error: OAuthError): void;
}

/** Answers exactly the five paths of the OAuth endpoints; every other path, also one in another case, is left to the next. */
export function createOAuth(parts: OAuthParts): Middleware<RequestState> {
  const authenticator = createClientAuthenticator(parts);
  const engine = createEngine(parts);
  const { tallies = createOAuthTallies() } = parts;
  const endpointParts = { ...parts, authenticator, tallies };
  const tokenParts = { ...endpointParts, engine, lane: parts.lane ?? true };
  const endpoints = new Map<string, Endpoint>([
    [
      '/oauth2/token',
      {
        answer: (ctx) => answerToken(tokenParts, ctx),
        countRefusal: ({ reason }) => tallies.refused.count(reason),
      },
    ],
    [
      '/oauth2/introspect',
      {
        answer: (ctx) => answerIntrospection(endpointParts, ctx),
        countRefusal: () => tallies.introspected.count('refused'),
      },
    ],
    [
      '/oauth2/revoke',
      {
        answer: (ctx) => answerRevocation(endpointParts, ctx),
        countRefusal: () => tallies.revoked.count('refused'),
      },
    ],
  ]);
  const findDocument = createDocuments(parts.issuer, parts.keys);
  return async (ctx, next) => {
    const endpoint = endpoints.get(ctx.path);
    const document = endpoint ? undefined : findDocument(ctx.path);
    if (!endpoint && !document) return await next();
    try {
      if (endpoint) await endpoint.answer(ctx);
      else if (document) sendDocument(ctx, document);
    } catch (thrown) {
      const error = toOAuthError(thrown, parts.log, ctx.state.requestId);
      endpoint?.countRefusal(error);
      sendOAuthError(ctx, error);
    }
  };
}

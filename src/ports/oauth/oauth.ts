// The OAuth endpoints: which path is answered by whom, and how what they throw is told.
import type { Middleware } from 'koa';
import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import type { FailureThrottle } from '../../domain/access/failure-throttle.ts';
import type { AuditLog } from '../../domain/audit/audit-event.ts';
import type { LiveClients } from '../../domain/client/live-client.ts';
import type { SecretVerifier } from '../../domain/client/secret-verifier.ts';
import type { KeyRing } from '../../domain/signing-key/key-ring.ts';
import type { Storage, UseRecorder } from '../../domain/stores.ts';
import type { TokenInspector } from '../../domain/token/token-inspector.ts';
import type { RequestContext, RequestState } from '../http/request-context.ts';
import { createClientAuthenticator } from './client-authenticator.ts';
import { createDocuments, sendDocument } from './documents.ts';
import { createEngine } from './engine.ts';
import { answerIntrospection } from './introspection.ts';
import { sendOAuthError, toOAuthError } from './oauth-error.ts';
import { answerRevocation } from './revocation.ts';
import { answerToken } from './token-endpoint.ts';

export interface OAuthParts {
  readonly issuer: string;
  /** The keys in force at the moment of asking. */
  readonly keys: () => KeyRing;
  readonly liveClients: LiveClients;
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
}

type Answer = (ctx: RequestContext) => Promise<void>;

/** Answers exactly the five paths of the OAuth endpoints; every other path, also one in another case, is left to the next. */
export function createOAuth(parts: OAuthParts): Middleware<RequestState> {
  const authenticator = createClientAuthenticator(parts);
  const engine = createEngine(parts);
  const tokenParts = { ...parts, authenticator, engine, lane: parts.lane ?? true };
  const endpointParts = { ...parts, authenticator };
  const answers = new Map<string, Answer>([
    ['/oauth2/token', (ctx) => answerToken(tokenParts, ctx)],
    ['/oauth2/introspect', (ctx) => answerIntrospection(endpointParts, ctx)],
    ['/oauth2/revoke', (ctx) => answerRevocation(endpointParts, ctx)],
  ]);
  const findDocument = createDocuments(parts.issuer, parts.keys);
  return async (ctx, next) => {
    const answer = answers.get(ctx.path);
    const document = answer ? undefined : findDocument(ctx.path);
    if (!answer && !document) return await next();
    try {
      if (answer) await answer(ctx);
      else if (document) sendDocument(ctx, document);
    } catch (error) {
      sendOAuthError(ctx, toOAuthError(error, parts.log, ctx.state.requestId));
    }
  };
}

// GET /gate and its variants: may this call go through? Answered to a proxy before every call of a protected API, so it stands before
// Koa and waits for nothing as long as everything is in memory.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import { createSeldom } from '../../base/seldom.ts';
import { type Soon, whenThere } from '../../base/soon.ts';
import type { Tally } from '../../base/tally.ts';
import type { LiveApis } from '../../domain/api/live-api.ts';
import type { AuditLog } from '../../domain/audit/audit-event.ts';
import { decideGate, type GateVerdict } from '../../domain/gate/gate-decision.ts';
import type { UseRecorder } from '../../domain/stores.ts';
import { createAddressEvents } from '../../domain/token/address-events.ts';
import type { TokenInspector } from '../../domain/token/token-inspector.ts';
import { useOf } from '../../domain/token/token-use.ts';
import { readAuthorization } from '../http/authorization.ts';
import { toProblem } from '../http/problem-response.ts';
import type { RequestIdentity } from '../http/request-context.ts';
import { type GateRefusal, sendPass, sendProblem, sendRefusal } from './gate-answer.ts';
import { createGateReader, isGateTarget } from './gate-request.ts';
import { createGateTally } from './gate-tally.ts';

export interface GateParts {
  readonly inspector: TokenInspector;
  readonly liveApis: LiveApis;
  readonly auditLog: AuditLog;
  readonly useRecorder: UseRecorder;
  readonly log: Log;
  readonly clock: Clock;
  /** Counts what was decided. */
  readonly tally?: Tally;
}

export interface Gate {
  /** Whether the request is for the gate. */
  takes(request: IncomingMessage): boolean;
  /** Never throws. The body, if there is one, is not looked at. */
  answer(request: IncomingMessage, response: ServerResponse, identity: RequestIdentity): void;
}

const SILENCE_MILLISECONDS = 60_000;
const MAX_TOLD = 100;
/** Refusals that no caller can do anything about. */
const MISCONFIGURED: ReadonlySet<GateRefusal['reason']> = new Set([
  'unreadable_question',
  'unknown_api',
  'untold_request',
]);

/** As at the Management API: tools that know no bearer tokens send `Token`, which is for API tokens alone. */
function isTokenScheme(scheme: string, credentials: string): boolean {
  return credentials !== '' && (scheme === 'bearer' || (scheme === 'token' && credentials.startsWith('pstt_')));
}

type Verdict = Extract<GateVerdict, { allowed: true }> | GateRefusal;

export function createGate(parts: GateParts): Gate {
  const { useRecorder, clock, log, tally = createGateTally() } = parts;
  const read = createGateReader();
  const tellAddress = createAddressEvents(parts);
  const isDue = createSeldom({ milliseconds: SILENCE_MILLISECONDS, maxKeys: MAX_TOLD });

  const decide = (request: IncomingMessage, { address }: RequestIdentity): Soon<Verdict> => {
    const { scheme, credentials, isRepeated } = readAuthorization(request);
    if (isRepeated) return { reason: 'several_tokens' };
    if (!isTokenScheme(scheme, credentials)) return { reason: 'no_token' };
    const asked = read(request);
    if ('fault' in asked) return { reason: 'unreadable_question', fault: asked.fault };
    return whenThere(parts.inspector.inspect(credentials), (token) => {
      // Nobody's token costs no look at the API.
      if (!token) return { allowed: false, reason: 'invalid_token' };
      const api = parts.liveApis.peek(asked.api) ?? parts.liveApis.find(asked.api);
      return whenThere(api, (live) => decideGate(token, live, asked.question, address));
    });
  };

  const send = (verdict: Verdict, response: ServerResponse, { requestId, origin, address }: RequestIdentity): void => {
    tally.count('reason' in verdict ? verdict.reason : 'allowed');
    if (!('token' in verdict)) {
      if (MISCONFIGURED.has(verdict.reason) && isDue(verdict.reason)) {
        const fault = 'fault' in verdict ? verdict.fault : undefined;
        log.warn(
          { request_id: requestId, reason: verdict.reason, fault },
          'a proxy that asks the gate is not set up right',
        );
      }
      return sendRefusal(response, requestId, verdict, address);
    }
    const { token } = verdict;
    if (!verdict.allowed) {
      tellAddress('refused', token, verdict.refusal, origin);
      useRecorder.recordRefusal(useOf(token, clock.now(), origin.ip));
      return sendRefusal(response, requestId, verdict, address);
    }
    if (verdict.reported) tellAddress('reported', token, verdict.reported, origin);
    useRecorder.record(useOf(token, clock.now(), origin.ip));
    sendPass(response, requestId, token);
  };

  return {
    takes: (request) => isGateTarget(request.url ?? ''),
    answer(request, response, identity) {
      const fail = (error: unknown) => {
        tally.count('failed');
        if (!response.headersSent) sendProblem(response, identity.requestId, toProblem(error, log, identity.requestId));
      };
      try {
        const verdict = decide(request, identity);
        if (verdict instanceof Promise) verdict.then((late) => send(late, response, identity)).catch(fail);
        else send(verdict, response, identity);
      } catch (error) {
        fail(error);
      }
    },
  };
}

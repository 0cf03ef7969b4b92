// Calls from addresses outside an IP restriction, as the audit log has them: a client that calls a thousand times a second from the
// wrong place is told once a minute.
import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import { createSeldom } from '../../base/seldom.ts';
import type { AddressRefusal } from '../access/access-decision.ts';
import type { Origin } from '../access/caller.ts';
import { narrowingDetails } from '../access/narrowing.ts';
import { type AuditLog, auditEvent } from '../audit/audit-event.ts';
import type { InspectedToken } from './inspected-token.ts';

/** `refused`, or let through because the restriction only reports. */
export type TellAddress = (
  outcome: 'refused' | 'reported',
  token: InspectedToken,
  reason: AddressRefusal,
  origin: Origin,
) => void;

interface Parts {
  readonly auditLog: AuditLog;
  readonly clock: Clock;
  readonly log: Log;
}

const SILENCE_MILLISECONDS = 60_000;
const MAX_TOLD = 10_000;

/** Nobody waits for the event: a refusal is one whether or not it can be stored, and a call that is let through mustn't take longer. */
export function createAddressEvents({ auditLog, clock, log }: Parts): TellAddress {
  const isDue = createSeldom({ milliseconds: SILENCE_MILLISECONDS, maxKeys: MAX_TOLD });
  return (outcome, { owner, apiToken, api, audience, jti }, reason, origin) => {
    const isRefused = outcome === 'refused';
    if (!isDue(`${outcome} ${apiToken?.id ?? owner.id} ${owner.companyId} ${origin.ip}`)) return;
    const event = auditEvent(isRefused ? 'token.use_refused' : 'token.use_reported', origin, {
      time: clock.now(),
      companyId: owner.companyId,
      actor: apiToken
        ? { type: 'api_token', id: apiToken.id, name: apiToken.name }
        : { type: owner.type, id: owner.id, name: owner.name },
      target: api ? { type: 'api', id: api.id, name: api.name } : null,
      outcome: isRefused ? 'failure' : 'success',
      reason,
      details: {
        audience,
        jti,
        ...(apiToken ? { owner_type: owner.type, owner_id: owner.id } : {}),
        ...narrowingDetails(owner),
      },
    });
    auditLog.append(event).catch((err: unknown) => {
      log.warn(
        { err, request_id: origin.requestId },
        'a call from an address outside an IP restriction is not in the audit log',
      );
    });
  };
}

// The authenticator of the Management API: an access token or API token for this very API, inspected at this moment, from an address
// that the IP rules let in.
import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import { decideAccess, isAddressRefusal, reportedRefusal } from '../../domain/access/access-decision.ts';
import type { LiveOwner } from '../../domain/access/live-owner.ts';
import { formatIpAddress } from '../../domain/address/ip-address.ts';
import type { IpRestrictionMode } from '../../domain/address/ip-rule-list.ts';
import { managementIdentifier } from '../../domain/api/privilege.ts';
import type { AuditLog } from '../../domain/audit/audit-event.ts';
import type { LiveSecret } from '../../domain/client/live-client.ts';
import type { UseRecorder } from '../../domain/stores.ts';
import { createAddressEvents } from '../../domain/token/address-events.ts';
import { tokenCaller } from '../../domain/token/token-caller.ts';
import type { InspectedToken } from '../../domain/token/inspected-token.ts';
import type { TokenInspector } from '../../domain/token/token-inspector.ts';
import { useOf } from '../../domain/token/token-use.ts';
import type { AuthenticatedBearer, BearerAuthenticator, BearerFacts } from './authentication.ts';

interface Parts {
  readonly inspector: TokenInspector;
  readonly issuer: string;
  readonly useRecorder: UseRecorder;
  readonly auditLog: AuditLog;
  readonly clock: Clock;
  readonly log: Log;
}

export function createBearerAuthenticator(parts: Parts): BearerAuthenticator {
  const { inspector, issuer, useRecorder, clock } = parts;
  const tellAddress = createAddressEvents(parts);
  const audience = managementIdentifier(issuer);
  return {
    async authenticate(presented, facts) {
      const token = await inspector.inspect(presented);
      // RFC 9068 §4: a token for another API is none here, whatever its scopes are called.
      if (!token || token.audience !== audience) return { ok: false, reason: 'invalid_token' };
      const now = clock.now();
      const use = useOf(token, now, facts.origin.ip);
      const refusal = decideAccess(token.owner, { address: facts.address, now });
      if (isAddressRefusal(refusal)) {
        useRecorder.recordRefusal(use);
        tellAddress('refused', token, refusal, facts.origin);
        return { ok: false, reason: 'address_refused', refusal, address: addressText(facts) };
      }
      if (refusal) return { ok: false, reason: 'invalid_token' };
      const reported = reportedRefusal(token.owner, facts.address);
      if (reported) tellAddress('reported', token, reported, facts.origin);
      useRecorder.record(use);
      return toBearer(token, facts, now);
    },
  };
}

function toBearer(token: InspectedToken, facts: BearerFacts, now: Date): AuthenticatedBearer {
  const { owner, apiToken, expiresAtSeconds } = token;
  const secret = owner.type === 'client' && !apiToken ? youngestLive(owner.secrets, now) : undefined;
  return {
    ok: true,
    caller: tokenCaller(token, facts.origin),
    owner,
    token: { expiresAt: expiresAtSeconds === null ? null : new Date(expiresAtSeconds * 1000) },
    ip: {
      address: addressText(facts),
      allowed: reportedRefusal(owner, facts.address) === undefined,
      mode: strictestMode(owner),
    },
    secret: secret ? { hint: secret.hint, expiresAt: secret.expiresAt } : null,
    apiToken: apiToken ? { id: apiToken.id, name: apiToken.name, hint: apiToken.hint } : null,
  };
}

/** Of its own rules, its company's, those of the company for which it acts, and those of the API token. */
function strictestMode({ ipMode, companyRestrictions, tokenRestriction }: LiveOwner): IpRestrictionMode {
  const modes = [ipMode, tokenRestriction?.mode, ...companyRestrictions.map(({ mode }) => mode)];
  return modes.includes('enforce') ? 'enforce' : modes.includes('report') ? 'report' : 'off';
}

/** Secrets come oldest first; while a client rotates, the youngest is the one that stays. */
function youngestLive(secrets: readonly LiveSecret[], now: Date): LiveSecret | undefined {
  return secrets.findLast((secret) => secret.expiresAt === null || secret.expiresAt > now);
}

function addressText({ address }: BearerFacts): string | null {
  return address ? formatIpAddress(address) : null;
}

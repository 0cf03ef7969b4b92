// The authenticator of the Management API: an access token for this very API, inspected at this moment, from an address that its
// client's IP restriction lets in.
import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import { decideAccess, isAddressRefusal, reportedRefusal } from '../../domain/access/access-decision.ts';
import { formatIpAddress } from '../../domain/address/ip-address.ts';
import type { IpRestrictionMode } from '../../domain/address/ip-rule-list.ts';
import { managementIdentifier } from '../../domain/api/privilege.ts';
import type { LiveClient, LiveSecret } from '../../domain/client/live-client.ts';
import type { UseRecorder } from '../../domain/stores.ts';
import { tokenCaller } from '../../domain/token/token-caller.ts';
import type { InspectedToken, TokenInspector } from '../../domain/token/token-inspector.ts';
import type { AuthenticatedBearer, BearerAuthenticator, BearerFacts } from './authentication.ts';

interface Parts {
  readonly inspector: TokenInspector;
  readonly issuer: string;
  readonly useRecorder: UseRecorder;
  readonly clock: Clock;
  readonly log: Log;
}

export function createBearerAuthenticator(parts: Parts): BearerAuthenticator {
  const { inspector, issuer, useRecorder, clock, log } = parts;
  const audience = managementIdentifier(issuer);
  return {
    async authenticate(presented, facts) {
      const token = await inspector.inspect(presented);
      // RFC 9068 §4: a token for another API is none here, whatever its scopes are called.
      if (!token || token.audience !== audience) return { ok: false, reason: 'invalid_token' };
      const now = clock.now();
      const use = { clientId: token.client.clientId, secretId: null, at: now, ip: facts.origin.ip };
      const refusal = decideAccess(token.client, { address: facts.address, now });
      if (isAddressRefusal(refusal)) {
        useRecorder.recordRefusal(use);
        logAddress(log, token.client, facts, 'a call from an address outside the IP restriction was refused');
        return { ok: false, reason: 'address_refused', address: addressText(facts) };
      }
      if (refusal) return { ok: false, reason: 'invalid_token' };
      if (reportedRefusal(token.client, facts.address)) {
        logAddress(
          log,
          token.client,
          facts,
          'a call came from an address outside the IP restriction, which only reports',
        );
      }
      useRecorder.record(use);
      return toBearer(token, facts, now);
    },
  };
}

function toBearer(token: InspectedToken, facts: BearerFacts, now: Date): AuthenticatedBearer {
  const { client } = token;
  const secret = youngestLive(client.secrets, now);
  return {
    ok: true,
    caller: tokenCaller(token, facts.origin),
    token: { expiresAt: new Date(token.expiresAtSeconds * 1000) },
    ip: {
      address: addressText(facts),
      allowed: reportedRefusal(client, facts.address) === undefined,
      mode: strictestMode(client),
    },
    secret: secret ? { hint: secret.hint, expiresAt: secret.expiresAt } : null,
  };
}

/** Of its own rules, its company's, and those of the company for which it acts. */
function strictestMode({ ipMode, companyRestrictions }: LiveClient): IpRestrictionMode {
  const modes = [ipMode, ...companyRestrictions.map(({ mode }) => mode)];
  return modes.includes('enforce') ? 'enforce' : modes.includes('report') ? 'report' : 'off';
}

/** Secrets come oldest first; while a client rotates, the youngest is the one that stays. */
function youngestLive(secrets: readonly LiveSecret[], now: Date): LiveSecret | undefined {
  return secrets.findLast((secret) => secret.expiresAt === null || secret.expiresAt > now);
}

function addressText({ address }: BearerFacts): string | null {
  return address ? formatIpAddress(address) : null;
}

function logAddress(log: Log, client: LiveClient, facts: BearerFacts, message: string): void {
  log.info({ client_id: client.clientId, ip: addressText(facts), request_id: facts.origin.requestId }, message);
}

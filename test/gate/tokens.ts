// Tokens as the gate's decision gets them, with sensible values but for those given.

import { createTokenId } from '../../src/domain/token/access-token.ts';
import type { InspectedToken } from '../../src/domain/token/inspected-token.ts';
import { liveClient } from '../support/live-clients.ts';

export function inspectedToken(given: Partial<InspectedToken> = {}): InspectedToken {
  return {
    jti: createTokenId(0),
    owner: liveClient(),
    apiToken: undefined,
    audience: 'https://tickets.example/api',
    api: { id: 'tickets', identifier: 'https://tickets.example/api', name: 'Tickets', scopes: given.scopes ?? [] },
    scopes: [],
    issuedAtSeconds: 0,
    expiresAtSeconds: 86_400,
    ...given,
  };
}

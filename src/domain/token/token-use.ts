// A call with a token, as uses are counted: of the API token with which it was made, and of the client it belongs to.
import type { UseRecorder } from '../stores.ts';
import type { InspectedToken } from './inspected-token.ts';

export function useOf(
  { owner, apiToken }: InspectedToken,
  at: Date,
  ip: string | null,
): Parameters<UseRecorder['record']>[0] {
  return { clientId: owner.type === 'client' ? owner.id : null, secretId: null, apiTokenId: apiToken?.id, at, ip };
}

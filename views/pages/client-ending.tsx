// What is asked before a client, or all its tokens, come to an end.

import type { Confirmation } from '../parts/confirm.tsx';
import { Chosen } from '../parts/panel.tsx';
import { consequenceForTokens, type TokenCount } from './api-token-ending.tsx';
import { clientHref } from './clients-list.tsx';

/** Asked before a client is deleted, as a dialog and as a page of its own. */
export function clientDeletion(client: { clientId: string; name: string }, apiTokens: TokenCount): Confirmation {
  return {
    id: 'delete-client',
    question: (
      <>
        Delete <Chosen>{client.name}</Chosen>?
      </>
    ),
    consequences: [
      'Its secrets stop working and its tokens end at once.',
      ...consequenceForTokens(apiTokens, {
        whose: 'Its',
        one: 'is deleted with it: whatever uses it is refused.',
        more: 'are deleted with it: whatever uses them is refused.',
      }),
      'It disappears from the list. The audit log keeps what it did.',
      'This can’t be undone. To stop it for a while, set it inactive instead.',
    ],
    action: `${clientHref(client.clientId)}/delete`,
    confirmLabel: 'Delete client',
  };
}

/** Asked before all tokens of a client are ended. */
export function tokenRevocation(client: { clientId: string; name: string }, apiTokens: TokenCount): Confirmation {
  return {
    id: 'revoke-tokens',
    question: (
      <>
        End all tokens of <Chosen>{client.name}</Chosen>?
      </>
    ),
    consequences: [
      'Every access token that it holds now stops counting at once, for good.',
      ...consequenceForTokens(apiTokens, {
        whose: 'Its',
        one: 'is deleted. It does not come back by itself: whatever uses it needs another.',
        more: 'are deleted. They do not come back by themselves: whatever uses them needs others.',
      }),
      'Its secrets keep working: it gets a new token the next time it asks.',
      'APIs that check tokens offline, without asking Postern, accept the old ones until they expire.',
    ],
    action: `${clientHref(client.clientId)}/revoke-tokens`,
    confirmLabel: 'End all tokens',
  };
}

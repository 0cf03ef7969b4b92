// What is asked before a client, or all its tokens, come to an end.

import type { Confirmation } from '../parts/confirm.tsx';
import { Chosen } from '../parts/panel.tsx';
import { clientHref } from './clients-list.tsx';

/** Asked before a client is deleted, as a dialog and as a page of its own. */
export function clientDeletion(client: { clientId: string; name: string }): Confirmation {
  return {
    id: 'delete-client',
    question: (
      <>
        Delete <Chosen>{client.name}</Chosen>?
      </>
    ),
    consequences: [
      'Its secrets stop working and its tokens end at once.',
      'It disappears from the list. The audit log keeps what it did.',
      'This can’t be undone. To stop it for a while, set it inactive instead.',
    ],
    action: `${clientHref(client.clientId)}/delete`,
    confirmLabel: 'Delete client',
  };
}

/** Asked before all tokens of a client are ended. */
export function tokenRevocation(client: { clientId: string; name: string }): Confirmation {
  return {
    id: 'revoke-tokens',
    question: (
      <>
        End all tokens of <Chosen>{client.name}</Chosen>?
      </>
    ),
    consequences: [
      'Every access token that it holds now stops counting at once, for good.',
      'Its secrets keep working: it gets a new token the next time it asks.',
      'APIs that check tokens offline, without asking Postern, accept the old ones until they expire.',
    ],
    action: `${clientHref(client.clientId)}/revoke-tokens`,
    confirmLabel: 'End all tokens',
  };
}

// What is asked before an API token gets a new value, or comes to an end; and what is said of those that end with their owner.

import { apiTokenHref } from '../parts/api-tokens.tsx';
import type { Confirmation } from '../parts/confirm.tsx';
import { Chosen } from '../parts/panel.tsx';

type Named = { id: string; name: string; hint: string };

/** Asked before an API token is deleted. */
export function apiTokenDeletion(token: Named, owner: string): Confirmation {
  return {
    id: 'delete-api-token',
    question: (
      <>
        Delete the API token <Chosen>{token.name}</Chosen>?
      </>
    ),
    consequences: [
      `Whatever still uses the value ending in ${token.hint} is refused from the next request on.`,
      <>
        Nothing else of <Chosen>{owner}</Chosen> changes.
      </>,
      'It disappears from the list. The audit log keeps what it did. This can’t be undone.',
    ],
    action: `${apiTokenHref(token.id)}/delete`,
    confirmLabel: 'Delete API token',
  };
}

/** Asked before it gets a new value. */
export function apiTokenRegeneration(token: Named, formId: string): Confirmation {
  return {
    id: 'regenerate-api-token',
    question: (
      <>
        Give <Chosen>{token.name}</Chosen> a new value?
      </>
    ),
    consequences: [
      `The value ending in ${token.hint} stops working at once: whatever uses it is refused until it has the new one.`,
      'The new value is shown once, on the next page.',
      'Its owner, privileges, expiry and addresses stay as they are.',
    ],
    action: `${apiTokenHref(token.id)}/regenerate`,
    fields: { form_id: formId },
    confirmLabel: 'Regenerate',
  };
}

/** How many API tokens a client or user has; null for a reader who may not see them. */
export type TokenCount = number | null;

/**
 * What becomes of them, as one more sentence in a question about their owner; nothing where there are none. `whose`: "Its".
 * `one` and `more` go on after "API token" and "API tokens".
 */
export function consequenceForTokens(
  count: TokenCount,
  { whose, one, more }: { whose: 'Its' | 'Their' | 'Your'; one: string; more: string },
): readonly string[] {
  if (count === 0) return [];
  if (count === null) return [`${whose} API tokens, if there are any, ${more}`];
  return count === 1 ? [`${whose} API token ${one}`] : [`${whose} ${count.toLocaleString('en')} API tokens ${more}`];
}

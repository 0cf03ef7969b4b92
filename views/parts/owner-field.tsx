// The client or user that a new API token belongs to: found by name, and chosen by a button each, so that keys that move through a list
// choose nothing. What the token can be made of depends on it, so the form comes back with that.

import { ownerKindWords } from './api-tokens.tsx';
import { FieldFaults, fieldId, type FieldErrors } from './field.tsx';
import { FindRow } from './find-row.tsx';
import { Icon } from './icon.tsx';
import { Chosen } from './panel.tsx';

export type OwnerView = {
  /** As it is posted: `client:<client ID>` or `user:<id>`. */
  value: string;
  kind: 'client' | 'user';
  name: string;
  /** A client ID or an email address; null where the reader is not shown it. */
  about: string | null;
  /** null where all that is seen belongs to one company. */
  company: string | null;
  isYou: boolean;
};

export type OwnerChoice = {
  /** null while nobody is chosen. */
  current: OwnerView | null;
  /** What was looked for; undefined while nothing was. */
  q?: string | undefined;
  found: readonly OwnerView[];
  /** More match than are listed. */
  isCut: boolean;
  /** The reader may look for others. */
  maySearch: boolean;
  /** Where the form with this owner can be asked for again; empty while the page is the answer to no form. */
  formHref: string;
};

export const ownerLabel = 'Owner';

/** What was typed to find an owner goes along with the form. */
export const ownerSearchName = 'owner_q';

/** What a button that chooses an owner is posted as. */
export const chosenOwnerName = 'choose_owner';

function OwnerWords({ owner }: { owner: OwnerView }) {
  const words = [ownerKindWords[owner.kind], owner.about, owner.company].filter((each) => each !== null);
  return (
    <span class="switch-name">
      <Chosen>{owner.name}</Chosen> {owner.isYou && <span class="tag">You</span>}
      <span class="party-type">
        {words.map((word, index) => (
          <span key={word}>
            {index > 0 && ' · '}
            <bdi>{word}</bdi>
          </span>
        ))}
      </span>
    </span>
  );
}

function iconOf({ kind }: OwnerView): 'clients' | 'account' {
  return kind === 'client' ? 'clients' : 'account';
}

function Found({ q, found, isCut }: Pick<OwnerChoice, 'q' | 'found' | 'isCut'>) {
  if (q === undefined) return null;
  if (found.length === 0) return <p class="muted">Nobody else matches.</p>;
  return (
    <>
      <ul class="switch-list owner-list" aria-label="Found">
        {found.map((owner) => (
          <li class="switch-choice" key={owner.value}>
            <button type="submit" name={chosenOwnerName} value={owner.value} formnovalidate data-submit-meant>
              <Icon name={iconOf(owner)} />
              <OwnerWords owner={owner} />
              <span class="button small secondary" aria-hidden="true">
                Choose
              </span>
            </button>
          </li>
        ))}
      </ul>
      {isCut && <p class="field-hint">More match than are listed. Type more of the name.</p>}
    </>
  );
}

export function OwnerField({ choice, errors }: { choice: OwnerChoice; errors: FieldErrors }) {
  const { current, q, found, isCut, maySearch, formHref } = choice;
  const id = fieldId('owner');
  return (
    <fieldset class="field" id={id} tabindex={-1} data-form-href={formHref}>
      <legend class="visually-hidden">{ownerLabel}</legend>
      <FieldFaults name="owner" errors={errors} />
      {current && (
        <div class="owner-current">
          <Icon name={iconOf(current)} />
          <OwnerWords owner={current} />
          <input type="hidden" name="owner" value={current.value} />
        </div>
      )}
      {maySearch && (
        <FindRow
          name={ownerSearchName}
          q={q ?? ''}
          label={current ? 'Find another client or user by name' : 'Find a client or user by name'}
          button={{ name: 'choose', value: 'find' }}
          autofocus={q !== undefined}
        />
      )}
      <Found q={q} found={found} isCut={isCut} />
    </fieldset>
  );
}

// Finding companies inside a form that is filled in: its button brings the form back with what was found, and keeps the rest.

import { Icon } from './icon.tsx';

type FindRowProps = {
  /** What the text is posted as. */
  name: string;
  q: string;
  label: string;
  /** What the form is posted with by the button. */
  button: { name: string; value: string };
  autofocus?: boolean | undefined;
};

export function FindRow({ name, q, label, button, autofocus }: FindRowProps) {
  return (
    <div class="find-row" data-find>
      <div class="search-input">
        <Icon name="search" />
        <input
          id={`find-${name}`}
          class="input"
          type="search"
          name={name}
          value={q}
          autocomplete="off"
          spellcheck={false}
          aria-label={label}
          placeholder={label}
          autofocus={autofocus}
        />
      </div>
      <button type="submit" class="button secondary" formnovalidate {...button}>
        <span>Find</span>
      </button>
    </div>
  );
}

// Finding companies inside a form that is filled in: its button brings the form back with what was found, and keeps the rest.

import { Icon } from './icon.tsx';

type FindRowProps = {
  /** What the text is posted as. */
  name: string;
  q: string;
  label: string;
  /** The label stands above; else it stands in the field. */
  isLabelled?: boolean;
  /** What the form is posted with by the button. */
  button: { name: string; value: string };
  autofocus?: boolean | undefined;
  describedBy?: string | undefined;
};

export function FindRow({ name, q, label, isLabelled = false, button, autofocus, describedBy }: FindRowProps) {
  const id = `find-${name}`;
  const row = (
    <div class="find-row" data-find>
      <div class="search-input">
        <Icon name="search" />
        <input
          id={id}
          class="input"
          type="search"
          name={name}
          value={q}
          autocomplete="off"
          spellcheck={false}
          aria-label={isLabelled ? undefined : label}
          placeholder={isLabelled ? undefined : label}
          aria-describedby={describedBy}
          autofocus={autofocus}
        />
      </div>
      <button type="submit" class="button secondary" formnovalidate {...button}>
        <span>Find</span>
      </button>
    </div>
  );
  if (!isLabelled) return row;
  return (
    <>
      <label for={id}>{label}</label>
      {row}
    </>
  );
}

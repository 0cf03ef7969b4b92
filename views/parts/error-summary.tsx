// The list of all faults at the top of a form, each linked to its field.

import { fieldId, type FieldErrors } from './field.tsx';
import { Icon } from './icon.tsx';

export type ErrorSummaryProps = {
  errors: FieldErrors;
  /** Field name to label, in the order in which the form shows them. */
  fields: Readonly<Record<string, string>>;
};

export function hasErrors(errors: FieldErrors): boolean {
  return Object.values(errors).some((faults) => faults !== undefined && faults.length > 0);
}

/** Faults of fields that the form doesn't show are listed too, without a link, so that none gets lost. */
export function ErrorSummary({ errors, fields }: ErrorSummaryProps) {
  if (!hasErrors(errors)) return null;
  const shown = Object.keys(fields);
  const others = Object.keys(errors).filter((name) => !shown.includes(name));
  const count = Object.values(errors).reduce((sum, faults) => sum + (faults?.length ?? 0), 0);
  return (
    <div class="notice bad" role="alert" tabindex={-1} data-error-summary>
      <Icon name="stop" />
      <div class="notice-body">
        <h2 class="notice-title">
          {others.length === 1 && count === 1
            ? 'That didn’t work'
            : `Please correct ${count === 1 ? 'one thing' : `${count} things`}`}
        </h2>
        <ul class="error-list">
          {others.flatMap((name) =>
            (errors[name] ?? []).map((fault) => (
              <li key={`${name}-${fault}`}>{name === 'form' ? fault : `${name}: ${fault}`}</li>
            )),
          )}
          {shown.flatMap((name) =>
            (errors[name] ?? []).map((fault) => (
              <li key={`${name}-${fault}`}>
                <a href={`#${fieldId(name)}`}>{fields[name]}</a>: {fault}
              </li>
            )),
          )}
        </ul>
      </div>
    </div>
  );
}

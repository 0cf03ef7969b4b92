// One choice of few, each with a line that says what it means.

import type { ComponentChildren } from 'preact';
import { describedBy, FieldFaults, fieldId, type FieldErrors } from './field.tsx';

export type RadioOption = { value: string; label: string; hint?: ComponentChildren };

export type RadioFieldProps = {
  name: string;
  legend: string;
  /** The legend is read aloud but not shown: a heading beside it already says it. */
  legendHidden?: boolean;
  hint?: ComponentChildren;
  value: string | undefined;
  options: readonly RadioOption[];
  errors?: FieldErrors | undefined;
  layout?: 'cards' | 'row';
};

export function RadioField(props: RadioFieldProps) {
  const { name, legend, legendHidden, hint, value, options, errors, layout = 'cards' } = props;
  const id = fieldId(name);
  return (
    <fieldset class="field" {...describedBy({ name, hint, errors })}>
      <legend class={legendHidden ? 'visually-hidden' : 'field-legend'}>{legend}</legend>
      {hint && (
        <p class="field-hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      <FieldFaults name={name} errors={errors} />
      <div class={`radios ${layout}`}>
        {options.map((option, index) => {
          const optionId = index === 0 ? id : `${id}-${option.value}`;
          return (
            <div class="radio" key={option.value}>
              <input
                type="radio"
                id={optionId}
                name={name}
                value={option.value}
                checked={option.value === value}
                aria-describedby={option.hint ? `${optionId}-about` : undefined}
              />
              <label for={optionId}>{option.label}</label>
              {option.hint && (
                <p class="radio-hint" id={`${optionId}-about`}>
                  {option.hint}
                </p>
              )}
            </div>
          );
        })}
      </div>
    </fieldset>
  );
}

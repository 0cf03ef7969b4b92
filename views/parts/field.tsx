// Form fields: label above, hint below it, faults beside the control, every part tied to it for screen readers.

import type { ComponentChildren } from 'preact';
import { Icon } from './icon.tsx';

/** Faults by field name, as the form's inputs are named. The key `form` holds what belongs to no single field. */
export type FieldErrors = Readonly<Record<string, readonly string[] | undefined>>;

/** The id that a field's control has; the error summary links to it. */
export function fieldId(name: string): string {
  return `f-${name}`;
}

type Described = { name: string; hint?: ComponentChildren; errors?: FieldErrors | undefined };

/** The `aria-…` attributes that tie a control to its hint and faults. */
export function describedBy({ name, hint, errors }: Described) {
  const id = fieldId(name);
  const faulty = (errors?.[name]?.length ?? 0) > 0;
  const ids = [hint ? `${id}-hint` : '', faulty ? `${id}-error` : ''].filter(Boolean).join(' ');
  return { 'aria-describedby': ids || undefined, 'aria-invalid': faulty ? ('true' as const) : undefined };
}

export function FieldFaults({ name, errors }: { name: string; errors?: FieldErrors | undefined }) {
  const faults = errors?.[name];
  if (!faults || faults.length === 0) return null;
  return (
    <div class="field-error" id={`${fieldId(name)}-error`}>
      <Icon name="stop" />
      {faults.length === 1 ? (
        <p>{faults[0]}</p>
      ) : (
        <ul>
          {faults.map((fault) => (
            <li key={fault}>{fault}</li>
          ))}
        </ul>
      )}
    </div>
  );
}

export type FieldProps = Described & {
  label: string;
  optional?: boolean;
  /** Stands right of the label, for example a link to help. */
  aside?: ComponentChildren;
  children: ComponentChildren;
};

export function Field({ name, label, hint, errors, optional, aside, children }: FieldProps) {
  const id = fieldId(name);
  return (
    <div class="field">
      <div class="field-label">
        <label for={id}>
          {label}
          {optional && <span class="field-optional"> (optional)</span>}
        </label>
        {aside}
      </div>
      {hint && (
        <p class="field-hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      <FieldFaults name={name} errors={errors} />
      {children}
    </div>
  );
}

export type TextFieldProps = Omit<FieldProps, 'children'> & {
  value?: string | undefined;
  type?: 'text' | 'email' | 'password' | 'number' | 'date' | 'datetime-local' | 'search';
  autocomplete?: string;
  width?: 'full' | 'half' | 'short';
  /** A unit that stands behind the input, such as "seconds". */
  unit?: string;
  min?: number;
  max?: number;
  mono?: boolean;
  spellcheck?: boolean;
  /** A script reads this to show what the value means, see assets/meaning.js. */
  meaning?: 'duration' | 'utc-time';
};

export function TextField(props: TextFieldProps) {
  const { name, value, type = 'text', autocomplete, width = 'full', unit, min, max, mono, spellcheck, meaning } = props;
  const input = (
    <input
      id={fieldId(name)}
      class={mono ? `input ${width} mono` : `input ${width}`}
      // Preact types each kind of input apart; for the attributes used here they are all alike.
      // oxlint-disable-next-line typescript/no-unnecessary-type-assertion -- the compiler does need it
      type={type as 'text'}
      name={name}
      value={value ?? ''}
      required={!props.optional}
      autocomplete={autocomplete}
      min={min}
      max={max}
      inputmode={type === 'number' ? 'numeric' : undefined}
      spellcheck={spellcheck}
      dir={type === 'text' ? 'auto' : undefined}
      {...describedBy(props)}
    />
  );
  return (
    <Field {...props}>
      {unit || meaning ? (
        <div class="input-row">
          {input}
          {unit && <span class="input-unit">{unit}</span>}
          {meaning && <output class="input-meaning" data-meaning={meaning} for={fieldId(name)} />}
        </div>
      ) : (
        input
      )}
    </Field>
  );
}

export type TextAreaFieldProps = Omit<FieldProps, 'children'> & {
  value?: string | undefined;
  rows?: number;
  mono?: boolean;
  placeholder?: string;
  after?: ComponentChildren;
};

export function TextAreaField(props: TextAreaFieldProps) {
  const { name, value, rows = 3, mono, placeholder, after } = props;
  return (
    <Field {...props}>
      <textarea
        id={fieldId(name)}
        class={mono ? 'input mono' : 'input'}
        name={name}
        rows={rows}
        required={!props.optional}
        placeholder={placeholder}
        spellcheck={!mono}
        dir={mono ? 'ltr' : 'auto'}
        {...describedBy(props)}
      >
        {/* HTML drops the first line break after the tag, so one that belongs to the value needs another. Browsers send CR LF. */}
        {value && /^\r?\n/.test(value) ? `\n${value}` : value}
      </textarea>
      {after}
    </Field>
  );
}

/** `disabled`: shown, so that nobody looks for it in vain, but not to be chosen. */
export type SelectOption = { value: string; label: string; disabled?: boolean };

export type SelectFieldProps = Omit<FieldProps, 'children'> & {
  value?: string | undefined;
  options: readonly SelectOption[];
  /** Text of an empty first choice; without it the first option is the default. */
  prompt?: string;
  width?: 'full' | 'half';
  autofocus?: boolean | undefined;
};

export function SelectField(props: SelectFieldProps) {
  const { name, value, options, prompt, width = 'full', autofocus } = props;
  return (
    <Field {...props}>
      <Select
        id={fieldId(name)}
        class={width}
        name={name}
        value={value}
        options={options}
        prompt={prompt}
        required={!props.optional}
        autofocus={autofocus}
        {...describedBy(props)}
      />
    </Field>
  );
}

type SelectProps = {
  id: string;
  name: string;
  value: string | undefined;
  options: readonly SelectOption[];
  prompt: string | undefined;
  required?: boolean;
  autofocus?: boolean | undefined;
  class?: string;
  'aria-describedby'?: string | undefined;
  'aria-invalid'?: 'true' | undefined;
};

/** A bare select without its label. */
export function Select({ value, options, prompt, class: width, ...rest }: SelectProps) {
  return (
    <div class={width ? `select ${width}` : 'select'}>
      <select class="input" {...rest}>
        {prompt !== undefined && (
          <option value="" selected={!value}>
            {prompt}
          </option>
        )}
        {options.map((option) => (
          <option
            value={option.value}
            selected={option.value === value}
            disabled={option.disabled && option.value !== value}
            key={option.value}
          >
            {option.label}
          </option>
        ))}
      </select>
    </div>
  );
}

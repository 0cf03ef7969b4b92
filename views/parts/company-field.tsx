// The company that something new belongs to. Its roles depend on it, so the form comes back with them when it is chosen.

import { FindRow } from './find-row.tsx';
import { Field, fieldId, Select, describedBy, type FieldErrors, type SelectOption } from './field.tsx';

export type CompanyChoice = {
  options: readonly SelectOption[];
  /** More match than are listed. */
  isCut: boolean;
  /** What was looked for by name; undefined where the list holds them all, and nothing is to be looked for. */
  q?: string | undefined;
  /** It was just chosen: the next field wants attention. */
  wasChosen?: boolean;
  /** Companies were just looked for: the choice among them wants attention. */
  wasFound?: boolean;
  /** Where the form with this company can be asked for again. */
  formHref: string;
};

export const companyLabel = 'Company';

/** What was typed to find a company goes along with the form. */
export const companySearchName = 'company_q';

type CompanyFieldProps = {
  value: string;
  choice: CompanyChoice;
  errors: FieldErrors;
  /** What the form comes back with. */
  chooseLabel?: string;
};

function hintOf({ q, isCut, options }: CompanyChoice): string | undefined {
  if (q === undefined) return undefined;
  if (isCut) return 'More companies match than are listed. Find others by their name.';
  return options.length <= 1 ? 'No other company matches.' : 'Those that match are listed.';
}

function CompanySearch({ choice: { q } }: { choice: CompanyChoice }) {
  if (q === undefined) return null;
  return <FindRow name={companySearchName} q={q} label="Find a company" button={{ name: 'choose', value: 'found' }} />;
}

export function CompanyField({ value, choice, errors, chooseLabel = 'Show its roles' }: CompanyFieldProps) {
  const hint = hintOf(choice);
  return (
    <Field name="company_id" label={companyLabel} hint={hint} errors={errors}>
      <CompanySearch choice={choice} />
      <div class="input-row">
        <Select
          id={fieldId('company_id')}
          class="half grow"
          name="company_id"
          value={value}
          options={choice.options}
          prompt={undefined}
          required
          autofocus={choice.wasFound}
          {...describedBy({ name: 'company_id', hint, errors })}
        />
        <button
          type="submit"
          name="choose"
          value="company"
          class="button secondary"
          formnovalidate
          data-chooses="company_id"
          data-form-href={choice.wasChosen || choice.wasFound ? choice.formHref : ''}
        >
          <span>{chooseLabel}</span>
        </button>
      </div>
    </Field>
  );
}

type ParentFieldProps = Pick<CompanyFieldProps, 'value' | 'choice' | 'errors'> & { label: string };

/** The company that a new one is placed below: a reseller. Nothing else depends on it. */
export function ParentField({ label, value, choice, errors }: ParentFieldProps) {
  const hint = ['The company that manages it.', hintOf(choice)].filter(Boolean).join(' ');
  return (
    <Field name="parent_id" label={label} hint={hint} errors={errors}>
      <CompanySearch choice={choice} />
      <Select
        id={fieldId('parent_id')}
        class="half"
        name="parent_id"
        value={value}
        options={choice.options}
        prompt={undefined}
        required
        autofocus={choice.wasFound}
        {...describedBy({ name: 'parent_id', hint, errors })}
      />
      {choice.wasFound && <span hidden data-form-href={choice.formHref} />}
    </Field>
  );
}

// The company that something new belongs to. Its roles depend on it, so the form comes back with them when it is chosen.

import { Field, fieldId, Select, describedBy, type FieldErrors, type SelectOption } from './field.tsx';

export type CompanyChoice = {
  options: readonly SelectOption[];
  /** There are more than are listed. */
  isCut: boolean;
  /** It was just chosen: the next field wants attention. */
  wasChosen?: boolean;
  /** Where the form with this company can be asked for again. */
  formHref: string;
};

export const companyLabel = 'Company';

type CompanyFieldProps = {
  value: string;
  choice: CompanyChoice;
  errors: FieldErrors;
  /** What the form comes back with. */
  chooseLabel?: string;
};

export function CompanyField({ value, choice, errors, chooseLabel = 'Show its roles' }: CompanyFieldProps) {
  const hint = choice.isCut ? (
    <>
      Some are listed. For another one, <a href="/companies">open it</a> and start there.
    </>
  ) : undefined;
  return (
    <Field name="company_id" label={companyLabel} hint={hint} errors={errors}>
      <div class="input-row">
        <Select
          id={fieldId('company_id')}
          class="half grow"
          name="company_id"
          value={value}
          options={choice.options}
          prompt={undefined}
          required
          {...describedBy({ name: 'company_id', hint, errors })}
        />
        <button
          type="submit"
          name="choose"
          value="company"
          class="button secondary"
          formnovalidate
          data-choose-company={choice.wasChosen ? choice.formHref : ''}
        >
          <span>{chooseLabel}</span>
        </button>
      </div>
    </Field>
  );
}

// The form of a custom role: what it is called, what it may do, and who else may use it.

import { AppShell, type AppFrame } from '../layout/app-shell.tsx';
import { PageHeader } from '../layout/page-header.tsx';
import { CompanyField, companyLabel, type CompanyChoice } from '../parts/company-field.tsx';
import { HiddenFields } from '../parts/confirm.tsx';
import { ErrorSummary, hasErrors } from '../parts/error-summary.tsx';
import { FieldFaults, fieldId, TextAreaField, TextField, type FieldErrors } from '../parts/field.tsx';
import { FindRow } from '../parts/find-row.tsx';
import { FormSection } from '../parts/form-section.tsx';
import { PrivilegePicker, type PickerApi } from '../parts/privilege-picker.tsx';
import { roleHref } from './roles-list.tsx';

/** The plain fields as they are posted; privileges and companies are boxes of their own. */
export type RoleFormValues = { name: string; description: string; company_id: string };

export type AvailableCompany = { id: string; name: string; isChosen: boolean };

export type RoleFormPageProps = {
  frame: AppFrame;
  /** The role as stored; null for a new one. */
  role: { id: string; name: string } | null;
  values: RoleFormValues;
  errors: FieldErrors;
  companies?: CompanyChoice | undefined;
  apis: readonly PickerApi[];
  /** Companies below the role's own; null where it can have none. */
  availableTo: {
    companies: readonly AvailableCompany[];
    /** More match than are listed. */
    isCut: boolean;
    /** What was looked for by name; undefined where all of them are listed. */
    q?: string | undefined;
    wasFound?: boolean;
  } | null;
  hidden: Readonly<Record<string, string>>;
};

const labels = {
  name: 'Name',
  description: 'Description',
  company_id: companyLabel,
  privileges: 'Privileges',
  available_to: 'Available to',
};

/** How a company is named in the form. */
export const companyPrefix = 'company:';

/** What was typed to find companies for it goes along with the form. */
export const availableSearchName = 'available_q';

function AvailableTo({
  companies,
  isCut,
  q,
  wasFound,
  errors,
}: NonNullable<RoleFormPageProps['availableTo']> & { errors: FieldErrors }) {
  const id = fieldId('available_to');
  if (companies.length === 0 && q === undefined) return <p class="muted">There are no companies below it yet.</p>;
  return (
    <fieldset class="field" id={id} tabindex={-1}>
      <legend class="field-legend">{labels.available_to}</legend>
      {q !== undefined && (
        <FindRow
          name={availableSearchName}
          q={q}
          label="Find a company below it"
          button={{ name: 'choose', value: 'available' }}
          autofocus={wasFound}
        />
      )}
      <FieldFaults name="available_to" errors={errors} />
      <ul class="boxes">
        {companies.map((company) => (
          <li key={company.id}>
            <label>
              <input type="checkbox" name={`${companyPrefix}${company.id}`} checked={company.isChosen} />
              <bdi>{company.name}</bdi>
            </label>
          </li>
        ))}
      </ul>
      {companies.length === 0 && <p class="muted">No company matches.</p>}
      {isCut && <p class="muted">More companies match than are listed. Find others by their name.</p>}
    </fieldset>
  );
}

export function RoleFormPage(props: RoleFormPageProps) {
  const { frame, role, values, errors, companies, apis, availableTo, hidden } = props;
  const href = role ? roleHref(role.id) : '/roles';
  const title = role ? 'Edit role' : 'New role';
  return (
    <AppShell frame={frame} title={[title, role?.name ?? 'Roles']} faulty={hasErrors(errors)}>
      <PageHeader
        title={title}
        crumbs={[{ href: '/roles', label: 'Roles' }, ...(role ? [{ href, label: role.name }] : [])]}
        lede={
          role
            ? 'Changes count at once for everybody who has it, also for tokens that are already out.'
            : 'A set of privileges of your own making, for clients and users.'
        }
      />
      <ErrorSummary errors={errors} fields={labels} />
      <form method="post" action={href} novalidate class="form sectioned wide-fields" autocomplete="off">
        <HiddenFields fields={hidden} />
        <FormSection title="Role" lede="So that others know when to choose it.">
          {companies && (
            <CompanyField
              value={values.company_id}
              choice={companies}
              errors={errors}
              chooseLabel="Show its privileges"
            />
          )}
          <TextField
            name="name"
            label={labels.name}
            hint="What it is for: “SIEM reader”, “Password rotation”."
            value={values.name}
            errors={errors}
          />
          <TextAreaField
            name="description"
            label={labels.description}
            optional
            rows={2}
            value={values.description}
            errors={errors}
          />
        </FormSection>
        <FormSection title="Privileges" lede="What its holders may do. Give as few as will do.">
          <PrivilegePicker apis={apis} errors={errors} />
        </FormSection>
        {availableTo && (
          <FormSection
            title="Available to"
            lede="Companies below that may give it to their clients and users. There it grants no more than their level allows."
          >
            <AvailableTo {...availableTo} errors={errors} />
          </FormSection>
        )}
        <div class="form-actions">
          <button type="submit" class="button primary">
            <span>{role ? 'Save changes' : 'Create role'}</span>
          </button>
          <a class="button quiet" href={href}>
            <span>Cancel</span>
          </a>
        </div>
      </form>
    </AppShell>
  );
}

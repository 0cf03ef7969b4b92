// The form of a user, for inviting somebody and for changing what they are.

import { AppShell, type AppFrame } from '../layout/app-shell.tsx';
import { PageHeader } from '../layout/page-header.tsx';
import { CompanyField, companyLabel, type CompanyChoice } from '../parts/company-field.tsx';
import { HiddenFields } from '../parts/confirm.tsx';
import { ErrorSummary, hasErrors } from '../parts/error-summary.tsx';
import { SelectField, TextField, type FieldErrors, type SelectOption } from '../parts/field.tsx';
import { FormSection } from '../parts/form-section.tsx';
import { RadioField, type RadioOption } from '../parts/radio-field.tsx';
import { userHref } from './users-list.tsx';

/** The fields as they are posted. `ip_exempt` is `true` or `false`. */
export type UserFormValues = {
  name: string;
  email: string;
  company_id: string;
  role_id: string;
  status: string;
  ip_exempt: string;
};

export type UserFormPageProps = {
  frame: AppFrame;
  /** The user as stored; null for a new one. */
  user: { id: string; name: string } | null;
  values: UserFormValues;
  errors: FieldErrors;
  companies?: CompanyChoice | undefined;
  roles: readonly SelectOption[];
  hidden: Readonly<Record<string, string>>;
};

const labels = {
  name: 'Name',
  email: 'Email address',
  company_id: companyLabel,
  role_id: 'Role',
  status: 'Status',
  ip_exempt: 'Company’s IP restriction',
};

const statuses: readonly RadioOption[] = [
  { value: 'active', label: 'Active', hint: 'Signs in.' },
  { value: 'inactive', label: 'Inactive', hint: 'Does not, and open sessions end at once.' },
];

const exemptions: readonly RadioOption[] = [
  { value: 'false', label: 'Counts', hint: 'As for everybody of the company.' },
  { value: 'true', label: 'Exempt', hint: 'Signs in from anywhere, for emergencies.' },
];

export function UserFormPage({ frame, user, values, errors, companies, roles, hidden }: UserFormPageProps) {
  const href = user ? userHref(user.id) : '/users';
  const title = user ? 'Edit user' : 'New user';
  return (
    <AppShell frame={frame} title={[title, user?.name ?? 'Users']} faulty={hasErrors(errors)}>
      <PageHeader
        title={title}
        crumbs={[{ href: '/users', label: 'Users' }, ...(user ? [{ href, label: user.name }] : [])]}
        lede={
          user
            ? 'Changes count at once, also in sessions that are open.'
            : 'You get a link on the next page with which they set their own password. Pass it on yourself: no mail is sent.'
        }
      />
      <ErrorSummary errors={errors} fields={labels} />
      <form method="post" action={href} novalidate class="form sectioned" autocomplete="off">
        <HiddenFields fields={hidden} />
        <FormSection title="Person" lede="The email address is what they sign in with.">
          <TextField name="name" label={labels.name} value={values.name} errors={errors} />
          <TextField
            name="email"
            label={labels.email}
            type="email"
            value={values.email}
            errors={errors}
            spellcheck={false}
          />
        </FormSection>
        <FormSection title="Access" lede="What they may do here, and where.">
          {companies && <CompanyField value={values.company_id} choice={companies} errors={errors} />}
          <SelectField
            name="role_id"
            label={labels.role_id}
            hint={
              <>
                What they may do. <a href="/roles">See all roles</a>
              </>
            }
            value={values.role_id}
            options={roles}
            prompt="Choose a role"
            errors={errors}
            width="half"
            autofocus={companies?.wasChosen}
          />
          {user && (
            <RadioField
              name="status"
              legend={labels.status}
              value={values.status}
              options={statuses}
              errors={errors}
              layout="row"
            />
          )}
          <RadioField
            name="ip_exempt"
            legend={labels.ip_exempt}
            value={values.ip_exempt}
            options={exemptions}
            errors={errors}
            layout="row"
          />
        </FormSection>
        <div class="form-actions">
          <button type="submit" class="button primary">
            <span>{user ? 'Save changes' : 'Create user'}</span>
          </button>
          <a class="button quiet" href={href}>
            <span>Cancel</span>
          </a>
        </div>
      </form>
    </AppShell>
  );
}

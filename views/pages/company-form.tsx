// The form of a company, for a new one and for one that is there: its name, its place, and from where its people and programs may come.

import { AppShell, type AppFrame } from '../layout/app-shell.tsx';
import { PageHeader } from '../layout/page-header.tsx';
import { type CompanyChoice, ParentField } from '../parts/company-field.tsx';
import { HiddenFields } from '../parts/confirm.tsx';
import { ErrorSummary, hasErrors } from '../parts/error-summary.tsx';
import { TextField, type FieldErrors } from '../parts/field.tsx';
import { FormSection } from '../parts/form-section.tsx';
import { ipLabels, IpRestrictionFields } from '../parts/ip-restriction.tsx';
import { RadioField, type RadioOption } from '../parts/radio-field.tsx';
import { companyHref } from './companies-list.tsx';

/** The fields as they are posted. `reseller` is `true` or `false`. */
export type CompanyFormValues = {
  name: string;
  parent_id: string;
  reseller: string;
  ip_mode: string;
  ip_rules: string;
};

export type CompanyFormPageProps = {
  frame: AppFrame;
  /** The company as stored; null for a new one. What is fixed is for those above it to change. */
  company: { id: string; name: string; hasFixedName: boolean; hasFixedKind: boolean } | null;
  values: CompanyFormValues;
  errors: FieldErrors;
  /** For a new one: what it may be placed below. */
  parents: CompanyChoice;
  yourAddress: string | null;
  /** The list leaves out the address from which it is being saved. */
  asksOwnAddress: boolean;
  hidden: Readonly<Record<string, string>>;
};

const labels = {
  name: 'Name',
  parent_id: 'Below',
  reseller: 'Kind',
  ...ipLabels,
  confirm_own_address: 'Your own address',
};

const kinds: readonly RadioOption[] = [
  { value: 'false', label: 'Plain company', hint: 'Manages its own clients, users and roles.' },
  { value: 'true', label: 'Reseller', hint: 'May have companies below it, and manages them too.' },
];

function OwnAddressQuestion({ yourAddress, errors }: Pick<CompanyFormPageProps, 'yourAddress' | 'errors'>) {
  return (
    <RadioField
      name="confirm_own_address"
      legend={`Your own address, ${yourAddress ?? 'which is not known'}, is not in the list`}
      hint="It counts for all users of this company and of those below it. If that is you, you lock yourself out with your next step."
      value="no"
      options={[
        { value: 'no', label: 'Let me change the list', hint: 'Nothing is saved yet.' },
        { value: 'yes', label: 'Save it all the same', hint: 'I get in from elsewhere, or others are meant.' },
      ]}
      errors={errors}
    />
  );
}

export function CompanyFormPage(props: CompanyFormPageProps) {
  const { frame, company, values, errors, parents, yourAddress, asksOwnAddress, hidden } = props;
  const href = company ? companyHref(company.id) : '/companies';
  const title = company ? 'Edit company' : 'New company';
  return (
    <AppShell frame={frame} title={[title, company?.name ?? 'Companies']} faulty={hasErrors(errors)}>
      <PageHeader
        title={title}
        crumbs={[{ href: '/companies', label: 'Companies' }, ...(company ? [{ href, label: company.name }] : [])]}
        lede={
          company ? 'Changes count at once.' : 'It stays at its place in the tree. Its users and clients come next.'
        }
      />
      <ErrorSummary errors={errors} fields={labels} />
      <form method="post" action={href} novalidate class="form sectioned" autocomplete="off">
        <HiddenFields fields={hidden} />
        <FormSection title="Company" lede="As its people call it.">
          {company?.hasFixedName ? (
            <p class="muted">
              This is your own company. Those above it can change its name and kind; its addresses you can.
            </p>
          ) : (
            <TextField name="name" label={labels.name} value={values.name} errors={errors} />
          )}
          {!company && (
            <ParentField label={labels.parent_id} value={values.parent_id} choice={parents} errors={errors} />
          )}
          {!company?.hasFixedKind && (
            <RadioField
              name="reseller"
              legend={labels.reseller}
              value={values.reseller}
              options={kinds}
              errors={errors}
              layout="row"
            />
          )}
        </FormSection>
        <FormSection
          title="Addresses"
          lede="For everybody and everything of this company. A client’s own restriction narrows it further."
        >
          <IpRestrictionFields
            values={values}
            errors={errors}
            yourAddress={yourAddress}
            hints={{
              off: 'Users sign in from anywhere; clients come from wherever their own restriction lets them.',
              enforce: 'Users sign in, and clients get and use tokens, only from the addresses below.',
              report:
                'Let everything pass and record what the addresses below would refuse. Good for trying a list out.',
            }}
          >
            {asksOwnAddress && <OwnAddressQuestion yourAddress={yourAddress} errors={errors} />}
          </IpRestrictionFields>
        </FormSection>
        <div class="form-actions">
          <button type="submit" class="button primary">
            <span>{company ? 'Save changes' : 'Create company'}</span>
          </button>
          <a class="button quiet" href={href}>
            <span>Cancel</span>
          </a>
        </div>
      </form>
    </AppShell>
  );
}

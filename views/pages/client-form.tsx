// The form for a client: what it is, what it may do, from where, and what its tokens are like.

import {
  FieldFaults,
  fieldId,
  SelectField,
  TextAreaField,
  TextField,
  type FieldErrors,
  type SelectOption,
} from '../parts/field.tsx';
import { ErrorSummary } from '../parts/error-summary.tsx';
import { CompanyField, companyLabel, type CompanyChoice } from '../parts/company-field.tsx';
import { HiddenFields } from '../parts/confirm.tsx';
import { FormSection } from '../parts/form-section.tsx';
import { ipLabels, IpRestrictionFields } from '../parts/ip-restriction.tsx';
import { RadioField, type RadioOption } from '../parts/radio-field.tsx';

/** The fields as they are posted, by their names on the wire. `expires_at` is `YYYY-MM-DDTHH:MM` in UTC or empty. */
export type ClientFormValues = {
  company_id: string;
  name: string;
  description: string;
  role_id: string;
  status: string;
  /** `off`, `enforce` or `report`. */
  ip_mode: string;
  /** Entries separated by commas, spaces or lines, as they were typed. */
  ip_rules: string;
  /** Seconds. */
  token_lifetime: string;
  /** `jwt` or `opaque`. */
  token_format: string;
  expires_at: string;
  default_api: string;
};

export type ClientFormProps = {
  action: string;
  /** Goes back with the form unseen, such as the version that was read. */
  hidden: Readonly<Record<string, string>>;
  values: ClientFormValues;
  errors: FieldErrors;
  /** The companies that it may belong to; undefined where there is no choice. */
  companies?: CompanyChoice | undefined;
  roles: readonly SelectOption[];
  /** Nothing is asked where there is but one. */
  apis: readonly SelectOption[];
  /** Where the administrator's own request came from. */
  yourAddress: string | null;
  /** Where the form comes with the list that its use suggests; undefined for a client that was never used. */
  suggestHref?: string | undefined;
  /** From where it came lately and could no more, if this were saved; asked about before. */
  lost?: LostSources | undefined;
  submitLabel: string;
  cancelHref: string;
};

export type LostSources = {
  addresses: readonly string[];
  /** More than are listed. */
  left: number;
  /** Sent with the form, it says that just these are meant. */
  confirmation: string;
};

const labels = {
  company_id: companyLabel,
  name: 'Name',
  description: 'Description',
  role_id: 'Role',
  status: 'Status',
  ...ipLabels,
  accept_lost: 'Addresses in use',
  token_lifetime: 'Token lifetime',
  token_format: 'Token format',
  default_api: 'Default API',
  expires_at: 'Expires at',
};

const statusOptions: readonly RadioOption[] = [
  { value: 'active', label: 'Active', hint: 'Gets tokens.' },
  { value: 'inactive', label: 'Inactive', hint: 'Gets none, and those already out stop counting.' },
];

const tokenFormatOptions: readonly RadioOption[] = [
  { value: 'jwt', label: 'JWT', hint: 'APIs can check it themselves with the public signing keys.' },
  { value: 'opaque', label: 'Opaque', hint: 'Says nothing by itself; APIs ask Postern about it.' },
];

function TokenSettings({ values, errors, apis }: Pick<ClientFormProps, 'values' | 'errors' | 'apis'>) {
  return (
    <FormSection title="Tokens" lede="The defaults suit most clients.">
      <TextField
        name="token_lifetime"
        label={labels.token_lifetime}
        hint="From 60 seconds to 86400, which is 24 hours."
        type="number"
        min={60}
        max={86_400}
        unit="seconds"
        width="short"
        meaning="duration"
        value={values.token_lifetime}
        errors={errors}
      />
      <RadioField
        name="token_format"
        legend={labels.token_format}
        value={values.token_format}
        options={tokenFormatOptions}
        errors={errors}
      />
      {apis.length > 1 && (
        <SelectField
          name="default_api"
          label={labels.default_api}
          hint="Whose token it gets when a request names none."
          value={values.default_api}
          options={apis}
          errors={errors}
          width="half"
        />
      )}
      <TextField
        name="expires_at"
        label={labels.expires_at}
        hint="From then on the client gets no tokens. In UTC."
        type="datetime-local"
        width="half"
        meaning="utc-time"
        optional
        value={values.expires_at}
        errors={errors}
      />
    </FormSection>
  );
}

function LostWarning({ lost, errors }: { lost: LostSources; errors: FieldErrors }) {
  return (
    <div class="lost-sources" id={fieldId('accept_lost')} tabindex={-1}>
      <FieldFaults name="accept_lost" errors={errors} />
      <ul class="chips">
        {lost.addresses.map((address) => (
          <li key={address}>
            <code>{address}</code>
          </li>
        ))}
      </ul>
      {lost.left > 0 && <p class="muted">{`And ${lost.left.toLocaleString('en')} more.`}</p>}
      <p>Add what is yours to the list, or choose “Save anyway” at the end of this form.</p>
    </div>
  );
}

function SuggestHelp({ href }: { href: string }) {
  return (
    <p class="address-help">
      <a href={href}>Suggest a list from use</a>
      <span>from where it came in the last 30 days. What you changed above is not kept.</span>
    </p>
  );
}

export function ClientForm(props: ClientFormProps) {
  const { action, hidden, values, errors, companies, roles, apis, yourAddress, submitLabel, cancelHref } = props;
  const { suggestHref, lost } = props;
  return (
    <>
      <ErrorSummary errors={errors} fields={labels} />
      <form method="post" action={action} novalidate class="form sectioned" autocomplete="off">
        <HiddenFields fields={hidden} />
        <FormSection title="Client" lede="So that others know what this is and whom to ask.">
          <TextField
            name="name"
            label={labels.name}
            hint="The program, not the person: “siem-connector”, “Joiner and leaver sync”."
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
        <FormSection title="Access" lede="What it may do, and whether it may do it now.">
          {companies && <CompanyField value={values.company_id} choice={companies} errors={errors} />}
          <SelectField
            name="role_id"
            label={labels.role_id}
            hint={
              <>
                Its tokens carry the privileges of this role. <a href="/roles">See all roles</a>
              </>
            }
            value={values.role_id}
            options={roles}
            prompt="Choose a role"
            autofocus={companies?.wasChosen}
            errors={errors}
            width="half"
          />
          <RadioField
            name="status"
            legend={labels.status}
            value={values.status}
            options={statusOptions}
            errors={errors}
            layout="row"
          />
        </FormSection>
        <FormSection title="Addresses" lede="A stolen secret is worth little if it only works from your own machines.">
          <IpRestrictionFields
            values={values}
            errors={errors}
            yourAddress={yourAddress}
            help={suggestHref && <SuggestHelp href={suggestHref} />}
            hints={{
              off: 'Whoever has the secret gets in, from anywhere.',
              enforce: 'Only from the addresses below, when a token is issued and when it is used.',
              report:
                'Let everything pass and record what the addresses below would refuse. Good for trying a list out.',
            }}
          >
            {lost && <LostWarning lost={lost} errors={errors} />}
          </IpRestrictionFields>
        </FormSection>
        <TokenSettings values={values} errors={errors} apis={apis} />
        <div class="form-actions">
          <button type="submit" class="button primary">
            <span>{submitLabel}</span>
          </button>
          {lost && (
            <button type="submit" name="accept_lost" value={lost.confirmation} class="button danger-quiet">
              <span>Save anyway</span>
            </button>
          )}
          <a class="button quiet" href={cancelHref}>
            <span>Cancel</span>
          </a>
        </div>
      </form>
    </>
  );
}

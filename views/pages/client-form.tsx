// The form for a client: what it is, what it may do, from where, and what its tokens are like.

import type { ComponentChildren } from 'preact';
import { SelectField, TextAreaField, TextField, type FieldErrors, type SelectOption } from '../parts/field.tsx';
import { ErrorSummary } from '../parts/error-summary.tsx';
import { HiddenFields } from '../parts/confirm.tsx';
import { Icon } from '../parts/icon.tsx';
import { RadioField, type RadioOption } from '../parts/radio-field.tsx';

/** The fields as they are posted, by their names on the wire. `expires_at` is `YYYY-MM-DDTHH:MM` in UTC or empty. */
export type ClientFormValues = {
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
  roles: readonly SelectOption[];
  /** Nothing is asked where there is but one. */
  apis: readonly SelectOption[];
  /** Where the administrator's own request came from. */
  yourAddress: string | null;
  submitLabel: string;
  cancelHref: string;
};

const labels = {
  name: 'Name',
  description: 'Description',
  role_id: 'Role',
  status: 'Status',
  ip_mode: 'IP restriction',
  ip_rules: 'Allowed addresses',
  token_lifetime: 'Token lifetime',
  token_format: 'Token format',
  default_api: 'Default API',
  expires_at: 'Expires at',
};

const statusOptions: readonly RadioOption[] = [
  { value: 'active', label: 'Active', hint: 'Gets tokens.' },
  { value: 'inactive', label: 'Inactive', hint: 'Gets none, and those already out stop counting.' },
];

const ipModeOptions: readonly RadioOption[] = [
  { value: 'off', label: 'Allow all IPs', hint: 'Whoever has the secret gets in, from anywhere.' },
  {
    value: 'enforce',
    label: 'Restrict access by IP address',
    hint: 'Only from the addresses below, when a token is issued and when it is used.',
  },
  {
    value: 'report',
    label: 'Report only',
    hint: 'Let everything pass and record what the addresses below would refuse. Good for trying a list out.',
  },
];

const tokenFormatOptions: readonly RadioOption[] = [
  { value: 'jwt', label: 'JWT', hint: 'APIs can check it themselves with the public signing keys.' },
  { value: 'opaque', label: 'Opaque', hint: 'Says nothing by itself; APIs ask Postern about it.' },
];

function FormSection({ title, lede, children }: { title: string; lede: string; children: ComponentChildren }) {
  return (
    <section class="form-section">
      <div class="form-section-head">
        <h2>{title}</h2>
        <p>{lede}</p>
      </div>
      <div class="form-section-body">{children}</div>
    </section>
  );
}

function AddressHelp({ yourAddress }: { yourAddress: string | null }) {
  if (yourAddress === null) return null;
  return (
    <p class="address-help">
      <span>
        Your address now is <code>{yourAddress}</code>
      </span>
      <button
        type="button"
        class="button secondary small script-only"
        data-add-address={yourAddress}
        data-add-to="f-ip_rules"
      >
        <Icon name="plus" />
        <span>Add it</span>
      </button>
    </p>
  );
}

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

export function ClientForm(props: ClientFormProps) {
  const { action, hidden, values, errors, roles, apis, yourAddress, submitLabel, cancelHref } = props;
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
          <RadioField
            name="ip_mode"
            legend={labels.ip_mode}
            legendHidden
            value={values.ip_mode}
            options={ipModeOptions}
            errors={errors}
          />
          <div class="ip-list">
            <TextAreaField
              name="ip_rules"
              label={labels.ip_rules}
              hint={
                <>
                  Single addresses or networks, IPv4 or IPv6, separated by lines, commas or spaces:{' '}
                  <code>203.0.113.7</code>, <code>10.0.0.0/8</code>, <code>2001:db8::/32</code>
                </>
              }
              mono
              rows={5}
              value={values.ip_rules}
              errors={errors}
              after={<AddressHelp yourAddress={yourAddress} />}
            />
          </div>
        </FormSection>
        <TokenSettings values={values} errors={errors} apis={apis} />
        <div class="form-actions">
          <button type="submit" class="button primary">
            <span>{submitLabel}</span>
          </button>
          <a class="button quiet" href={cancelHref}>
            <span>Cancel</span>
          </a>
        </div>
      </form>
    </>
  );
}

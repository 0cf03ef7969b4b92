// The form of an API token, new or stored: whose it is, what it may do, until when, from where.

import { AppShell, type AppFrame } from '../layout/app-shell.tsx';
import { PageHeader } from '../layout/page-header.tsx';
import { apiTokenHref } from '../parts/api-tokens.tsx';
import { HiddenFields } from '../parts/confirm.tsx';
import { EmptyState } from '../parts/empty-state.tsx';
import { ErrorSummary, hasErrors } from '../parts/error-summary.tsx';
import {
  describedBy,
  Field,
  FieldFaults,
  fieldId,
  Select,
  TextField,
  type FieldErrors,
  type SelectOption,
} from '../parts/field.tsx';
import { FormSection } from '../parts/form-section.tsx';
import { ipLabels, IpRestrictionFields } from '../parts/ip-restriction.tsx';
import { OwnerField, ownerLabel, type OwnerChoice } from '../parts/owner-field.tsx';
import { PrivilegePicker, type PickerApi } from '../parts/privilege-picker.tsx';
import { RadioField, type RadioOption } from '../parts/radio-field.tsx';
import { dateText } from '../parts/time.tsx';

/** The plain fields as they are posted; the privileges are boxes of their own. */
export type ApiTokenFormValues = {
  name: string;
  /** The id of the one API that it is for. */
  api: string;
  /** Days from now, `date` for what stands in `expires_at`, or `never`. */
  expiry: string;
  /** `YYYY-MM-DDTHH:MM` in UTC. */
  expires_at: string;
  ip_mode: string;
  ip_rules: string;
};

/** The terms that are offered, in days. */
export const offeredDays = [30, 90, 365] as const;

export type ApiTokenFormPageProps = {
  frame: AppFrame;
  /** The token as stored; null for a new one. */
  token: { id: string; name: string; owner: string } | null;
  values: ApiTokenFormValues;
  errors: FieldErrors;
  /** Whose a new one is to be; undefined for a stored one, which keeps its owner. */
  owner?: OwnerChoice | undefined;
  /** Those on which the owner holds what may be handed on; nothing is asked where there is but one, nor for a stored token. */
  apis: readonly SelectOption[];
  /** What it can be made of; null while no owner is chosen. */
  picker: PickerApi | null;
  yourAddress: string | null;
  hidden: Readonly<Record<string, string>>;
};

const labels = {
  owner: ownerLabel,
  name: 'Name',
  api: 'API',
  privileges: 'Privileges',
  expiry: 'Expiry',
  expires_at: 'Expires at',
  ...ipLabels,
};

const day = 24 * 60 * 60 * 1000;

function expiryOptions(now: Date): readonly RadioOption[] {
  return [
    ...offeredDays.map((days) => ({
      value: String(days),
      label: `${days} days`,
      hint: `Until ${dateText(new Date(now.getTime() + days * day))}`,
    })),
    { value: 'date', label: 'At a date', hint: 'Of your choice' },
    { value: 'never', label: 'Never', hint: 'It works until somebody deletes it. If it leaks, nothing else stops it.' },
  ];
}

function ApiField({ values, errors, apis }: Pick<ApiTokenFormPageProps, 'values' | 'errors' | 'apis'>) {
  const hint = 'An API token is for one API.';
  return (
    <Field name="api" label={labels.api} hint={hint} errors={errors}>
      <div class="input-row">
        <Select
          id={fieldId('api')}
          class="half grow"
          name="api"
          value={values.api}
          options={apis}
          prompt={undefined}
          required
          {...describedBy({ name: 'api', hint, errors })}
        />
        <button type="submit" name="choose" value="api" class="button secondary" formnovalidate data-chooses="api">
          <span>Show its privileges</span>
        </button>
      </div>
    </Field>
  );
}

function Privileges(props: Pick<ApiTokenFormPageProps, 'token' | 'values' | 'errors' | 'apis' | 'picker'>) {
  const { token, picker, errors, apis } = props;
  return (
    <FormSection
      title="Privileges"
      lede="What it may do. Give as few as will do: whoever has the token can do all of it."
    >
      {token === null && apis.length > 1 && <ApiField {...props} />}
      {picker ? (
        <PrivilegePicker
          apis={[picker]}
          errors={errors}
          hint="What its owner holds, and you may hand on. The box of a group takes all of it."
        />
      ) : (
        <div class="field" id={fieldId('privileges')} tabindex={-1}>
          <FieldFaults name="privileges" errors={errors} />
          <div class="panel plain">
            <EmptyState
              icon="roles"
              title={props.values.api === '' ? 'Choose an owner first' : 'Nothing to choose from'}
            >
              {props.values.api === ''
                ? 'What the token may do comes from what its owner may do.'
                : 'Its owner holds nothing there that you could hand on.'}
            </EmptyState>
          </div>
        </div>
      )}
    </FormSection>
  );
}

function Expiry({ values, errors, now }: Pick<ApiTokenFormPageProps, 'values' | 'errors'> & { now: Date }) {
  return (
    <FormSection
      title="Expiry"
      lede="A token that ends by itself can’t be forgotten. It can be given more time before."
    >
      <RadioField
        name="expiry"
        legend={labels.expiry}
        legendHidden
        value={values.expiry}
        options={expiryOptions(now)}
        errors={errors}
        layout="row"
      />
      <div class="expiry-date">
        <TextField
          name="expires_at"
          label={labels.expires_at}
          hint="In UTC."
          type="datetime-local"
          width="half"
          meaning="utc-time"
          value={values.expires_at}
          errors={errors}
        />
      </div>
    </FormSection>
  );
}

function headerOf(token: ApiTokenFormPageProps['token']) {
  const crumbs = [{ href: '/api-tokens', label: 'API tokens' }];
  if (!token) {
    const lede = 'You get its value on the next page. It is shown only there.';
    return <PageHeader title="New API token" crumbs={crumbs} lede={lede} />;
  }
  return (
    <PageHeader
      title="Edit API token"
      crumbs={[...crumbs, { href: apiTokenHref(token.id), label: token.name }]}
      lede={
        <>
          Changes count at once. Its value stays; it belongs to <bdi>{token.owner}</bdi>.
        </>
      }
    />
  );
}

export function ApiTokenFormPage(props: ApiTokenFormPageProps) {
  const { frame, token, values, errors, owner, yourAddress, hidden } = props;
  const href = token ? apiTokenHref(token.id) : '/api-tokens';
  return (
    <AppShell
      frame={frame}
      title={token ? ['Edit', token.name, 'API tokens'] : ['New API token', 'API tokens']}
      faulty={hasErrors(errors)}
    >
      {headerOf(token)}
      <ErrorSummary errors={errors} fields={labels} />
      <form method="post" action={href} novalidate class="form sectioned wide-fields" autocomplete="off">
        <HiddenFields fields={hidden} />
        {owner && (
          <FormSection
            title="Owner"
            lede="The token acts in this name, and follows at once when its owner is paused, loses a privilege or is deleted."
          >
            <OwnerField choice={owner} errors={errors} />
          </FormSection>
        )}
        <FormSection title="Token" lede="So that others know what uses it, and what breaks when it ends.">
          <TextField
            name="name"
            label={labels.name}
            hint="The tool that gets it: “Power BI reports”, “Nightly export”."
            value={values.name}
            errors={errors}
          />
        </FormSection>
        <Privileges {...props} />
        <Expiry values={values} errors={errors} now={frame.now} />
        <FormSection
          title="Addresses"
          lede="A fixed token is worth little to others if it only works from your own machines."
        >
          <IpRestrictionFields
            values={values}
            errors={errors}
            yourAddress={yourAddress}
            hints={{
              off: 'From wherever its owner may come.',
              enforce: 'Only from the addresses below, and only where its owner may come from too.',
              report:
                'Let everything pass and record what the addresses below would refuse. Good for trying a list out.',
            }}
          />
        </FormSection>
        <div class="form-actions">
          <button type="submit" class="button primary">
            <span>{token ? 'Save changes' : 'Create API token'}</span>
          </button>
          <a class="button quiet" href={href}>
            <span>Cancel</span>
          </a>
        </div>
      </form>
    </AppShell>
  );
}

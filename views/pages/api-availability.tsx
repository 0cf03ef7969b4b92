// Who may use an API: nobody, chosen companies with all below them, or all.

import { AppShell, type AppFrame } from '../layout/app-shell.tsx';
import { PageHeader } from '../layout/page-header.tsx';
import { HiddenFields } from '../parts/confirm.tsx';
import { ErrorSummary, hasErrors } from '../parts/error-summary.tsx';
import { FieldFaults, fieldId, type FieldErrors } from '../parts/field.tsx';
import { FindRow } from '../parts/find-row.tsx';
import { RadioField, type RadioOption } from '../parts/radio-field.tsx';
import { apiHref } from './apis-list.tsx';
import { companyPrefix } from './role-form.tsx';

export type ListedCompany = { id: string; name: string; isChosen: boolean };

export type ApiAvailabilityPageProps = {
  frame: AppFrame;
  api: { id: string; name: string };
  /** `none`, `chosen` or `all`. */
  mode: string;
  companies: readonly ListedCompany[];
  /** What was looked for among the companies. */
  q: string;
  /** More match than are listed. */
  isCut: boolean;
  /** The reader may look for companies. */
  maySearch: boolean;
  errors: FieldErrors;
  hidden: Readonly<Record<string, string>>;
};

const labels = { mode: 'Available to', available_to: 'Companies' };

const modes: readonly RadioOption[] = [
  { value: 'none', label: 'No company', hint: 'Nobody gets tokens for it.' },
  { value: 'chosen', label: 'Chosen companies', hint: 'With all companies below them.' },
  { value: 'all', label: 'All companies', hint: 'Also those that are still to come.' },
];

function Companies({
  companies,
  q,
  isCut,
  maySearch,
  errors,
}: Omit<ApiAvailabilityPageProps, 'frame' | 'api' | 'mode' | 'hidden'>) {
  const id = fieldId('available_to');
  return (
    <fieldset class="field chosen-companies" id={id} tabindex={-1}>
      <legend class="field-legend">{labels.available_to}</legend>
      {maySearch && <FindRow name="q" q={q} label="Find a company" button={{ name: 'find', value: 'yes' }} />}
      <FieldFaults name="available_to" errors={errors} />
      {companies.length === 0 ? (
        <p class="muted">{q === '' ? 'None chosen yet.' : 'No company matches.'}</p>
      ) : (
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
      )}
      {isCut && <p class="muted">More companies match than are listed. Find others by their name.</p>}
    </fieldset>
  );
}

export function ApiAvailabilityPage({ frame, api, mode, errors, hidden, ...companies }: ApiAvailabilityPageProps) {
  const href = apiHref(api.id);
  return (
    <AppShell frame={frame} title={['Availability', api.name, 'APIs']} faulty={hasErrors(errors)}>
      <PageHeader
        title="Who may use it"
        crumbs={[
          { href: '/apis', label: 'APIs' },
          { href, label: api.name },
        ]}
        lede="Holders of Reseller and Company Admin there hold its privileges at once; custom roles can be given them. Taking it away ends that at once, too."
      />
      <ErrorSummary errors={errors} fields={labels} />
      <form method="post" action={`${href}/availability`} novalidate class="form limited" autocomplete="off">
        <HiddenFields fields={hidden} />
        <RadioField name="mode" legend={labels.mode} value={mode} options={modes} errors={errors} />
        <Companies {...companies} errors={errors} />
        <div class="form-actions">
          <button type="submit" class="button primary">
            <span>Save</span>
          </button>
          <a class="button quiet" href={href}>
            <span>Cancel</span>
          </a>
        </div>
      </form>
    </AppShell>
  );
}

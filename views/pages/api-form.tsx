// The form of an API, for a new one and for one that is there: what it is called, where it is, and how it is looked after.

import { AppShell, type AppFrame } from '../layout/app-shell.tsx';
import { PageHeader } from '../layout/page-header.tsx';
import { HiddenFields } from '../parts/confirm.tsx';
import { ErrorSummary, hasErrors } from '../parts/error-summary.tsx';
import { TextAreaField, TextField, type FieldErrors } from '../parts/field.tsx';
import { FormSection } from '../parts/form-section.tsx';
import { RadioField, type RadioOption } from '../parts/radio-field.tsx';
import { apiHref } from './apis-list.tsx';

/** The fields as they are posted. `docs_private` is `true` or `false`. */
export type ApiFormValues = {
  id: string;
  name: string;
  identifier: string;
  description: string;
  docs_private: string;
  /** `refuse` or `allow`. */
  unknown_operations: string;
};

export type ApiFormPageProps = {
  frame: AppFrame;
  /** The API as stored; null for a new one. */
  api: { id: string; name: string } | null;
  values: ApiFormValues;
  errors: FieldErrors;
  hidden: Readonly<Record<string, string>>;
};

const labels = {
  name: 'Name',
  id: 'Id',
  identifier: 'Identifier',
  description: 'Description',
  docs_private: 'Documentation',
  unknown_operations: 'Calls that the description doesn’t have',
};

const docsOptions: readonly RadioOption[] = [
  { value: 'false', label: 'Public', hint: 'Everybody can read the imported description and try it out.' },
  { value: 'true', label: 'Private', hint: 'Only who is signed in here.' },
];

const operationOptions: readonly RadioOption[] = [
  { value: 'refuse', label: 'Refuse', hint: 'What is not described, or covered by no privilege, doesn’t pass.' },
  { value: 'allow', label: 'Allow', hint: 'A valid token for this API is enough for them.' },
];

export function ApiFormPage({ frame, api, values, errors, hidden }: ApiFormPageProps) {
  const href = api ? apiHref(api.id) : '/apis';
  const title = api ? 'Edit API' : 'New API';
  return (
    <AppShell frame={frame} title={[title, api?.name ?? 'APIs']} faulty={hasErrors(errors)}>
      <PageHeader
        title={title}
        crumbs={[{ href: '/apis', label: 'APIs' }, ...(api ? [{ href, label: api.name }] : [])]}
        lede={
          api
            ? 'Changes count at once.'
            : 'No company can use it until you say so. Its privileges come next: import its OpenAPI description, or add them by hand.'
        }
      />
      <ErrorSummary errors={errors} fields={labels} />
      <form method="post" action={href} novalidate class="form sectioned" autocomplete="off">
        <HiddenFields fields={hidden} />
        <FormSection title="API" lede="How it is known here and in tokens.">
          <TextField name="name" label={labels.name} value={values.name} errors={errors} />
          {!api && (
            <TextField
              name="id"
              label={labels.id}
              hint={
                <>
                  Short and for good: <code>a</code> to <code>z</code>, digits and hyphens. It stands before its
                  privileges: <code>orders/orders:read</code>
                </>
              }
              mono
              width="half"
              spellcheck={false}
              value={values.id}
              errors={errors}
            />
          )}
          <TextField
            name="identifier"
            label={labels.identifier}
            hint={
              api
                ? 'Tokens carry a new one from then on; those already out keep no scope.'
                : 'An absolute URI, usually its address: https://orders.example.com. Programs ask for it as “resource”, and tokens carry it as “aud”.'
            }
            mono
            spellcheck={false}
            value={values.identifier}
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
        <FormSection title="Description" lede="What happens with an imported OpenAPI description.">
          <RadioField
            name="docs_private"
            legend={labels.docs_private}
            value={values.docs_private}
            options={docsOptions}
            errors={errors}
            layout="row"
          />
          <RadioField
            name="unknown_operations"
            legend={labels.unknown_operations}
            hint="At the gate, which stands before the API and asks for the privileges that a call needs."
            value={values.unknown_operations}
            options={operationOptions}
            errors={errors}
            layout="row"
          />
        </FormSection>
        <div class="form-actions">
          <button type="submit" class="button primary">
            <span>{api ? 'Save changes' : 'Create API'}</span>
          </button>
          <a class="button quiet" href={href}>
            <span>Cancel</span>
          </a>
        </div>
      </form>
    </AppShell>
  );
}

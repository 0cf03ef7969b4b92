// One privilege of an API, added or changed by hand.

import { AppShell, type AppFrame } from '../layout/app-shell.tsx';
import { PageHeader } from '../layout/page-header.tsx';
import { PostButton } from '../parts/button.tsx';
import { HiddenFields } from '../parts/confirm.tsx';
import { ErrorSummary, hasErrors } from '../parts/error-summary.tsx';
import { TextField, type FieldErrors } from '../parts/field.tsx';
import { Panel } from '../parts/panel.tsx';
import { RadioField, type RadioOption } from '../parts/radio-field.tsx';
import { apiHref } from './apis-list.tsx';

/** The fields as they are posted. */
export type PrivilegeFormValues = { scope: string; group: string; description: string; level: string };

export type ApiPrivilegePageProps = {
  frame: AppFrame;
  api: { id: string; name: string };
  /** The one that is changed; null for a new one. */
  privilege: { scope: string; operations: number } | null;
  values: PrivilegeFormValues;
  errors: FieldErrors;
  hidden: Readonly<Record<string, string>>;
};

const labels = { scope: 'Scope', group: 'Group', description: 'What it allows', level: 'Level' };

const levels: readonly RadioOption[] = [
  { value: 'company', label: 'Company', hint: 'Company Admins and Resellers hold it, wherever the API is available.' },
  {
    value: 'reseller',
    label: 'Reseller',
    hint: 'Only holders of the role Reseller; no custom role of a plain company.',
  },
  { value: 'root', label: 'Root', hint: 'Only at the root company.' },
];

export function ApiPrivilegePage({ frame, api, privilege, values, errors, hidden }: ApiPrivilegePageProps) {
  const href = apiHref(api.id);
  const title = privilege ? 'Edit privilege' : 'Add privilege';
  return (
    <AppShell frame={frame} title={[title, api.name, 'APIs']} faulty={hasErrors(errors)}>
      <PageHeader
        title={privilege ? <code>{privilege.scope}</code> : title}
        crumbs={[
          { href: '/apis', label: 'APIs' },
          { href, label: api.name },
        ]}
        lede={
          privilege && privilege.operations > 0
            ? 'It comes from the imported description. The next import writes group and words anew; the level stays as you set it.'
            : 'Where the API is available, the standard roles hold it at once.'
        }
      />
      <ErrorSummary errors={errors} fields={labels} />
      <form
        method="post"
        action={`${href}/privileges${privilege ? '/edit' : ''}`}
        novalidate
        class="form limited"
        autocomplete="off"
      >
        <HiddenFields fields={hidden} />
        {!privilege && (
          <TextField
            name="scope"
            label={labels.scope}
            hint="As programs ask for it: orders:read"
            mono
            spellcheck={false}
            value={values.scope}
            errors={errors}
          />
        )}
        <TextField
          name="group"
          label={labels.group}
          hint={privilege ? undefined : 'Where it stands among others. Read off the scope when left empty.'}
          optional={!privilege}
          value={values.group}
          errors={errors}
        />
        <TextField name="description" label={labels.description} optional value={values.description} errors={errors} />
        <RadioField name="level" legend={labels.level} value={values.level} options={levels} errors={errors} />
        <div class="form-actions">
          <button type="submit" class="button primary">
            <span>{privilege ? 'Save changes' : 'Add privilege'}</span>
          </button>
          <a class="button quiet" href={href}>
            <span>Cancel</span>
          </a>
        </div>
      </form>
      {privilege && privilege.operations === 0 && (
        <Panel id="danger" title="Danger zone" tone="danger" flush>
          <ul class="danger-list">
            <li>
              <div>
                <h3>Remove this privilege</h3>
                <p>Only while no role holds it. The standard roles lose it at once.</p>
              </div>
              <PostButton
                action={`${href}/privileges/remove`}
                fields={{ ...hidden, scope: privilege.scope }}
                kind="danger-quiet"
                icon="trash"
              >
                Remove privilege
              </PostButton>
            </li>
          </ul>
        </Panel>
      )}
    </AppShell>
  );
}

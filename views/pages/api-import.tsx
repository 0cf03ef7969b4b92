// Importing an OpenAPI description: sending it, and seeing what it would do before it does.

import type { ComponentChildren } from 'preact';
import { AppShell, type AppFrame } from '../layout/app-shell.tsx';
import { PageHeader } from '../layout/page-header.tsx';
import { HiddenFields } from '../parts/confirm.tsx';
import { ErrorSummary, hasErrors } from '../parts/error-summary.tsx';
import { describedBy, Field, fieldId, TextAreaField, type FieldErrors } from '../parts/field.tsx';
import { Notice } from '../parts/notice.tsx';
import { Chosen, Panel } from '../parts/panel.tsx';
import { Figure } from '../parts/figure.tsx';
import { apiHref } from './apis-list.tsx';

type Api = { id: string; name: string };

export type ApiImportPageProps = {
  frame: AppFrame;
  api: Api;
  /** What was pasted. */
  text: string;
  errors: FieldErrors;
};

const labels = { file: 'File', text: 'Pasted document' };

function headerOf(api: Api, title: string, lede: ComponentChildren, actions?: ComponentChildren) {
  return (
    <PageHeader
      title={title}
      crumbs={[
        { href: '/apis', label: 'APIs' },
        { href: apiHref(api.id), label: api.name },
      ]}
      lede={lede}
      actions={actions}
    />
  );
}

export function ApiImportPage({ frame, api, text, errors }: ApiImportPageProps) {
  const href = `${apiHref(api.id)}/import`;
  return (
    <AppShell frame={frame} title={['Import', api.name, 'APIs']} faulty={hasErrors(errors)}>
      {headerOf(
        api,
        'Import a description',
        'Privileges come from the document’s own OAuth scopes, or else one to read and one to write for each tag. You see what it would do before anything changes.',
      )}
      <ErrorSummary errors={errors} fields={labels} />
      <form method="post" action={href} enctype="multipart/form-data" novalidate class="form import-form">
        <Field name="file" label={labels.file} hint="OpenAPI 3.0 or 3.1, JSON or YAML, at most 20 MB." errors={errors}>
          <input
            id={fieldId('file')}
            class="input"
            type="file"
            name="file"
            accept=".json,.yaml,.yml,application/json,application/yaml,text/yaml"
            {...describedBy({ name: 'file', hint: true, errors })}
          />
        </Field>
        <TextAreaField
          name="text"
          label={labels.text}
          hint="Instead of a file."
          optional
          mono
          rows={10}
          value={text}
          errors={errors}
        />
        <div class="form-actions">
          <button type="submit" class="button primary">
            <span>Show what it would do</span>
          </button>
          <a class="button quiet" href={apiHref(api.id)}>
            <span>Cancel</span>
          </a>
        </div>
      </form>
    </AppShell>
  );
}

export type PreviewedPrivilege = {
  scope: string;
  description: string;
  /** How many operations it covers, covered, or what changes, in words. */
  about: string;
  /** Operations that come and go, such as `GET /orders`. */
  added?: readonly string[];
  removed?: readonly string[];
};

export type PreviewList = { rows: readonly PreviewedPrivilege[]; total: number };

export type ApiImportPreviewPageProps = {
  frame: AppFrame;
  api: Api;
  /** Of the description: "Orders 2.1". */
  title: string;
  operations: number;
  added: PreviewList;
  changed: PreviewList;
  removed: PreviewList;
  kept: PreviewList;
  unchanged: number;
  /** Who gains or loses, first of all. */
  effects: readonly string[];
  /** What is worth knowing of the description, with its place in it. */
  remarks: readonly { pointer: string; detail: string }[];
  /** The API was changed while this was being looked at. */
  isStale: boolean;
  /** The document and the version of the API, for the next step. */
  hidden: Readonly<Record<string, string>>;
};

function Operations({ mark, operations }: { mark: string; operations: readonly string[] }) {
  return (
    <ul>
      {operations.map((operation) => (
        <li key={operation}>
          {mark} <code>{operation}</code>
        </li>
      ))}
    </ul>
  );
}

function PreviewPanel({ id, title, lede, list }: { id: string; title: string; lede: string; list: PreviewList }) {
  if (list.total === 0) return null;
  const left = list.total - list.rows.length;
  return (
    <Panel id={id} title={`${title}: ${list.total.toLocaleString('en')}`} lede={lede} flush>
      <ul class="preview">
        {list.rows.map(({ scope, description, about, added = [], removed = [] }) => (
          <li key={scope}>
            <code>{scope}</code>
            <div>
              {description && (
                <p>
                  <Chosen>{description}</Chosen>
                </p>
              )}
              {added.length + removed.length > 0 ? (
                <details class="disclosure">
                  <summary>{about}</summary>
                  <Operations mark="+" operations={added} />
                  <Operations mark="−" operations={removed} />
                </details>
              ) : (
                <p class="muted">{about}</p>
              )}
            </div>
          </li>
        ))}
      </ul>
      {left > 0 && <p class="panel-note">{`And ${left.toLocaleString('en')} more.`}</p>}
    </Panel>
  );
}

function Remarks({ remarks }: Pick<ApiImportPreviewPageProps, 'remarks'>) {
  if (remarks.length === 0) return null;
  return (
    <Panel id="remarks" title="Worth knowing about the document" lede="None of it stands in the way.">
      <ul class="remarks">
        {remarks.map(({ pointer, detail }, index) => (
          <li key={index}>
            {pointer !== '' && <code>{pointer}</code>} <span>{detail}</span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

export function ApiImportPreviewPage(props: ApiImportPreviewPageProps) {
  const { frame, api, title, operations, added, changed, removed, kept, unchanged, effects, remarks, isStale } = props;
  const href = apiHref(api.id);
  const count = (label: string, value: number, note: string) => (
    <Figure label={label} value={value.toLocaleString('en')} note={note} />
  );
  return (
    <AppShell frame={frame} title={['Import', api.name, 'APIs']}>
      {headerOf(
        api,
        'What the import would do',
        <>
          <Chosen>{title}</Chosen>
          {`, with ${operations.toLocaleString('en')} ${operations === 1 ? 'operation' : 'operations'}. Nothing has changed yet.`}
        </>,
        <button type="submit" form="import" class="button primary">
          <span>Import</span>
        </button>,
      )}
      {isStale && (
        <Notice tone="warn" title="The API was changed while you looked" announced>
          This is what the import would do now.
        </Notice>
      )}
      {effects.length > 0 && (
        <Notice tone="warn" title="At once">
          <ul>
            {effects.map((effect) => (
              <li key={effect}>{effect}</li>
            ))}
          </ul>
        </Notice>
      )}
      <div class="figures">
        {count('Added', added.total, 'New privileges')}
        {count('Changed', changed.total, 'Other words or operations')}
        {count('Removed', removed.total, 'No custom role holds them')}
        {count('Unchanged', unchanged, 'Stay as they are')}
      </div>
      <PreviewPanel
        id="kept"
        title="Kept"
        lede="The document no longer has them, but roles hold them: they stay, covering nothing. Remove them by hand when no role holds them."
        list={kept}
      />
      <PreviewPanel id="removed" title="Removed" lede="The standard roles lose them, too." list={removed} />
      <PreviewPanel id="added" title="Added" lede="With the level company, until you set another." list={added} />
      <PreviewPanel id="changed" title="Changed" lede="Levels stay as they are." list={changed} />
      <Remarks remarks={remarks} />
      <form id="import" method="post" action={`${href}/import`} enctype="multipart/form-data" class="form-actions">
        <HiddenFields fields={props.hidden} />
        <button type="submit" class="button primary">
          <span>Import</span>
        </button>
        <a class="button quiet" href={`${href}/import`}>
          <span>Choose another document</span>
        </a>
      </form>
    </AppShell>
  );
}

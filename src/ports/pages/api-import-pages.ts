// Importing a description: uploaded or pasted, shown what it would do, then applied. The document travels with the page in between, so
// that any instance can answer and nothing has to be kept for those who never come back.
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { h } from 'preact';
import {
  ApiImportPage,
  ApiImportPreviewPage,
  type ApiImportPreviewPageProps,
  type PreviewedPrivilege,
  type PreviewList,
} from '../../../views/pages/api-import.tsx';
import { apiHref } from '../../../views/pages/apis-list.tsx';
import { conflict, Problem } from '../../base/problem.ts';
import type { ApiImport } from '../../domain/api/api-import.ts';
import type { ApiSummary } from '../../domain/api/api.ts';
import { MAX_DOCUMENT_BYTES } from '../../domain/api/openapi-value.ts';
import { findApi } from './api-detail-page.ts';
import { FormFaults, isAboutForm, parseVersion, pickFields } from './form.ts';
import { type Answer, page, seeOther, type SignedInVisit } from './page.ts';

/** What was pasted comes back in the form, so that it can be mended, unless it is very long. */
const MAX_ECHOED = 512 * 1024;

async function findChangeable(visit: SignedInVisit): Promise<ApiSummary> {
  const api = await findApi(visit);
  if (api.builtIn) throw conflict(`${api.name} is built in. Its description comes with Postern.`);
  return api;
}

function formPage(api: ApiSummary, text: string, faults: FormFaults, status: number): Answer {
  const echoed = text.length > MAX_ECHOED ? '' : text;
  return page((frame) => h(ApiImportPage, { frame, api, text: echoed, errors: faults.toErrors() }), { status });
}

export async function showImport(visit: SignedInVisit): Promise<Answer> {
  return formPage(await findChangeable(visit), '', new FormFaults(), 200);
}

export async function importDescription(visit: SignedInVisit): Promise<Answer> {
  const { fields: form, files } = await visit.readUpload();
  const fields = pickFields(form, ['text', 'document', 'version']);
  const file = pickFile(files);
  const api = await findChangeable(visit);
  if (fields.document !== undefined) return apply(visit, api, await unpack(fields.document), fields.version);
  const text = fields.text ?? '';
  const faults = new FormFaults();
  const hasText = text.trim() !== '';
  if (file && hasText) faults.add('text', 'Choose a file or paste the document, not both.');
  else if (!file && !hasText) faults.add('file', 'Choose a file, or paste the document below.');
  if (!faults.isEmpty) return formPage(api, text, faults, 422);
  try {
    return await preview(visit, file ?? Buffer.from(text), false);
  } catch (error) {
    if (!isAboutForm(error)) throw error;
    addFaults(faults, file ? 'file' : 'text', error);
    return formPage(api, text, faults, error.status);
  }
}

function pickFile(files: Readonly<Record<string, Buffer>>): Buffer | undefined {
  const unknown = Object.keys(files).find((name) => name !== 'file');
  if (unknown !== undefined) throw new Problem('request.malformed', 'This form takes one file.');
  return files['file'];
}

/** Each with its place in the document. */
function addFaults(faults: FormFaults, field: string, problem: Problem): void {
  if (problem.errors.length === 0) faults.add(field, problem.detail);
  for (const { pointer, detail } of problem.errors)
    faults.add(field, pointer === '' ? detail : `${pointer}: ${detail}`);
}

async function unpack(document: string): Promise<Buffer> {
  try {
    const packed = Buffer.from(document, 'base64');
    return await promisify(gunzip)(packed, { maxOutputLength: MAX_DOCUMENT_BYTES + 1 });
  } catch (cause) {
    throw new Problem('request.malformed', 'The field "document" is not one of ours.', { cause });
  }
}

async function preview(visit: SignedInVisit, source: Buffer, isStale: boolean): Promise<Answer> {
  const { caller, services } = visit;
  const shown = await services.apis.import(caller, (await findApi(visit)).id, source, { dryRun: true });
  const packed = await promisify(gzip)(source);
  const hidden = { document: packed.toString('base64'), version: String(shown.api.version) };
  const props = { ...toPreview(shown), isStale, hidden };
  return page((frame) => h(ApiImportPreviewPage, { frame, ...props }), { status: isStale ? 409 : 200 });
}

async function apply(
  visit: SignedInVisit,
  api: ApiSummary,
  source: Buffer,
  versionText: string | undefined,
): Promise<Answer> {
  const ifVersion = parseVersion(versionText, api.version);
  try {
    const done = await visit.services.apis.import(visit.caller, api.id, source, { dryRun: false, ifVersion });
    const details = [inWords(done), ...effectsOf(done)];
    return seeOther(apiHref(api.id), { flash: { code: 'api_imported', subject: api.name, details } });
  } catch (error) {
    if (error instanceof Problem && error.code === 'resource.changed') return preview(visit, source, true);
    throw error;
  }
}

function inWords({ added, changed, removed, kept, unchanged }: ApiImport): string {
  const counts = [
    [added.length, 'added'],
    [changed.length, 'changed'],
    [removed.length, 'removed'],
    [kept.length, 'kept because roles hold them'],
    [unchanged, 'unchanged'],
  ] as const;
  const told = counts.filter(([count]) => count > 0).map(([count, what]) => `${count.toLocaleString('en')} ${what}`);
  return `Privileges: ${told.join(', ')}.`;
}

/** Notices that point nowhere are about people, the others about places in the document. */
function effectsOf({ notices, kept }: ApiImport): string[] {
  const details = notices.filter(({ pointer }) => pointer === '').map(({ detail }) => detail);
  // What is kept has a list of its own.
  return details.filter((detail) => !kept.some(({ scope }) => detail.startsWith(`${scope} `)));
}

const SHOWN = 200;
const OPERATIONS_SHOWN = 100;

function toPreview(shown: ApiImport): Omit<ApiImportPreviewPageProps, 'frame' | 'isStale' | 'hidden'> {
  return {
    api: shown.api,
    title: `${shown.title} ${shown.documentVersion}`.trim(),
    operations: shown.operationCount,
    added: listOf(shown.added, ({ scope, description, operations }) => ({
      scope,
      description,
      about: covers(operations.length),
    })),
    removed: listOf(shown.removed, ({ scope, description, operations }) => ({
      scope,
      description,
      about: `Covered ${covers(operations.length)}`,
    })),
    kept: listOf(shown.kept, ({ scope, description, heldBy }) => ({ scope, description, about: `Held by ${heldBy}` })),
    changed: listOf(shown.changed, toChange),
    unchanged: shown.unchanged,
    effects: effectsOf(shown),
    remarks: shown.notices.filter(({ pointer }) => pointer !== ''),
  };
}

function covers(count: number): string {
  return `${count.toLocaleString('en')} ${count === 1 ? 'operation' : 'operations'}`;
}

function listOf<T>(items: readonly T[], toRow: (item: T) => PreviewedPrivilege): PreviewList {
  return { rows: items.slice(0, SHOWN).map(toRow), total: items.length };
}

function toChange({
  before,
  after,
  addedOperations,
  removedOperations,
}: ApiImport['changed'][number]): PreviewedPrivilege {
  const paths = (operations: typeof addedOperations) => {
    const shown = operations.slice(0, OPERATIONS_SHOWN).map(({ method, path }) => `${method} ${path}`);
    const left = operations.length - shown.length;
    return left > 0 ? [...shown, `and ${left.toLocaleString('en')} more`] : shown;
  };
  const what = [
    before.group === after.group ? '' : `group “${before.group}” becomes “${after.group}”`,
    before.description === after.description ? '' : 'other words',
    addedOperations.length > 0 ? `${covers(addedOperations.length)} more` : '',
    removedOperations.length > 0 ? `${covers(removedOperations.length)} fewer` : '',
  ].filter(Boolean);
  const about = what.join(', ');
  return {
    scope: after.scope,
    description: after.description,
    about: about.charAt(0).toUpperCase() + about.slice(1),
    added: paths(addedOperations),
    removed: paths(removedOperations),
  };
}

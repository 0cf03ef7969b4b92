// Registering an API, and changing one without overwriting what somebody else saved meanwhile.
import { h } from 'preact';
import { ApiFormPage, type ApiFormValues } from '../../../views/pages/api-form.tsx';
import { apiHref } from '../../../views/pages/apis-list.tsx';
import { Problem } from '../../base/problem.ts';
import { apiFields } from '../../domain/api/api-fields.ts';
import type { ApiSummary } from '../../domain/api/api.ts';
import { findApi } from './api-detail-page.ts';
import { createFormId, once, repeatedPage } from './form-once.ts';
import { fieldOfPointer, FormFaults, isAboutForm, keptValues, parseVersion, pickFields } from './form.ts';
import { type Answer, page, seeOther, type SignedInVisit } from './page.ts';

const EDITED = ['name', 'identifier', 'description', 'docs_private', 'unknown_operations'] as const;
const FIELDS = ['id', ...EDITED] as const satisfies readonly (keyof ApiFormValues)[];

const NEW_API_VALUES: ApiFormValues = {
  id: '',
  name: '',
  identifier: '',
  description: '',
  docs_private: 'false',
  unknown_operations: 'refuse',
};

interface Shown {
  /** null for a new one. */
  readonly api: ApiSummary | null;
  readonly values: ApiFormValues;
  readonly faults: FormFaults;
}

function formPage({ api, values, faults }: Shown, status: number): Answer {
  const hidden = api ? { version: String(api.version) } : { form_id: createFormId() };
  return page((frame) => h(ApiFormPage, { frame, api, values, errors: faults.toErrors(), hidden }), { status });
}

function fieldOf(pointer: string): string | undefined {
  const name = fieldOfPointer(pointer);
  return FIELDS.some((field) => field === name) ? name : undefined;
}

export async function showNewApi(): Promise<Answer> {
  return formPage({ api: null, values: NEW_API_VALUES, faults: new FormFaults() }, 200);
}

export async function createApi(visit: SignedInVisit): Promise<Answer> {
  const fields = pickFields(await visit.readForm(), [...FIELDS, 'form_id']);
  const shown = { api: null, values: keptValues(FIELDS, NEW_API_VALUES, fields), faults: new FormFaults() };
  const { faults, values } = shown;
  const id = faults.check('id', apiFields.id, values.id);
  const input = parseForm(values, faults);
  if (!input || id === undefined) return formPage(shown, 422);
  try {
    return await once(
      visit,
      fields.form_id,
      async () => {
        const { api, notices } = await visit.services.apis.create(visit.caller, { ...input, id });
        const details = notices.map(({ detail }) => detail);
        return seeOther(apiHref(api.id), { flash: { code: 'api_created', subject: api.name, details } });
      },
      () => alreadyCreated(visit, id),
    );
  } catch (error) {
    if (!isAboutForm(error)) throw error;
    faults.addProblem(error, fieldOf);
    return formPage(shown, error.status);
  }
}

function alreadyCreated(visit: SignedInVisit, id: string): Answer {
  return repeatedPage(visit, {
    title: 'This API was created already',
    detail: 'The form was sent twice.',
    action: { href: apiHref(id), label: 'Go to the API' },
  });
}

/** All faults at once, or the input. */
function parseForm(values: ApiFormValues, faults: FormFaults) {
  const input = {
    name: faults.check('name', apiFields.name, values.name),
    identifier: faults.check('identifier', apiFields.identifier, values.identifier),
    description: faults.check('description', apiFields.description, values.description),
    unknownOperations: faults.check('unknown_operations', apiFields.unknownOperations, values.unknown_operations),
  };
  if (!['true', 'false'].includes(values.docs_private)) faults.add('docs_private', 'Choose public or private.');
  const { name, identifier, description, unknownOperations } = input;
  if (name === undefined || identifier === undefined || description === undefined || !unknownOperations)
    return undefined;
  if (!faults.isEmpty) return undefined;
  return { name, identifier, description, unknownOperations, docsPrivate: values.docs_private === 'true' };
}

function valuesOf(api: ApiSummary): ApiFormValues {
  return {
    id: api.id,
    name: api.name,
    identifier: api.identifier,
    description: api.description,
    docs_private: String(api.docsPrivate),
    unknown_operations: api.unknownOperations,
  };
}

export async function showApiEdit(visit: SignedInVisit): Promise<Answer> {
  const api = await findApi(visit);
  return formPage({ api, values: valuesOf(api), faults: new FormFaults() }, 200);
}

export async function saveApi(visit: SignedInVisit): Promise<Answer> {
  const fields = pickFields(await visit.readForm(), [...EDITED, 'version']);
  const api = await findApi(visit);
  const values = keptValues(EDITED, valuesOf(api), fields);
  const version = parseVersion(fields.version, api.version);
  if (version !== api.version) return staleForm(api, values);
  const faults = new FormFaults();
  const input = parseForm(values, faults);
  if (!input) return formPage({ api, values, faults }, 422);
  try {
    const saved = await visit.services.apis.update(visit.caller, api.id, input, version);
    const details = saved.notices.map(({ detail }) => detail);
    return seeOther(apiHref(api.id), { flash: { code: 'api_saved', subject: saved.api.name, details } });
  } catch (error) {
    if (error instanceof Problem && error.code === 'resource.changed') return staleForm(await findApi(visit), values);
    if (!isAboutForm(error)) throw error;
    faults.addProblem(error, fieldOf);
    return formPage({ api, values, faults }, error.status);
  }
}

function staleForm(api: ApiSummary, values: ApiFormValues): Answer {
  const faults = new FormFaults();
  faults.add(
    'form',
    `${api.name} was changed since you opened this form. What you typed is kept. Save again to overwrite what is stored.`,
  );
  return formPage({ api, values, faults }, 409);
}

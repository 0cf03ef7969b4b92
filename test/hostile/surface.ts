// What a server takes from outside, found by looking: the forms of its pages, and the operations of its OpenAPI document. What is
// built later is attacked without a line being added here.

export interface FoundForm {
  /** Where it stands. */
  readonly page: string;
  readonly action: string;
  /** As a browser would send it. */
  readonly fields: readonly (readonly [name: string, value: string])[];
}

export interface FoundOperation {
  readonly method: string;
  /** With the names of its parameters in braces. */
  readonly path: string;
  readonly queryNames: readonly string[];
  /** The example of the document; undefined for one without a body. */
  readonly body: unknown;
  readonly bodyType: string;
}

const MAX_PAGES = 60;
const FORM = /<form\b([^>]*)>(.*?)<\/form>/gs;
const FIELD = /<(input|button)\b([^>]*)>|<(textarea|select)\b([^>]*)>(.*?)<\/\3>/gs;

/** Walks through the pages by their links, as whom the cookie says. */
export async function findForms(
  url: string,
  cookie: string,
  isSpared: (action: string) => boolean,
): Promise<FoundForm[]> {
  const seen = new Set<string>();
  const waiting = ['/', '/clients/new', '/login'];
  const forms = new Map<string, FoundForm>();
  for (let path = waiting.shift(); path !== undefined && seen.size < MAX_PAGES; path = waiting.shift()) {
    if (seen.has(path)) continue;
    seen.add(path);
    const response = await fetch(url + path, { headers: { Cookie: cookie }, redirect: 'manual' });
    const html = await response.text();
    for (const form of formsOf(html, path)) if (!isSpared(form.action)) forms.set(keyOf(form), form);
    for (const [, href = ''] of html.matchAll(/<a\b[^>]*\bhref="(\/[^"#]*)/g)) {
      const link = unescapeHtml(href);
      if (!/^\/(?:docs|assets|api)\b/.test(link) && !isSpared(link)) waiting.push(link);
    }
  }
  return [...forms.values()];
}

/** The form as it is shown now: with the version that is edited, and an id that was not used yet. */
export async function refreshForm(url: string, cookie: string, form: FoundForm): Promise<FoundForm> {
  const response = await fetch(url + form.page, { headers: { Cookie: cookie }, redirect: 'manual' });
  const shown = formsOf(await response.text(), form.page);
  return shown.find(({ action }) => action === form.action) ?? form;
}

function formsOf(html: string, path: string): FoundForm[] {
  return [...html.matchAll(FORM)].flatMap(([, attributes = '', content = '']) => {
    if (!/\bmethod="post"/i.test(attributes)) return [];
    const action = attributeOf(attributes, 'action') ?? path;
    return [{ page: path, action: action.split('#')[0] ?? action, fields: fieldsOf(content) }];
  });
}

function fieldsOf(html: string): [string, string][] {
  const fields: [string, string][] = [];
  for (const [, plain, plainAttributes, outer, outerAttributes, content = ''] of html.matchAll(FIELD)) {
    const [tag, attributes] = [plain ?? outer ?? '', plainAttributes ?? outerAttributes ?? ''];
    const name = attributeOf(attributes, 'name');
    if (name === undefined) continue;
    const isChoice = /type="(?:radio|checkbox)"/.test(attributes);
    if (isChoice && !/\bchecked\b/.test(attributes)) continue;
    const isAnswered = tag === 'button' && fields.some(([known]) => known === name);
    if (!isAnswered) fields.push([name, valueOf(tag, attributes, content)]);
  }
  return fields;
}

function valueOf(tag: string, attributes: string, content: string): string {
  if (tag === 'textarea') return unescapeHtml(content);
  if (tag !== 'select') return attributeOf(attributes, 'value') ?? '';
  const options = [...content.matchAll(/<option\b([^>]*)>/g)].map(([, option = '']) => option);
  const chosen =
    options.find((option) => /\bselected\b/.test(option)) ?? options.find((option) => /value="[^"]/.test(option));
  return attributeOf(chosen ?? '', 'value') ?? '';
}

/** Forms of one kind stand on many pages: in every row of a list, for example. */
function keyOf({ action, fields }: FoundForm): string {
  return `${action.replaceAll(/\/[a-z]+_[A-Za-z0-9]+/g, '/{id}')} ${fields.map(([name]) => name).join()}`;
}

function attributeOf(attributes: string, name: string): string | undefined {
  const value = new RegExp(`(?:^|\\s)${name}="([^"]*)"`, 'i').exec(attributes)?.[1];
  return value === undefined ? undefined : unescapeHtml(value);
}

function unescapeHtml(text: string): string {
  return text.replaceAll('&quot;', '"').replaceAll('&#39;', "'").replaceAll('&lt;', '<').replaceAll('&amp;', '&');
}

interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

interface Operation {
  readonly parameters?: readonly { readonly in?: string; readonly name?: string }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly example?: unknown }>> };
}

const METHODS = new Set(['get', 'post', 'put', 'patch', 'delete']);

export async function findOperations(url: string): Promise<FoundOperation[]> {
  const document = (await (await fetch(`${url}/api/openapi.json`)).json()) as OpenApi;
  return Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.entries(operations)
      .filter(([method]) => METHODS.has(method))
      .map(([method, operation]) => toFound(method, path, operation)),
  );
}

function toFound(method: string, path: string, { parameters = [], requestBody }: Operation): FoundOperation {
  const [bodyType, content] = Object.entries(requestBody?.content ?? {})[0] ?? [];
  return {
    method: method.toUpperCase(),
    path,
    queryNames: parameters.flatMap((each) => (each.in === 'query' && each.name !== undefined ? [each.name] : [])),
    body: content?.example,
    bodyType: bodyType ?? 'application/json',
  };
}

// Query strings of pages: filters and cursors, read as strictly as forms.
import { Problem } from '../../base/problem.ts';
import { parseForm } from '../http/body.ts';

export type Query = Readonly<Record<string, string>>;

const MAX_QUERY = 4000;
const MAX_VALUE = 1000;

/** 400 for what is not well-formed, 422 for a value that is longer than any of ours. Names that mean nothing here are let be. */
export function parseQuery(querystring: string): Query {
  if (querystring.length > MAX_QUERY) throw new Problem('request.malformed', 'The address of this page is too long.');
  const query = parseForm(querystring);
  if (Object.values(query).some((value) => value.length > MAX_VALUE)) {
    throw new Problem('request.invalid', `A search has at most ${MAX_VALUE} characters.`);
  }
  return query;
}

/** One of the choices, or undefined when nothing was chosen. 422 for anything else. */
export function choiceOf<const Choices extends readonly string[]>(
  query: Query,
  name: string,
  choices: Choices,
): Choices[number] | undefined {
  const value = query[name];
  if (value === undefined || value === '') return undefined;
  const found = choices.find((choice) => choice === value);
  if (found === undefined) throw new Problem('request.invalid', `There is no such choice for “${name}”.`);
  return found;
}

/** Text without blanks around it; undefined for none. */
export function textOf(query: Query, name: string): string | undefined {
  return query[name]?.trim() || undefined;
}

/** The path with what is set of the query. */
export function hrefOf(path: string, query: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(query).filter((entry): entry is [string, string] => Boolean(entry[1]));
  const text = new URLSearchParams(given).toString();
  return text === '' ? path : `${path}?${text}`;
}

/** A column's head that sorts by it; `created_at` is the order without being asked for. Which way it runs is the column's own. */
export function sortHead(
  path: string,
  kept: Readonly<Record<string, string | undefined>> & { readonly sort: string | undefined },
  sort: string,
  direction: 'ascending' | 'descending',
) {
  const isNow = (kept.sort ?? 'created_at') === sort;
  const href = hrefOf(path, { ...kept, sort: sort === 'created_at' ? undefined : sort });
  return { href, direction: isNow ? direction : undefined };
}

const ID = /^[A-Za-z0-9_-]{1,100}$/;

/** An identifier out of the path; 404 for what cannot be one, so that storage never sees it. */
export function idOf(params: Readonly<Record<string, string>>, name: string, what: string): string {
  const id = params[name] ?? '';
  if (!ID.test(id)) throw new Problem('resource.not_found', `There is no such ${what}.`);
  return id;
}

// Attacks through what ports understand: naughty text in every field of every form, body, query, path and header, and values of the
// wrong type where the Management API expects another.
import { naughtyStrings } from '../support/naughty-strings.ts';
import type { Dice } from './dice.ts';
import { type FoundForm, type FoundOperation, refreshForm } from './surface.ts';
import { type HostileRequest, plain, utf8 } from './wire.ts';

export interface Target {
  readonly url: string;
  readonly forms: readonly FoundForm[];
  readonly operations: readonly FoundOperation[];
  readonly cookie: string;
  readonly accessToken: string;
  readonly client: { readonly client_id: string; readonly client_secret: string };
  /** Things that there are, and that may be destroyed; by the name of a parameter. */
  readonly ids: Readonly<Record<string, readonly string[]>>;
}

const FORM = 'Content-Type: application/x-www-form-urlencoded';

type Attack = (dice: Dice, target: Target) => string | Promise<string>;

const attacks: Readonly<Record<string, Attack>> = {
  'form of a page': async (dice, { url, forms, cookie }) => {
    const form = await refreshForm(url, cookie, dice.pick(forms));
    const fields = new URLSearchParams(form.fields.map(([name, value]) => [name, value]));
    const names = fields.size > 0 && !dice.once(8) ? [...fields.keys()] : ['form_id', 'unknown'];
    for (let count = 1 + dice.below(2); count > 0; count -= 1) {
      if (dice.once(12)) fields.append(dice.pick(names), naughty(dice));
      else if (dice.once(20)) fields.set(naughty(dice), naughty(dice));
      else fields.set(dice.pick(names), naughty(dice));
    }
    const headers = [FORM, `Cookie: ${cookie}`, 'Sec-Fetch-Site: same-origin', forwarded(dice)];
    return plain({ method: 'POST', target: form.action, headers, body: encoded(fields, dice) });
  },
  'query of a page': (dice, { cookie }) => {
    const path = dice.pick([
      '/',
      '/clients',
      '/audit',
      '/login',
      '/clients/new',
      '/roles',
      '/users',
      '/companies',
      '/setup',
    ]);
    const name = dice.pick([
      'q',
      'cursor',
      'sort',
      'status',
      'page',
      'from',
      'to',
      'action',
      'next',
      'token',
      'role',
      'actor',
    ]);
    return plain({
      method: 'GET',
      target: `${path}?${name}=${percent(naughty(dice))}`,
      headers: [`Cookie: ${cookie}`],
    });
  },
  'path of a page': (dice, { cookie }) => {
    const folder = dice.pick(['clients', 'roles', 'users', 'companies', 'apis', 'audit', 'account', 'assets', 'docs']);
    return plain({ method: 'GET', target: `/${folder}/${percent(naughty(dice))}`, headers: [`Cookie: ${cookie}`] });
  },
  cookie: (dice) => {
    const value = utf8(naughty(dice)).replaceAll(/[\r\n\0]/g, '');
    return plain({ method: 'GET', target: '/clients', headers: [`Cookie: postern_session=${value}; flash=${value}`] });
  },
  'Management API': attackApi,
  'token endpoint': (dice, { client }) => {
    const fields = new URLSearchParams({ grant_type: 'client_credentials', scope: 'clients:read', ...client });
    fields.set(dice.pick(['grant_type', 'scope', 'resource', 'client_id', 'client_secret', 'audience']), naughty(dice));
    return plain({
      method: 'POST',
      target: '/oauth2/token',
      headers: [FORM, forwarded(dice)],
      body: encoded(fields, dice),
    });
  },
  'Basic credentials': (dice, { client }) => {
    const id = dice.once(2) ? client.client_id : naughty(dice);
    const secret = dice.once(3) ? client.client_secret : naughty(dice);
    const credentials = Buffer.from(
      `${id}${dice.once(8) ? '' : ':'}${secret}`,
      dice.pick(['utf8', 'latin1', 'utf16le']),
    );
    const path = dice.pick(['token', 'introspect', 'revoke']);
    return plain({
      method: 'POST',
      target: `/oauth2/${path}`,
      headers: [FORM, forwarded(dice), `Authorization: Basic ${credentials.toString('base64')}`],
      body: encoded(new URLSearchParams({ grant_type: 'client_credentials', token: naughty(dice) }), dice),
    });
  },
  introspection: (dice, { client, accessToken }) => {
    const fields = new URLSearchParams({ ...client, token: accessToken, client_ip: '192.0.2.1', token_type_hint: 'x' });
    fields.set(dice.pick(['token', 'client_ip', 'token_type_hint']), naughty(dice));
    const path = dice.pick(['introspect', 'revoke']);
    // A token that is spoiled, so that the one in use is not revoked.
    if (path === 'revoke') fields.set('token', `${accessToken.slice(0, -3)}${naughty(dice)}`);
    return plain({
      method: 'POST',
      target: `/oauth2/${path}`,
      headers: [FORM, forwarded(dice)],
      body: encoded(fields, dice),
    });
  },
  gate: (dice, { accessToken }) => {
    const value = utf8(naughty(dice)).replaceAll(/[\r\n\0]/g, '');
    const query = dice.pick([
      '',
      `?api=${percent(naughty(dice))}`,
      `?scope=${percent(naughty(dice))}`,
      `?${percent(naughty(dice))}`,
    ]);
    const target = dice.once(3) ? `/gate/envoy/management/${percent(naughty(dice))}` : `/gate${query}`;
    const headers = [
      `Authorization: Bearer ${dice.once(3) ? value : accessToken}`,
      `${dice.pick(['X-Original-Method', 'X-Forwarded-Method', 'X-Postern-Scope'])}: ${value}`,
      `${dice.pick(['X-Original-URI', 'X-Forwarded-Uri', 'X-Forwarded-For'])}: ${value}`,
    ];
    return plain({ method: dice.pick(['GET', 'HEAD', 'POST']), target, headers });
  },
};

const names = Object.keys(attacks);
const texts = naughtyStrings.map(({ text }) => text);

/** Also a matter of what the pages show at that moment. */
export async function attackText(dice: Dice, target: Target): Promise<HostileRequest> {
  const name = dice.pick(names);
  const attack = attacks[name];
  if (!attack) throw new Error(`there is no attack ${name}`);
  return { what: name, parts: [await attack(dice, target)] };
}

function attackApi(dice: Dice, { operations, accessToken, ids }: Target): string {
  const { method, path, queryNames, body, bodyType } = dice.pick(operations);
  const target = path.replaceAll(/\{(\w+)\}/g, (_all, name: string) => {
    const known = ids[name] ?? [];
    return known.length > 0 && !dice.once(3) ? dice.pick(known) : percent(naughty(dice)) || 'x';
  });
  const name = queryNames.length > 0 && !dice.once(5) ? dice.pick(queryNames) : utf8(naughty(dice));
  const query = queryNames.length > 0 && dice.once(2) ? `?${percent(name)}=${percent(naughty(dice))}` : '';
  const headers = [`Authorization: Bearer ${accessToken}`, forwarded(dice)];
  if (dice.once(6)) headers.push(`If-Match: ${utf8(naughty(dice)).replaceAll(/[\r\n\0]/g, '')}`);
  if (body === undefined) return plain({ method, target: target + query, headers });
  const spoiled = dice.once(12) ? dice.pick(VALUES) : spoil(body, dice);
  return plain({
    method,
    target: target + query,
    headers: [...headers, `Content-Type: ${bodyType}`],
    body: utf8(JSON.stringify(spoiled) ?? 'null'),
  });
}

const deep = (levels: number): unknown => JSON.parse(`${'['.repeat(levels)}${']'.repeat(levels)}`);

const VALUES: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1e308,
  0.1,
  '',
  [],
  {},
  [null],
  [[]],
  { a: {} },
  deep(20),
  deep(300),
  Array.from({ length: 2_000 }, () => 'x'),
  { toString: 'x', valueOf: null },
  JSON.parse('{"__proto__":{"admin":true},"constructor":{"prototype":{}}}'),
];

/** A copy in which one thing, at any depth, is something else. */
function spoil(value: unknown, dice: Dice): unknown {
  if (Array.isArray(value) && value.length > 0 && !dice.once(4)) {
    const at = dice.below(value.length);
    return value.map((item: unknown, index) => (index === at ? spoil(item, dice) : item));
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value) && !dice.once(12)) {
    const entries = Object.entries(value);
    if (entries.length === 0 || dice.once(10)) return { ...value, [naughty(dice)]: naughty(dice) };
    const [name, item] = dice.pick(entries);
    return { ...value, [name]: spoil(item, dice) };
  }
  return dice.once(3) ? dice.pick(VALUES) : naughty(dice);
}

function naughty(dice: Dice): string {
  const text = dice.pick(texts);
  if (dice.once(8)) return text + dice.pick(texts);
  return dice.once(30) ? text.repeat(200).slice(0, 5_000) : text;
}

/** From somewhere else each time, so that the throttle lets the next attempt through to what lies behind it. */
function forwarded(dice: Dice): string {
  return `X-Forwarded-For: 203.0.${dice.below(256)}.${dice.below(256)}`;
}

/** Well-formed UTF-8 mostly, now and then not. */
function encoded(fields: URLSearchParams, dice: Dice): string {
  const text = fields.toString();
  if (!dice.once(10)) return text;
  return text.replace('=', dice.pick(['=%ff', '=%', '=\xff', '==', '=%00', '', '&=', '=+%2', '=%ed%a0%80', ';']));
}

/** Half a surrogate pair has no percent-encoding; it goes as three bytes that are no UTF-8. */
function percent(text: string): string {
  const wellFormed = Buffer.from(text, 'utf8').toString('utf8');
  return encodeURIComponent(wellFormed) + (wellFormed === text ? '' : '%ed%a0%80');
}

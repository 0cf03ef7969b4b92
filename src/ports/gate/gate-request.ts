// What a proxy asks the gate: about which API, with which scopes, and before which call. Each proxy says that in its own way.
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { GateQuestion, OriginalRequest } from '../../domain/gate/gate-decision.ts';
import { MANAGEMENT_API_ID } from '../../domain/api/privilege.ts';
import { quoted } from '../http/body.ts';

export interface AskedGate {
  /** Id or identifier. */
  readonly api: string;
  readonly question: GateQuestion;
}

/** A fault in the proxy's configuration, in words for whoever wrote it. */
export interface UnreadableQuestion {
  readonly fault: string;
}

const GATE = '/gate';
const ENVOY = '/gate/envoy/';

/** Whether a request target is the gate's. */
export function isGateTarget(target: string): boolean {
  if (!target.startsWith(GATE)) return false;
  return target.length === GATE.length || target[GATE.length] === '?' || target.startsWith(ENVOY);
}

export type ReadGateRequest = (request: IncomingMessage) => AskedGate | UnreadableQuestion;

export function createGateReader(): ReadGateRequest {
  const readQuery = remember(parseQuery);
  const readScopes = remember(parseScopes);
  return (request) => {
    const target = request.url ?? '';
    if (target.startsWith(ENVOY)) return readEnvoy(request, readScopes);
    const asked = readQuery(target.slice(GATE.length + 1));
    if ('fault' in asked) return asked;
    return { api: asked.api, question: { scopes: asked.scopes, original: readHeaders(request.headers) } };
  };
}

interface AskedQuery {
  readonly api: string;
  readonly scopes: readonly string[];
}

/** Strict: a misspelt `scope` that is passed over would open what it should close. */
function parseQuery(query: string): AskedQuery | UnreadableQuestion {
  let api: string | undefined;
  const scopes: string[] = [];
  for (const [name, value] of new URLSearchParams(query)) {
    if (name === 'api') {
      if (api !== undefined || value === '') return { fault: 'The parameter api must be there once, with a value.' };
      api = value;
    } else if (name === 'scope') {
      const read = parseScopes(value);
      if ('fault' in read) return read;
      scopes.push(...read);
    } else {
      return { fault: `The gate has no parameter ${quoted(name)}. It has api and scope.` };
    }
  }
  return { api: api ?? MANAGEMENT_API_ID, scopes };
}

const SCOPES = /^[\x21\x23-\x5b\x5d-\x7e]+(?: [\x21\x23-\x5b\x5d-\x7e]+)*$/;

function parseScopes(text: string): readonly string[] | UnreadableQuestion {
  if (SCOPES.test(text)) return text.split(' ');
  return { fault: 'A scope that the gate is to look for is empty or has characters that no scope has.' };
}

/**
 * nginx is told to send one pair of headers, Traefik and Caddy send the other by themselves. Both pairs come when the caller adds the
 * one that its proxy doesn't set: unless they say the same, nothing is said.
 */
function readHeaders(headers: IncomingHttpHeaders): OriginalRequest | undefined {
  const nginx = readPair(headers['x-original-method'], headers['x-original-uri']);
  const others = readPair(headers['x-forwarded-method'], headers['x-forwarded-uri']);
  if (nginx === 'half' || others === 'half') return undefined;
  if (nginx && others && (nginx.method !== others.method || nginx.path !== others.path)) return undefined;
  return nginx ?? others;
}

type Header = IncomingHttpHeaders[string];

function readPair(method: Header, path: Header): OriginalRequest | 'half' | undefined {
  if (method === undefined && path === undefined) return undefined;
  if (typeof method !== 'string' || typeof path !== 'string') return 'half';
  return COMMON_METHODS.has(method) || METHOD.test(method) ? { method, path } : 'half';
}

const COMMON_METHODS: ReadonlySet<string> = new Set(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS']);

/** Two lines of the header, joined by a comma, are none. */
const METHOD = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

const ENVOY_TARGET = /^([a-z0-9-]+)(\/.*)$/s;

/**
 * Envoy repeats the call's own method and target behind a prefix, `/gate/envoy/{api id}`. What the query says is the call's, not ours:
 * scopes come in a header that Envoy sets.
 */
function readEnvoy(request: IncomingMessage, readScopes: typeof parseScopes): AskedGate | UnreadableQuestion {
  const [, api, path] = ENVOY_TARGET.exec((request.url ?? '').slice(ENVOY.length)) ?? [];
  if (api === undefined || path === undefined) {
    return { fault: 'The prefix for Envoy is /gate/envoy/ and the id of an API, without a slash at its end.' };
  }
  const header = request.headers['x-postern-scope'];
  const scopes = header === undefined ? [] : readScopes(String(header));
  if ('fault' in scopes) return scopes;
  return { api, question: { scopes, original: { method: request.method ?? '', path } } };
}

const MAX_REMEMBERED = 1_000;

/** A proxy asks the same few questions all the time. */
function remember<T>(parse: (text: string) => T): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    const before = known.get(text);
    if (before !== undefined) return before;
    if (known.size >= MAX_REMEMBERED) known.clear();
    const parsed = parse(text);
    known.set(text, parsed);
    return parsed;
  };
}

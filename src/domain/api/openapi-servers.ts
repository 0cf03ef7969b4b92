// Where a document says that its API is: paths for the gate, origins for the page that calls it.

import { isJsonArray, isJsonObject, type JsonObject, type JsonValue, member, type Reading } from './openapi-value.ts';
import { splitRequestPath } from './path-template.ts';

export interface DocumentServers {
  readonly basePaths: readonly string[];
  readonly serverOrigins: readonly string[];
}

const MAX_SERVERS = 20;

/** What `servers` come to, with every variable in each of its values: where the gate looks for the operations. */
export function readServers({ document, notices }: Reading): DocumentServers {
  const servers = member(document, 'servers');
  const basePaths = new Set<string>();
  const origins = new Set<string>();
  for (const [index, server] of (isJsonArray(servers) ? servers : []).entries()) {
    const url = isJsonObject(server) ? member(server, 'url') : undefined;
    if (!isJsonObject(server) || typeof url !== 'string') continue;
    for (const written of writeOut(url, server)) {
      const origin = originOf(written);
      if (origin !== undefined) origins.add(origin);
      const path = basePathOf(written);
      if (path !== undefined) basePaths.add(path);
      else
        notices.add(
          `/servers/${index}/url`,
          'The gate cannot look below this server: its path has a variable or a dot segment.',
        );
    }
  }
  return {
    basePaths: basePaths.size === 0 ? [''] : [...basePaths].slice(0, MAX_SERVERS),
    serverOrigins: [...origins].slice(0, MAX_SERVERS),
  };
}

function writeOut(url: string, server: JsonObject): readonly string[] {
  const variables = member(server, 'variables');
  let urls = [url];
  for (const [name, variable] of Object.entries(isJsonObject(variables) ? variables : {})) {
    if (!isJsonObject(variable) || !url.includes(`{${name}}`)) continue;
    const choices = member(variable, 'enum');
    const values = (isJsonArray(choices) ? choices : [member(variable, 'default')]).filter(
      (value) => typeof value === 'string',
    );
    urls = urls.flatMap((each) => values.map((value) => each.replaceAll(`{${name}}`, value))).slice(0, MAX_SERVERS);
  }
  return urls;
}

/** undefined for a path that no request has. A server without scheme and host stands for the one that the document came from. */
function basePathOf(url: string): string | undefined {
  const path = url
    .replace(/^[a-z][a-z0-9+.-]*:/i, '')
    .replace(/^\/\/[^/?#]*/, '')
    .replace(/[?#].*$/s, '')
    .replace(/\/+$/, '');
  const rooted = path === '' || path.startsWith('/') ? path : `/${path}`;
  return rooted === '' || (!/[{}]/.test(rooted) && splitRequestPath(rooted)) ? rooted : undefined;
}

const ORIGIN = /^https?:\/\/(?:[a-z0-9.-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?$/;

/** undefined for what browsers don't call, and for what is no full address. */
export function originOf(url: string): string | undefined {
  if (!/^https?:\/\//i.test(url) || !URL.canParse(url)) return undefined;
  const { origin } = new URL(url);
  // It ends up in a header: nothing but what is a plain origin.
  return ORIGIN.test(origin) ? origin : undefined;
}

/**
 * The document's servers with those that have no host of their own put onto the API's, which its identifier usually names. Left as
 * they are, they would mean this server.
 */
export function withHosts(servers: JsonValue | undefined, identifier: string): readonly JsonValue[] {
  const listed = isJsonArray(servers) && servers.length > 0 ? servers : [{ url: '/' }];
  const origin = originOf(identifier);
  if (origin === undefined) return listed;
  return listed.map((server) => {
    const url = isJsonObject(server) ? member(server, 'url') : undefined;
    if (!isJsonObject(server) || typeof url !== 'string' || /^(?:[a-z][a-z0-9+.-]*:|\/\/|\{)/i.test(url)) return server;
    return { ...server, url: `${origin}/${url.replace(/^(?:\.{0,2}\/)+/, '')}` };
  });
}

// The imported descriptions as everybody may read them, made ready for Swagger UI once for each version of an API.
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { notFound } from '../../base/problem.ts';
import type { Storage } from '../stores.ts';
import type { PublishedApi } from './api-store.ts';
import type { OpenApiReader } from './openapi-reader.ts';

export interface SwaggerText {
  /** JSON with gzip. */
  readonly gzipped: Buffer;
  /** Of the JSON, hexadecimal. */
  readonly digest: string;
}

export interface ApiDocs {
  /** By name; the private ones for those alone who are signed in. */
  list(isSignedIn: boolean): Promise<readonly PublishedApi[]>;
  find(apiId: string, isSignedIn: () => boolean | Promise<boolean>): Promise<PublishedApi | undefined>;
  /** Its security scheme is this server's, so that Authorize fetches a token for the API. */
  read(api: PublishedApi): Promise<SwaggerText>;
}

interface Parts {
  readonly storage: Storage;
  readonly reader: OpenApiReader;
  /** This server's token endpoint. */
  readonly tokenUrl: string;
}

const MAX_LISTED = 100;
/** The largest takes some megabytes with gzip, most take some kilobytes. */
const MAX_KEPT = 20;

export function createApiDocs({ storage, reader, tokenUrl }: Parts): ApiDocs {
  const kept = new Map<string, { readonly version: number; readonly text: Promise<SwaggerText> }>();

  const make = async ({ id, identifier }: PublishedApi): Promise<SwaggerText> => {
    const { document, privileges, operations } = await storage.read(async ({ apis }) => ({
      document: await apis.findDocument(id),
      privileges: await apis.privilegesOf(id),
      operations: await apis.operationsOf(id),
    }));
    if (!document) throw notFound('API');
    const json = (await promisify(gunzip)(document)).toString('utf8');
    const text = await reader.swagger(json, { tokenUrl, identifier, privileges, operations });
    return {
      gzipped: await promisify(gzip)(text),
      digest: createHash('sha256').update(text).digest('hex').slice(0, 20),
    };
  };

  return {
    list: (isSignedIn) =>
      storage.read(({ apis }) => apis.listPublished({ withPrivate: isSignedIn, limit: MAX_LISTED })),
    async find(apiId, isSignedIn) {
      const api = await storage.read(({ apis }) => apis.findPublished(apiId));
      return api?.docsPrivate && !(await isSignedIn()) ? undefined : api;
    },
    read(api) {
      const known = kept.get(api.id);
      if (known?.version === api.version) return known.text;
      const text = make(api);
      kept.delete(api.id);
      kept.set(api.id, { version: api.version, text });
      const [oldest] = kept.keys();
      if (kept.size > MAX_KEPT && oldest !== undefined) kept.delete(oldest);
      // What failed is tried again by whoever asks next.
      text.catch(() => {
        if (kept.get(api.id)?.text === text) kept.delete(api.id);
      });
      return text;
    },
  };
}

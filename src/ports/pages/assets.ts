// Style sheet, scripts and icon of the pages, under /assets/.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Middleware } from 'koa';
import { createStaticAssets } from '../http/static-assets.ts';

/** Mount it in front of what asks the database: a page that says that the database is away still wants its style sheet. */
export function createPageAssets(): Middleware {
  return createStaticAssets({ prefix: '/assets/', directory: findAssets() });
}

/** They are not compiled: seen from `src` and from `dist/src` they lie in the same folder, one step further up. */
function findAssets(): string {
  const candidates = ['../../..', '../../../..'].map((up) => join(import.meta.dirname, up, 'views', 'assets'));
  const found = candidates.find((directory) => existsSync(join(directory, 'postern.css')));
  if (found === undefined)
    throw new Error(`the assets of the pages are missing: looked in ${candidates.join(' and ')}`);
  return found;
}

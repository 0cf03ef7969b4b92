// Turns a page's virtual node into the HTML text of a whole document.

import type { VNode } from 'preact';
import { renderToString } from 'preact-render-to-string';

/** The page as HTML text with its doctype, for a UTF-8 body: `renderPage(h(ClientsListPage, props))`. */
export function renderPage<Props>(page: VNode<Props>): string {
  return `<!doctype html>\n${renderToString(page as VNode)}\n`;
}

// The document around every page: head, style sheet, scripts.

import type { ComponentChildren } from 'preact';

export type DocumentProps = {
  /** Title parts from the particular to the general; the product's name is added. */
  title: readonly string[];
  /** A form came back with faults: the title says so, because screen readers speak it first. */
  faulty?: boolean;
  bodyClass: string;
  /** The instant of rendering, for the script that keeps relative times true. */
  now?: Date;
  /** Further elements for the head, such as another style sheet. */
  head?: ComponentChildren;
  children: ComponentChildren;
};

export function Document({ title, faulty, bodyClass, now, head, children }: DocumentProps) {
  return (
    <html lang="en" data-now={now?.toISOString()}>
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>{`${faulty ? 'Error: ' : ''}${[...title, 'Postern'].join(' · ')}`}</title>
        <link rel="icon" href="/assets/favicon.svg" type="image/svg+xml" />
        {head}
        <link rel="stylesheet" href="/assets/postern.css" />
        {/* Not a module: it sets the theme before the first paint. */}
        <script src="/assets/theme.js" />
        <script type="module" src="/assets/app.js" />
      </head>
      <body class={bodyClass}>
        {children}
        <div class="visually-hidden" role="status" data-announcer />
      </body>
    </html>
  );
}

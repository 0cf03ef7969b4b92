// The page around Swagger UI. What it shows is read by assets/swagger-init.js from the attributes of its container.

import { Document } from '../layout/document.tsx';
import { Icon, Logo } from '../parts/icon.tsx';

export type DocsPageProps = {
  /** Name of the API, for the title. */
  apiName: string;
  /** Path of the OpenAPI document on this server. */
  specHref: string;
  /** The API's identifier: what tokens are asked for. */
  resource: string;
  /** So many operations that they are better folded up at first. */
  folded: boolean;
  signedIn: boolean;
  /** Path of this page, one of those of `apis`. */
  here: string;
  /** Every API that the visitor can read about, this one too. */
  apis: readonly { href: string; name: string }[];
};

function OtherApis({ here, apis }: Pick<DocsPageProps, 'here' | 'apis'>) {
  return (
    <details class="docs-menu">
      <summary class="button secondary small">
        <span>All APIs</span>
      </summary>
      <ul>
        {apis.map(({ href, name }) => (
          <li key={href}>
            <a href={href} aria-current={href === here ? 'page' : undefined}>
              <bdi>{name}</bdi>
            </a>
          </li>
        ))}
      </ul>
    </details>
  );
}

export function DocsPage({ apiName, specHref, resource, folded, signedIn, here, apis }: DocsPageProps) {
  return (
    <Document
      title={[apiName, 'API documentation']}
      bodyClass="docs"
      head={
        <>
          <link rel="stylesheet" href="/docs/assets/swagger-ui.css" />
          <script src="/docs/assets/swagger-ui-bundle.js" defer />
          <script type="module" src="/assets/swagger-init.js" />
        </>
      }
    >
      <a class="skip-link" href="#main">
        Skip to content
      </a>
      <header class="docs-bar">
        <a class="brand" href="/">
          <Logo />
          <span>Postern</span>
        </a>
        <p class="docs-name">API documentation</p>
        <nav aria-label="Documentation">
          {apis.length > 1 && <OtherApis here={here} apis={apis} />}
          <a class="button quiet small" href={specHref}>
            <Icon name="external" />
            <span>OpenAPI document</span>
          </a>
          <a class="button secondary small" href="/">
            <span>{signedIn ? 'Back to Postern' : 'Sign in'}</span>
          </a>
        </nav>
      </header>
      <main id="main" tabindex={-1}>
        <div id="swagger-ui" data-spec={specHref} data-resource={resource} data-expansion={folded ? 'none' : 'list'}>
          <noscript>
            <p class="docs-noscript">
              This page needs scripts. The same description as data: <a href={specHref}>OpenAPI document</a>.
            </p>
          </noscript>
        </div>
      </main>
    </Document>
  );
}

// All addresses from which a client was seen lately, a page at a time.

import { AppShell, type AppFrame } from '../layout/app-shell.tsx';
import { PageHeader } from '../layout/page-header.tsx';
import { LinkButton } from '../parts/button.tsx';
import { ClientSources, type SourceRow } from '../parts/client-sources.tsx';
import { EmptyState } from '../parts/empty-state.tsx';
import { Pagination } from '../parts/pagination.tsx';
import { clientHref } from './clients-list.tsx';

export type ClientSourcesPageProps = {
  frame: AppFrame;
  client: { clientId: string; name: string };
  sources: readonly SourceRow[];
  firstHref?: string | undefined;
  nextHref?: string | undefined;
  mayWrite: boolean;
};

export function suggestHref(clientId: string, breadth: 'exact' | 'wider' = 'exact'): string {
  return `${clientHref(clientId)}/edit?suggest=${breadth}`;
}

export function ClientSourcesPage({ frame, client, sources, firstHref, nextHref, mayWrite }: ClientSourcesPageProps) {
  const href = clientHref(client.clientId);
  return (
    <AppShell frame={frame} title={['Addresses', client.name, 'Clients']}>
      <PageHeader
        title="Seen from"
        crumbs={[
          { href: '/clients', label: 'Clients' },
          { href, label: client.name },
        ]}
        lede="Addresses of the last 30 days, latest first. Counts are a few seconds behind."
        actions={
          mayWrite &&
          sources.length > 0 && <LinkButton href={suggestHref(client.clientId)}>Suggest a list from use</LinkButton>
        }
      />
      <div class="panel plain">
        {sources.length === 0 ? (
          <EmptyState icon="search" title="Not seen lately">
            As soon as this client asks for a token or uses one, you see here from where.
          </EmptyState>
        ) : (
          <ClientSources sources={sources} now={frame.now} />
        )}
      </div>
      <Pagination noun="addresses" nounOne="address" shown={sources.length} firstHref={firstHref} nextHref={nextHref} />
    </AppShell>
  );
}

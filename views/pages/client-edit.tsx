// Changing a client. Its secrets are handled on its own page.

import { AppShell, type AppFrame } from '../layout/app-shell.tsx';
import { PageHeader } from '../layout/page-header.tsx';
import { hasErrors } from '../parts/error-summary.tsx';
import { ClientForm, type ClientFormProps } from './client-form.tsx';
import { clientHref } from './clients-list.tsx';

export type ClientEditPageProps = {
  frame: AppFrame;
  /** The client as stored; what is being typed is in `values`. */
  client: { clientId: string; name: string };
} & Pick<ClientFormProps, 'hidden' | 'values' | 'errors' | 'roles' | 'apis' | 'yourAddress'>;

export function ClientEditPage({ frame, client, ...form }: ClientEditPageProps) {
  const href = clientHref(client.clientId);
  return (
    <AppShell frame={frame} title={['Edit', client.name, 'Clients']} faulty={hasErrors(form.errors)}>
      <PageHeader
        title="Edit client"
        crumbs={[
          { href: '/clients', label: 'Clients' },
          { href, label: client.name },
        ]}
        lede="Changes count at once, also for tokens that are already out."
      />
      <ClientForm {...form} action={href} submitLabel="Save changes" cancelHref={href} />
    </AppShell>
  );
}

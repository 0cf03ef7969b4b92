// Registering a client. Its secret comes as the direct answer to this form.

import { AppShell, type AppFrame } from '../layout/app-shell.tsx';
import { PageHeader } from '../layout/page-header.tsx';
import { hasErrors } from '../parts/error-summary.tsx';
import { ClientForm, type ClientFormProps } from './client-form.tsx';

export type ClientNewPageProps = { frame: AppFrame } & Pick<
  ClientFormProps,
  'hidden' | 'values' | 'errors' | 'companies' | 'roles' | 'apis' | 'yourAddress'
>;

export function ClientNewPage({ frame, ...form }: ClientNewPageProps) {
  return (
    <AppShell frame={frame} title={['New client', 'Clients']} faulty={hasErrors(form.errors)}>
      <PageHeader
        title="New client"
        crumbs={[{ href: '/clients', label: 'Clients' }]}
        lede="You get its client ID and its secret on the next page. The secret is shown only there."
      />
      <ClientForm {...form} action="/clients" submitLabel="Create client" cancelHref="/clients" />
    </AppShell>
  );
}

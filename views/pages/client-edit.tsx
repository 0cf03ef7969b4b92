// Changing a client. Its secrets are handled on its own page.

import { AppShell, type AppFrame } from '../layout/app-shell.tsx';
import { PageHeader } from '../layout/page-header.tsx';
import { LinkButton } from '../parts/button.tsx';
import { hasErrors } from '../parts/error-summary.tsx';
import { Notice } from '../parts/notice.tsx';
import { ClientForm, type ClientFormProps } from './client-form.tsx';
import { clientHref } from './clients-list.tsx';

export type ClientEditPageProps = {
  frame: AppFrame;
  /** The client as stored; what is being typed is in `values`. */
  client: { clientId: string; name: string };
  /** The list was filled in from use, to be reviewed; undefined when it was not. */
  suggestion?: Suggestion | undefined;
} & Pick<ClientFormProps, 'hidden' | 'values' | 'errors' | 'roles' | 'apis' | 'yourAddress' | 'suggestHref' | 'lost'>;

export type Suggestion = {
  /** How many addresses it was let in from; without any there is nothing to suggest. */
  seen: number;
  rules: number;
  breadth: 'exact' | 'wider';
  /** How many of the rules let in more than was seen. */
  widerRules: number;
  /** The other way to cover the same; undefined where there is none. */
  otherHref?: string | undefined;
};

const many = (count: number, one: string, more: string) => `${count.toLocaleString('en')} ${count === 1 ? one : more}`;

function SuggestionNotice({ seen, rules, breadth, widerRules, otherHref }: Suggestion) {
  if (seen === 0) {
    return (
      <Notice tone="info" title="There is nothing to suggest yet" announced>
        This client was not let in from anywhere in the last 30 days, so the list is as it was.
      </Notice>
    );
  }
  const title = `The list below is suggested from use: ${many(rules, 'rule', 'rules')} for ${many(seen, 'address', 'addresses')}`;
  return (
    <Notice
      tone="info"
      title={title}
      announced
      action={
        otherHref && (
          <LinkButton href={otherHref} size="small">
            {breadth === 'exact' ? 'Suggest whole networks' : 'Suggest just these addresses'}
          </LinkButton>
        )
      }
    >
      {breadth === 'exact'
        ? 'It lets in just the addresses from which this client was let in within the last 30 days. '
        : `${many(widerRules, 'rule is a whole network', 'rules are whole networks')}, of which several addresses were seen: others in them get in too. `}
      It takes the place of the list that is stored. Nothing is saved yet: review it, then save.
    </Notice>
  );
}

export function ClientEditPage({ frame, client, suggestion, ...form }: ClientEditPageProps) {
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
      {suggestion && <SuggestionNotice {...suggestion} />}
      <ClientForm {...form} action={href} submitLabel="Save changes" cancelHref={href} />
    </AppShell>
  );
}

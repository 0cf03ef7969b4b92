// The confirmation as a page of its own, for browsers that run no script.

import { AppShell, type AppFrame } from '../layout/app-shell.tsx';
import { PageHeader, type Crumb } from '../layout/page-header.tsx';
import { confirmButtonClass, Consequences, HiddenFields, type Confirmation } from '../parts/confirm.tsx';

export type ConfirmPageProps = {
  frame: AppFrame;
  /** Plain text for the document's title. */
  title: string;
  crumbs: readonly Crumb[];
  confirmation: Confirmation;
  cancelHref: string;
};

export function ConfirmPage({ frame, title, crumbs, confirmation, cancelHref }: ConfirmPageProps) {
  const { question, consequences, action, fields = {}, confirmLabel, tone } = confirmation;
  return (
    <AppShell frame={frame} title={[title]}>
      <div class="narrow-page">
        <PageHeader title={question} crumbs={crumbs} />
        <div class="panel plain">
          <div class="panel-body">
            <Consequences consequences={consequences} />
            <form method="post" action={action} class="confirm-form">
              <HiddenFields fields={fields} />
              <button type="submit" class={confirmButtonClass(tone)}>
                <span>{confirmLabel}</span>
              </button>
              <a class="button secondary" href={cancelHref}>
                <span>Cancel</span>
              </a>
            </form>
          </div>
        </div>
      </div>
    </AppShell>
  );
}

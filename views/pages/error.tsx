// What went wrong, in words, with the reference that finds it again.

import type { ComponentChildren } from 'preact';
import { AppShell, type AppFrame } from '../layout/app-shell.tsx';
import { PlainShell } from '../layout/plain-shell.tsx';
import { Copyable } from '../parts/copyable.tsx';

export type ErrorPageProps = {
  /** With it the page keeps its navigation; without it (not signed in, or unsure) it stands alone. */
  frame?: AppFrame | undefined;
  /** HTTP status. */
  status: number;
  title: string;
  detail: string;
  requestId: string;
  /** The way on; the overview if nothing is said. */
  action?: { href: string; label: string } | undefined;
};

export function ErrorPage(props: ErrorPageProps) {
  const { frame, title, status } = props;
  if (frame) {
    return (
      <AppShell frame={frame} title={[title]}>
        <div class="error-page">
          <Message {...props} />
        </div>
      </AppShell>
    );
  }
  return (
    <PlainShell title={title}>
      <div class="error-page" data-status={status}>
        <Message {...props} />
      </div>
    </PlainShell>
  );
}

function Message({
  status,
  title,
  detail,
  requestId,
  action = { href: '/', label: 'Go to the overview' },
}: ErrorPageProps): ComponentChildren {
  return (
    <>
      <p class="error-status">Error {status}</p>
      <h1>{title}</h1>
      <p class="error-detail">{detail}</p>
      <p>
        <a class="button primary" href={action.href}>
          <span>{action.label}</span>
        </a>
      </p>
      <p class="error-reference">
        <span>Reference</span> <Copyable id="request-id" value={requestId} what="reference" />
      </p>
    </>
  );
}

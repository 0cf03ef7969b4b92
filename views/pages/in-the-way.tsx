// Why something can't be deleted: a page that says what is in the way, with links to it.

import type { ComponentChildren } from 'preact';
import { AppShell, type AppFrame } from '../layout/app-shell.tsx';
import { PageHeader, type Crumb } from '../layout/page-header.tsx';
import { LinkButton } from '../parts/button.tsx';
import { Notice } from '../parts/notice.tsx';
import { Panel } from '../parts/panel.tsx';

export type InTheWayPageProps = {
  frame: AppFrame;
  /** Plain text: "Acme can’t be deleted". */
  title: string;
  crumbs: readonly Crumb[];
  /** What to do about it. */
  detail: string;
  backHref: string;
  children: ComponentChildren;
};

export function InTheWayPage({ frame, title, crumbs, detail, backHref, children }: InTheWayPageProps) {
  return (
    <AppShell frame={frame} title={[title]}>
      <div class="narrow-page">
        <PageHeader title={<bdi>{title}</bdi>} crumbs={crumbs} />
        <Notice tone="warn" title={detail} />
        <Panel id="in-the-way" title="In the way">
          {children}
        </Panel>
        <div>
          <LinkButton href={backHref}>Go back</LinkButton>
        </div>
      </div>
    </AppShell>
  );
}

// Choosing the company to act for: one's own, or one below it.

import { AppShell, type AppFrame } from '../layout/app-shell.tsx';
import { PageHeader } from '../layout/page-header.tsx';
import { LinkButton } from '../parts/button.tsx';
import { EmptyState } from '../parts/empty-state.tsx';
import { FilterBar } from '../parts/filters.tsx';
import { Icon } from '../parts/icon.tsx';
import { Pagination } from '../parts/pagination.tsx';
import { Chosen } from '../parts/panel.tsx';
import { CompanyStatusMark, type CompanyStatus } from '../parts/status.tsx';

export type SwitchChoice = {
  id: string;
  name: string;
  reseller: boolean;
  status: CompanyStatus;
  /** The company above it, where the reader sees that one. */
  parentName: string | null;
  /** The reader's own: acting for it is acting as oneself. */
  isOwn: boolean;
  isCurrent: boolean;
};

export type CompanySwitchPageProps = {
  frame: AppFrame;
  choices: readonly SwitchChoice[];
  q: string;
  firstHref?: string | undefined;
  nextHref?: string | undefined;
};

function Choice({ choice }: { choice: SwitchChoice }) {
  const about = choice.isOwn ? 'Your own company' : choice.parentName === null ? null : `Below ${choice.parentName}`;
  return (
    <li class={choice.isCurrent ? 'switch-choice current' : 'switch-choice'}>
      <form method="post" action="/companies/switch">
        <input type="hidden" name="company_id" value={choice.isOwn ? '' : choice.id} />
        <button type="submit" aria-current={choice.isCurrent ? 'true' : undefined}>
          <Icon name={choice.isCurrent ? 'check' : 'company'} />
          <span class="switch-name">
            <Chosen>{choice.name}</Chosen> {choice.reseller && <span class="tag">Reseller</span>}
            {about !== null && (
              <span class="party-type">
                <bdi>{about}</bdi>
              </span>
            )}
          </span>
          {choice.status !== 'active' && <CompanyStatusMark status={choice.status} />}
        </button>
      </form>
    </li>
  );
}

export function CompanySwitchPage({ frame, choices, q, firstHref, nextHref }: CompanySwitchPageProps) {
  return (
    <AppShell frame={frame} title={['Switch company']}>
      <div class="narrow-page">
        <PageHeader
          title="Switch company"
          lede="While you act for a company you see and change only what belongs to it, and what is below it. The audit log names you, not the company."
        />
        <FilterBar action="/companies/switch" noun="companies" q={q} searchLabel="Name" filtered={q !== ''} autofocus />
        <div class="panel plain">
          {choices.length === 0 ? (
            <EmptyState
              icon="search"
              title="No company matches"
              action={<LinkButton href="/companies/switch">Show all companies</LinkButton>}
            >
              Try a part of the name.
            </EmptyState>
          ) : (
            <ul class="switch-list">
              {choices.map((choice) => (
                <Choice choice={choice} key={choice.id} />
              ))}
            </ul>
          )}
        </div>
        {(firstHref || nextHref) && (
          <Pagination
            noun="companies"
            nounOne="company"
            shown={choices.length}
            firstHref={firstHref}
            nextHref={nextHref}
          />
        )}
      </div>
    </AppShell>
  );
}

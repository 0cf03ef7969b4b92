// One company: where it stands, what belongs to it, and the acts that stop it.

import type { ComponentChildren } from 'preact';
import { AppShell, type AppFrame } from '../layout/app-shell.tsx';
import { PageHeader, type Crumb } from '../layout/page-header.tsx';
import { DialogLink, LinkButton, PostButton } from '../parts/button.tsx';
import { ConfirmDialog } from '../parts/confirm.tsx';
import { Copyable } from '../parts/copyable.tsx';
import { EmptyState } from '../parts/empty-state.tsx';
import { Figure } from '../parts/figure.tsx';
import { IpRestriction, type HostView } from '../parts/ip-restriction.tsx';
import { Notice } from '../parts/notice.tsx';
import { Chosen, Facts, Panel, type Fact } from '../parts/panel.tsx';
import { CompanyStatusMark, type CompanyStatus } from '../parts/status.tsx';
import { RelativeTime } from '../parts/time.tsx';
import { CompaniesTable, companyHref, type CompanyRow } from './companies-list.tsx';
import {
  companyDeletion,
  companyReactivation,
  companySuspension,
  InTheWay,
  isEmpty,
  type CompanyContentsView,
} from './company-ending.tsx';

export type CompanyDetail = {
  id: string;
  name: string;
  status: CompanyStatus;
  reseller: boolean;
  isRoot: boolean;
  ipRestriction: { mode: 'off' | 'enforce' | 'report'; rules: readonly string[] };
  /** What the host names among the rules stand for. */
  hosts: readonly HostView[];
  createdAt: Date;
  updatedAt: Date;
};

export type CompanyDetailPageProps = {
  frame: AppFrame;
  company: CompanyDetail;
  /** The companies above it that the reader sees, from the top. */
  above: readonly Crumb[];
  contents: CompanyContentsView;
  /** The newest of those directly below; null when it can have none. */
  below: readonly CompanyRow[] | null;
  may: {
    edit: boolean;
    /** Suspend, reactivate, delete: not one's own company. */
    end: boolean;
    createBelow: boolean;
    act: boolean;
    /** What the reader may open. */
    read: { clients: boolean; users: boolean; roles: boolean };
  };
};

function factsOf(company: CompanyDetail, above: readonly Crumb[], now: Date): readonly Fact[] {
  const parent = above.at(-1);
  const kind = company.isRoot ? 'The root company' : company.reseller ? 'Reseller' : 'Plain company';
  return [
    { term: 'Kind', value: kind },
    {
      term: 'Below',
      value: parent ? (
        <a href={parent.href}>
          <Chosen>{parent.label}</Chosen>
        </a>
      ) : (
        <span class="muted">{company.isRoot ? 'Nobody' : 'Beyond your reach'}</span>
      ),
    },
    { term: 'Created', value: <RelativeTime at={company.createdAt} now={now} /> },
    { term: 'Changed', value: <RelativeTime at={company.updatedAt} now={now} /> },
    { term: 'Company ID', value: <Copyable id="company-id" value={company.id} what="company ID" /> },
    {
      term: 'IP restriction',
      value: <IpRestriction {...company.ipRestriction} hosts={company.hosts} now={now} />,
      wide: true,
    },
  ];
}

function Contents({ company, contents, may }: Pick<CompanyDetailPageProps, 'company' | 'contents' | 'may'>) {
  const id = encodeURIComponent(company.id);
  const figure = (label: string, number: number, href: string | undefined, note: ComponentChildren) => (
    <Figure label={label} value={number.toLocaleString('en')} href={href} note={note} />
  );
  const { withBelow, clients, users } = contents;
  const below = (all: number, own: number) =>
    all > own ? `${(all - own).toLocaleString('en')} more below it` : 'Of this company';
  return (
    <div class="figures">
      {figure(
        'Clients',
        clients,
        may.read.clients ? `/clients?company_id=${id}` : undefined,
        below(withBelow.clients, clients),
      )}
      {figure('Users', users, may.read.users ? `/users?company_id=${id}` : undefined, below(withBelow.users, users))}
      {figure('Custom roles', contents.roles, may.read.roles ? `/roles?company_id=${id}` : undefined, 'That it owns')}
      {(company.reseller || contents.companies > 0) &&
        figure(
          'Companies',
          contents.companies,
          `/companies?parent_id=${id}`,
          withBelow.companies > contents.companies
            ? `${(withBelow.companies - contents.companies).toLocaleString('en')} more further down`
            : 'Directly below it',
        )}
    </div>
  );
}

function StatusNotice({ company, may }: Pick<CompanyDetailPageProps, 'company' | 'may'>) {
  if (company.status === 'active') return null;
  if (company.status === 'above') {
    return (
      <Notice tone="warn" title="A company above this one is suspended">
        That refuses all that belongs to this one, too. Its own status is active.
      </Notice>
    );
  }
  return (
    <Notice
      tone="warn"
      title="This company is suspended"
      action={
        may.end && (
          <DialogLink
            href={`${companyHref(company.id)}/reactivate`}
            dialogId="reactivate-company"
            size="small"
            icon="play"
          >
            Reactivate
          </DialogLink>
        )
      }
    >
      Nobody of it, or below it, signs in or gets tokens, and those already out don’t count.
    </Notice>
  );
}

function DangerZone({ company, contents }: Pick<CompanyDetailPageProps, 'company' | 'contents'>) {
  const href = companyHref(company.id);
  const empty = isEmpty(contents);
  return (
    <Panel id="danger" title="Danger zone" tone="danger" flush>
      <ul class="danger-list">
        {company.status !== 'suspended' && (
          <li>
            <div>
              <h3>Suspend this company</h3>
              <p>
                Refuses everything of it and below it until it is reactivated: sign-ins, tokens, tokens already out.
              </p>
            </div>
            <DialogLink kind="danger-quiet" href={`${href}/suspend`} dialogId="suspend-company" icon="pause">
              Suspend
            </DialogLink>
          </li>
        )}
        <li>
          <div>
            <h3>Delete this company</h3>
            {empty ? (
              <p>It is empty. This can’t be undone.</p>
            ) : (
              <>
                <p>Only an empty company can be deleted. In the way:</p>
                <InTheWay company={company} contents={contents} />
              </>
            )}
          </div>
          {empty && (
            <DialogLink kind="danger-quiet" href={`${href}/delete`} dialogId="delete-company" icon="trash">
              Delete company
            </DialogLink>
          )}
        </li>
      </ul>
      {company.status !== 'suspended' && <ConfirmDialog {...companySuspension(company, contents)} />}
      {empty && <ConfirmDialog {...companyDeletion(company)} />}
    </Panel>
  );
}

function Actions({ company, may }: Pick<CompanyDetailPageProps, 'company' | 'may'>) {
  return (
    <>
      {may.act && (
        <PostButton action="/companies/switch" fields={{ company_id: company.id }} icon="switch">
          Act for it
        </PostButton>
      )}
      {may.edit && (
        <LinkButton href={`${companyHref(company.id)}/edit`} kind="primary" icon="edit">
          Edit
        </LinkButton>
      )}
    </>
  );
}

function Below({
  company,
  below,
  may,
  now,
}: Pick<CompanyDetailPageProps, 'company' | 'may'> & { below: readonly CompanyRow[]; now: Date }) {
  const id = encodeURIComponent(company.id);
  const add = may.createBelow && (
    <LinkButton href={`/companies/new?parent_id=${id}`} size="small" icon="plus">
      New company
    </LinkButton>
  );
  return (
    <Panel
      id="below"
      title="Companies directly below"
      actions={
        below.length > 0 && (
          <>
            <LinkButton href={`/companies?parent_id=${id}`} size="small" kind="quiet">
              Show all
            </LinkButton>
            {add}
          </>
        )
      }
      flush
    >
      {below.length > 0 ? (
        <CompaniesTable companies={below} now={now} withParent={false} />
      ) : (
        <EmptyState icon="company" title="None yet" action={add}>
          A company below this one is managed by it, and by everybody above.
        </EmptyState>
      )}
    </Panel>
  );
}

export function CompanyDetailPage({ frame, company, above, contents, below, may }: CompanyDetailPageProps) {
  return (
    <AppShell frame={frame} title={[company.name, 'Companies']}>
      <PageHeader
        title={<Chosen>{company.name}</Chosen>}
        crumbs={[{ href: '/companies', label: 'Companies' }, ...above]}
        mark={<CompanyStatusMark status={company.status} />}
        actions={<Actions company={company} may={may} />}
      />
      <StatusNotice company={company} may={may} />
      <Contents company={company} contents={contents} may={may} />
      <section class="panel plain" aria-label="Facts">
        <div class="panel-body">
          <Facts facts={factsOf(company, above, frame.now)} />
        </div>
      </section>
      {below && <Below company={company} below={below} may={may} now={frame.now} />}
      {may.end && <DangerZone company={company} contents={contents} />}
      {may.end && company.status === 'suspended' && <ConfirmDialog {...companyReactivation(company, contents)} />}
    </AppShell>
  );
}

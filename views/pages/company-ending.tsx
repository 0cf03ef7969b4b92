// What is asked before a company is stopped, let in again or deleted, and what keeps it from being deleted.

import type { Confirmation } from '../parts/confirm.tsx';
import { Chosen } from '../parts/panel.tsx';
import { companyHref } from './companies-list.tsx';

export type CompanyContentsView = {
  companies: number;
  clients: number;
  users: number;
  roles: number;
  /** With everything below it; `companies` without itself. */
  withBelow: { companies: number; clients: number; users: number };
};

function count(number: number, one: string, many: string): string {
  return `${number.toLocaleString('en')} ${number === 1 ? one : many}`;
}

function whoIsHit({ withBelow }: CompanyContentsView): string {
  const parts = [
    count(withBelow.clients, 'client', 'clients'),
    count(withBelow.users, 'user', 'users'),
    ...(withBelow.companies > 0 ? [count(withBelow.companies, 'company below it', 'companies below it')] : []),
  ];
  return `${parts.slice(0, -1).join(', ')} and ${parts.at(-1) ?? ''}`;
}

type Named = { id: string; name: string };

/** Asked before a company is stopped with everything below it. */
export function companySuspension(company: Named, contents: CompanyContentsView): Confirmation {
  return {
    id: 'suspend-company',
    question: (
      <>
        Suspend <Chosen>{company.name}</Chosen>?
      </>
    ),
    consequences: [
      `This stops ${whoIsHit(contents)} at once.`,
      'Its people can’t sign in or go on here. Its clients get no tokens, and those already out don’t count.',
      'Nothing is lost: reactivate it, and everything counts again.',
      'APIs that check tokens offline, without asking Postern, accept those already out until they expire.',
    ],
    action: `${companyHref(company.id)}/suspend`,
    confirmLabel: 'Suspend company',
  };
}

/** Asked before a suspended company is let in again. */
export function companyReactivation(company: Named, contents: CompanyContentsView): Confirmation {
  return {
    id: 'reactivate-company',
    question: (
      <>
        Reactivate <Chosen>{company.name}</Chosen>?
      </>
    ),
    consequences: [
      `This lets in ${whoIsHit(contents)} at once.`,
      'Users sign in again, clients get tokens again, and tokens that have not expired count again.',
      'What is inactive or suspended on its own, below it too, stays so.',
    ],
    action: `${companyHref(company.id)}/reactivate`,
    confirmLabel: 'Reactivate company',
    tone: 'plain',
  };
}

/** Asked before an empty company is deleted. */
export function companyDeletion(company: Named): Confirmation {
  return {
    id: 'delete-company',
    question: (
      <>
        Delete <Chosen>{company.name}</Chosen>?
      </>
    ),
    consequences: [
      'It is empty: no client, user, role or company is lost.',
      'It disappears from the list. The audit log keeps what happened in it.',
      'This can’t be undone.',
    ],
    action: `${companyHref(company.id)}/delete`,
    confirmLabel: 'Delete company',
  };
}

export function isEmpty({ companies, clients, users, roles }: CompanyContentsView): boolean {
  return companies + clients + users + roles === 0;
}

/** What keeps a company from being deleted, linked. */
export function InTheWay({ company, contents }: { company: Named; contents: CompanyContentsView }) {
  const id = encodeURIComponent(company.id);
  const all = [
    { number: contents.clients, one: 'client', many: 'clients', href: `/clients?company_id=${id}` },
    { number: contents.users, one: 'user', many: 'users', href: `/users?company_id=${id}` },
    { number: contents.roles, one: 'role', many: 'roles', href: `/roles?company_id=${id}` },
    {
      number: contents.companies,
      one: 'company below it',
      many: 'companies below it',
      href: `/companies?parent_id=${id}`,
    },
  ];
  return (
    <ul class="consequences">
      {all
        .filter(({ number }) => number > 0)
        .map(({ number, one, many, href }) => (
          <li key={one}>
            <a href={href}>{count(number, one, many)}</a>
          </li>
        ))}
    </ul>
  );
}

// The frame of a page behind the sign-in: the navigation, with what the visitor may see alone.
import type { AppFrame, Flash, NavItem } from '../../../views/layout/app-shell.tsx';
import { mayCall } from '../../domain/access/caller.ts';
import type { PageVisitor } from '../../domain/user/account-service.ts';
import { mayAct } from '../../domain/user/acting.ts';
import type { Place } from './page.ts';

interface Entry {
  readonly place: Place;
  readonly item: Omit<NavItem, 'current'>;
  /** The scope without which the page would be refused. */
  readonly privilege?: string;
  /** Of no use to whoever reaches one company alone. */
  readonly needsSubtree?: boolean;
}

const WORK: readonly Entry[] = [
  { place: 'overview', item: { href: '/', label: 'Overview', icon: 'overview' } },
  { place: 'clients', item: { href: '/clients', label: 'Clients', icon: 'clients' }, privilege: 'clients:read' },
  {
    place: 'api-tokens',
    item: { href: '/api-tokens', label: 'API tokens', icon: 'token' },
    privilege: 'api-tokens:read',
  },
  {
    place: 'companies',
    item: { href: '/companies', label: 'Companies', icon: 'company' },
    privilege: 'companies:read',
    needsSubtree: true,
  },
  { place: 'users', item: { href: '/users', label: 'Users', icon: 'users' }, privilege: 'users:read' },
  { place: 'roles', item: { href: '/roles', label: 'Roles', icon: 'roles' }, privilege: 'roles:read' },
  { place: 'apis', item: { href: '/apis', label: 'APIs', icon: 'api' }, privilege: 'apis:read' },
  { place: 'audit', item: { href: '/audit', label: 'Audit log', icon: 'audit' }, privilege: 'audit:read' },
];

const REST: readonly Entry[] = [
  { place: 'system', item: { href: '/system', label: 'System', icon: 'system' }, privilege: 'system:read' },
  { place: null, item: { href: '/docs', label: 'API docs', icon: 'docs' } },
  { place: 'account', item: { href: '/account', label: 'Account', icon: 'account' } },
];

export function createFrame(visitor: PageVisitor, place: Place, now: Date, flash: Flash | undefined): AppFrame {
  const itemsOf = (entries: readonly Entry[]) =>
    entries
      .filter(({ privilege }) => privilege === undefined || mayCall(visitor.caller, privilege))
      .filter(({ needsSubtree }) => !needsSubtree || visitor.caller.reach.subtree)
      .map((entry) => ({ ...entry.item, current: entry.place !== null && entry.place === place }));
  const { user, caller, own } = visitor;
  return {
    now,
    nav: [{ items: itemsOf(WORK) }, { items: itemsOf(REST) }],
    company: {
      name: caller.companyName,
      switchable: mayAct(own),
      ownName: caller.companyId === own.companyId ? undefined : own.companyName,
    },
    user: { name: user.name, email: user.email },
    flash,
  };
}

// The owner of a new API token: named in an address or a form, shown, and looked for among clients and users.
import type { OwnerChoice, OwnerView } from '../../../views/parts/owner-field.tsx';
import { Problem } from '../../base/problem.ts';
import { mayCall } from '../../domain/access/caller.ts';
import type { ApiTokenChoices } from '../../domain/api-token/api-token-service.ts';
import type { OwnerReference } from '../../domain/api-token/api-token-owner.ts';
import type { ClientSummary } from '../../domain/client/client.ts';
import type { UserSummary } from '../../domain/user/user.ts';
import { ownerQuery } from './api-token-rows.ts';
import type { FormFaults } from './form.ts';
import type { SignedInVisit } from './page.ts';
import { hrefOf, type Query, textOf } from './query.ts';

const OWNER = /^(client|user):([A-Za-z0-9_-]{1,100})$/;

export function ownerText({ type, id }: OwnerReference): string {
  return `${type}:${id}`;
}

/** undefined for what names nobody. */
export function parseOwner(text: string): OwnerReference | undefined {
  const [, type, id] = OWNER.exec(text) ?? [];
  return id === undefined ? undefined : { type: type === 'client' ? 'client' : 'user', id };
}

/** `?client_id=…` or `?user_id=…`; else the visitor. */
export function askedOwner({ visitor }: SignedInVisit, query: Query): { text: string; isAsked: boolean } {
  const clientId = textOf(query, 'client_id');
  const userId = textOf(query, 'user_id');
  if (clientId !== undefined) return { text: `client:${clientId}`, isAsked: true };
  return { text: `user:${userId ?? visitor.user.id}`, isAsked: userId !== undefined };
}

export interface FoundChoices {
  readonly choices: ApiTokenChoices | null;
  /** With which a form is answered that names this owner. */
  readonly status: number;
}

/** null, and a fault at the owner, for one that is out of reach or stronger than the visitor. */
export async function findChoices(
  { caller, services }: SignedInVisit,
  text: string,
  faults: FormFaults,
): Promise<FoundChoices> {
  const owner = parseOwner(text);
  const unknown = 'There is no such client or user.';
  if (!owner) {
    faults.add('owner', text === '' ? 'Choose an owner.' : unknown);
    return { choices: null, status: 422 };
  }
  try {
    return { choices: await services.apiTokens.choices(caller, owner.type, owner.id), status: 200 };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const isStronger = error.code === 'request.forbidden';
    if (!isStronger && error.code !== 'resource.not_found') throw error;
    faults.add('owner', isStronger ? error.detail : unknown);
    return { choices: null, status: isStronger ? error.status : 422 };
  }
}

const FOUND_SHOWN = 8;

interface Shown {
  readonly owner: ApiTokenChoices['owner'] | null;
  /** What was looked for; undefined while nothing was. */
  readonly q: string | undefined;
  /** The page answers a form that was not meant to be saved. */
  readonly isAnswer: boolean;
}

export async function ownerChoice(visit: SignedInVisit, { owner, q, isAnswer }: Shown): Promise<OwnerChoice> {
  const { caller } = visit;
  const [current, found] = await Promise.all([
    owner && findView(visit, owner),
    q === undefined ? { owners: [], isCut: false } : search(visit, q),
  ]);
  return {
    current,
    q,
    found: found.owners.filter(({ value }) => value !== current?.value),
    isCut: found.isCut,
    maySearch: mayCall(caller, 'clients:read') || mayCall(caller, 'users:read'),
    formHref: isAnswer ? hrefOf('/api-tokens/new', owner ? ownerQuery(owner.type, owner.id) : {}) : '',
  };
}

/** As far as the visitor may see who it is; its name in any case. */
async function findView(visit: SignedInVisit, owner: ApiTokenChoices['owner']): Promise<OwnerView> {
  const { caller, services, visitor } = visit;
  const isClient = owner.type === 'client';
  if (isClient && mayCall(caller, 'clients:read'))
    return viewOfClient(visit, await services.clients.get(caller, owner.id));
  if (!isClient && owner.id === visitor.user.id) return viewOfUser(visit, visitor.user);
  if (!isClient && mayCall(caller, 'users:read')) return viewOfUser(visit, await services.users.get(caller, owner.id));
  const value = ownerText(owner);
  return { value, kind: owner.type, name: owner.name, about: isClient ? owner.id : null, company: null, isYou: false };
}

/** Clients first, each A to Z; as many of both as can be looked through. */
async function search(visit: SignedInVisit, q: string): Promise<{ owners: readonly OwnerView[]; isCut: boolean }> {
  const { caller, services } = visit;
  const words = q === '' ? undefined : q;
  const first = { limit: FOUND_SHOWN };
  const none = { items: [], nextCursor: null };
  const [clients, users] = await Promise.all([
    mayCall(caller, 'clients:read') ? services.clients.list(caller, { q: words, sort: 'name' }, first) : none,
    mayCall(caller, 'users:read') ? services.users.list(caller, { q: words, sort: 'email' }, first) : none,
  ]);
  return {
    owners: [
      ...clients.items.map((client) => viewOfClient(visit, client)),
      ...users.items.map((user) => viewOfUser(visit, user)),
    ],
    isCut: clients.nextCursor !== null || users.nextCursor !== null,
  };
}

function viewOfClient({ caller }: SignedInVisit, client: ClientSummary): OwnerView {
  const { clientId, name } = client;
  const company = caller.reach.subtree ? client.companyName : null;
  return { value: `client:${clientId}`, kind: 'client', name, about: clientId, company, isYou: false };
}

function viewOfUser({ caller, visitor }: SignedInVisit, user: UserSummary): OwnerView {
  const { id, name, email } = user;
  const company = caller.reach.subtree ? user.companyName : null;
  return { value: `user:${id}`, kind: 'user', name, about: email, company, isYou: id === visitor.user.id };
}

// What can't be taken back: deleting a client or a secret, ending all tokens. Asked on a page of its own where no script can
// ask in a dialog.
import { h } from 'preact';
import type { Confirmation } from '../../../views/parts/confirm.tsx';
import { clientDeletion, tokenRevocation } from '../../../views/pages/client-ending.tsx';
import { secretDeletion } from '../../../views/pages/client-secrets.tsx';
import { clientHref } from '../../../views/pages/clients-list.tsx';
import { ConfirmPage } from '../../../views/pages/confirm.tsx';
import { notFound } from '../../base/problem.ts';
import type { ClientSummary } from '../../domain/client/client.ts';
import { countOwnedTokens } from './api-token-rows.ts';
import { pickFields } from './form.ts';
import { type Answer, page, seeOther, type SignedInVisit } from './page.ts';
import { idOf } from './query.ts';

function findClient({ caller, services, params }: SignedInVisit): Promise<ClientSummary> {
  return services.clients.get(caller, idOf(params, 'clientId', 'client'));
}

function confirmPage(client: ClientSummary, title: string, confirmation: Confirmation): Answer {
  const href = clientHref(client.clientId);
  const crumbs = [
    { href: '/clients', label: 'Clients' },
    { href, label: client.name },
  ];
  return page((frame) => h(ConfirmPage, { frame, title, crumbs, confirmation, cancelHref: href }));
}

export async function confirmDeletion(visit: SignedInVisit): Promise<Answer> {
  const client = await findClient(visit);
  const apiTokens = await countOwnedTokens(visit, 'client', client.clientId);
  return confirmPage(client, `Delete ${client.name}?`, clientDeletion(client, apiTokens));
}

export async function deleteClient(visit: SignedInVisit): Promise<Answer> {
  pickFields(await visit.readForm(), []);
  const client = await findClient(visit);
  await visit.services.clients.delete(visit.caller, client.clientId);
  return seeOther('/clients', { flash: { code: 'client_deleted', subject: client.name } });
}

export async function confirmRevocation(visit: SignedInVisit): Promise<Answer> {
  const client = await findClient(visit);
  const apiTokens = await countOwnedTokens(visit, 'client', client.clientId);
  return confirmPage(client, `End all tokens of ${client.name}?`, tokenRevocation(client, apiTokens));
}

export async function revokeTokens(visit: SignedInVisit): Promise<Answer> {
  pickFields(await visit.readForm(), []);
  const client = await findClient(visit);
  await visit.services.clients.revokeTokens(visit.caller, client.clientId);
  return seeOther(clientHref(client.clientId), { flash: { code: 'client_tokens_ended', subject: client.name } });
}

async function findSecret(visit: SignedInVisit) {
  const client = await findClient(visit);
  const secretId = idOf(visit.params, 'secretId', 'secret');
  const secret = client.secrets.find(({ id }) => id === secretId);
  if (!secret) throw notFound('secret');
  return { client, secret };
}

export async function confirmSecretDeletion(visit: SignedInVisit): Promise<Answer> {
  const { client, secret } = await findSecret(visit);
  return confirmPage(
    client,
    `Delete the secret ending in ${secret.hint}?`,
    secretDeletion(client, secret, client.secrets, visit.now),
  );
}

export async function deleteSecret(visit: SignedInVisit): Promise<Answer> {
  pickFields(await visit.readForm(), []);
  const { client, secret } = await findSecret(visit);
  await visit.services.clients.deleteSecret(visit.caller, client.clientId, secret.id);
  return seeOther(clientHref(client.clientId), { flash: { code: 'secret_deleted', subject: secret.hint } });
}

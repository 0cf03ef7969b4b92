// The one page that shows a secret: the direct answer to the form that made it, for a new client and for a further secret.
import { h } from 'preact';
import { ClientSecretShownPage, type ClientSecretShownPageProps } from '../../../views/pages/client-secret-shown.tsx';
import { clientHref } from '../../../views/pages/clients-list.tsx';
import { Problem } from '../../base/problem.ts';
import type { ClientSummary } from '../../domain/client/client.ts';
import { once, repeatedPage } from './form-once.ts';
import { pickFields } from './form.ts';
import { type Answer, page, type SignedInVisit } from './page.ts';
import { idOf } from './query.ts';

interface SecretShown {
  readonly client: ClientSummary;
  readonly clientSecret: string;
  readonly occasion: ClientSecretShownPageProps['occasion'];
  readonly notices?: readonly string[];
}

export function secretPage({ parts }: SignedInVisit, shown: SecretShown): Answer {
  const { client, clientSecret, occasion, notices = [] } = shown;
  const { clientId, name, roleName: role, tokenLifetimeSeconds } = client;
  return page((frame) =>
    h(ClientSecretShownPage, {
      frame,
      client: { clientId, name, role, tokenLifetimeSeconds },
      clientSecret,
      occasion,
      tokenUrl: `${parts.issuer}/oauth2/token`,
      notices,
    }),
  );
}

/** A second secret to rotate with, or the first of a client that has none. */
export async function createSecret(visit: SignedInVisit): Promise<Answer> {
  const { caller, services, params, readForm } = visit;
  const clientId = idOf(params, 'clientId', 'client');
  const { form_id: formId } = pickFields(await readForm(), ['form_id']);
  const back = { href: clientHref(clientId), label: 'Go to the client' };
  const work = async () => {
    const { client, clientSecret } = await services.clients.createSecret(caller, clientId, {});
    return secretPage(visit, { client, clientSecret, occasion: client.secrets.length > 1 ? 'added' : 'replaced' });
  };
  try {
    return await once(visit, formId, work, () =>
      repeatedPage(visit, {
        title: 'This secret was made and shown already',
        detail:
          'The form was sent twice. The secret was shown the first time and can’t be shown again; if it got lost, delete it and make another.',
        action: back,
      }),
    );
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== 'resource.conflict') throw error;
    return repeatedPage(visit, { title: 'No secret was made', detail: error.detail, action: back });
  }
}

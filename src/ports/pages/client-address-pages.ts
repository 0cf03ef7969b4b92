// Help with the addresses of a client: would it be let in, from where was it seen, let this address in.
import { h } from 'preact';
import { allowAddressHref, type CheckAnswer, ClientCheckPage } from '../../../views/pages/client-check.tsx';
import { ClientSourcesPage } from '../../../views/pages/client-sources.tsx';
import { clientHref } from '../../../views/pages/clients-list.tsx';
import { ConfirmPage } from '../../../views/pages/confirm.tsx';
import type { SourceRow } from '../../../views/parts/client-sources.tsx';
import type { Confirmation } from '../../../views/parts/confirm.tsx';
import { Chosen } from '../../../views/parts/panel.tsx';
import { Problem } from '../../base/problem.ts';
import type { AllowedAddress, CheckedAccess, JudgedSource } from '../../domain/client/client-addresses.ts';
import type { ClientSummary } from '../../domain/client/client.ts';
import { reasonInWords, UNKNOWN_ADDRESS } from './audit-words.ts';
import { mayChange } from './client-rights.ts';
import type { FlashMessage } from './flash.ts';
import { fieldOfPointer, FormFaults, pickFields } from './form.ts';
import { type Answer, page, seeOther, type SignedInVisit } from './page.ts';
import { hrefOf, idOf, parseQuery, textOf } from './query.ts';

const PAGE_SIZE = 50;

function findClient({ caller, services, params }: SignedInVisit): Promise<ClientSummary> {
  return services.clients.get(caller, idOf(params, 'clientId', 'client'));
}

/** `?address=…&scope=…&resource=…&company_id=…`; one's own address when none is asked about. */
export async function showCheck(visit: SignedInVisit): Promise<Answer> {
  const { caller, services, origin } = visit;
  const query = parseQuery(visit.querystring);
  const client = await findClient(visit);
  const asked = {
    address: textOf(query, 'address') ?? origin.ip ?? UNKNOWN_ADDRESS,
    scope: textOf(query, 'scope') ?? '',
    resource: textOf(query, 'resource') ?? '',
  };
  const companyId = textOf(query, 'company_id');
  const faults = new FormFaults();
  const apis = await services.clientAddresses.apisOf(caller, client.clientId);
  const checked = await check(visit, client, { ...asked, companyId }, faults);
  const mayAllow =
    checked?.reason === 'address_refused' && checked.address !== null && (await mayChange(visit, client));
  const allowHref = mayAllow && checked.address ? allowAddressHref(client.clientId, checked.address) : undefined;
  const options = [
    { value: '', label: 'The one that has the scope' },
    ...apis.map(({ identifier, name }) => ({ value: identifier, label: name })),
  ];
  if (asked.resource !== '' && !apis.some(({ identifier }) => identifier === asked.resource)) {
    options.push({ value: asked.resource, label: asked.resource });
  }
  return page(
    (frame) =>
      h(ClientCheckPage, {
        frame,
        client,
        values: asked,
        errors: faults.toErrors(),
        hidden: companyId === undefined ? {} : { company_id: companyId },
        apis: options,
        yourAddress: origin.ip,
        answer: checked ? toAnswer(checked, allowHref) : null,
      }),
    { status: checked ? 200 : 422 },
  );
}

interface Asked {
  readonly address: string;
  readonly scope: string;
  readonly resource: string;
  readonly companyId: string | undefined;
}

/** undefined, and a fault, for a question that cannot be answered. */
async function check(
  { caller, services }: SignedInVisit,
  { clientId }: ClientSummary,
  { address, ...asked }: Asked,
  faults: FormFaults,
): Promise<CheckedAccess | undefined> {
  try {
    const from = address.toLowerCase() === UNKNOWN_ADDRESS ? null : address;
    return await services.clientAddresses.check(caller, clientId, { ...asked, address: from });
  } catch (error) {
    if (!(error instanceof Problem && error.code === 'request.invalid')) throw error;
    faults.addProblem(error, fieldOfPointer);
    return undefined;
  }
}

function toAnswer({ allowed, reason, address, steps }: CheckedAccess, allowHref: string | undefined): CheckAnswer {
  const isTold = reason === 'invalid_scope' || reason === 'invalid_target';
  return { allowed, reason: reasonInWords(reason), isTold, address, steps, allowHref };
}

export async function showSources(visit: SignedInVisit): Promise<Answer> {
  const { caller, services } = visit;
  const client = await findClient(visit);
  const cursor = textOf(parseQuery(visit.querystring), 'cursor');
  const [found, mayWrite] = await Promise.all([
    services.clientAddresses.sources(caller, client.clientId, { limit: PAGE_SIZE, cursor }),
    mayChange(visit, client),
  ]);
  const path = `${clientHref(client.clientId)}/sources`;
  return page((frame) =>
    h(ClientSourcesPage, {
      frame,
      client,
      sources: found.items.map((source) => toSourceRow(source, client, mayWrite)),
      firstHref: cursor === undefined ? undefined : path,
      nextHref: found.nextCursor === null ? undefined : hrefOf(path, { cursor: found.nextCursor }),
      mayWrite,
    }),
  );
}

export function toSourceRow(source: JudgedSource, { clientId }: ClientSummary, mayWrite: boolean): SourceRow {
  const { ip, firstSeenAt, lastSeenAt, uses, refusals, verdict, decidedBy, ownVerdict } = source;
  const allowHref = mayWrite && ownVerdict !== 'allowed' ? allowAddressHref(clientId, ip) : undefined;
  return {
    address: ip,
    firstSeenAt,
    lastSeenAt,
    uses,
    refusals,
    verdict,
    isByCompany: decidedBy === 'company',
    allowHref,
  };
}

/** `?address=…`; back to the client where there is nothing to do. */
export async function confirmAllowing(visit: SignedInVisit): Promise<Answer> {
  const { caller, services } = visit;
  const client = await findClient(visit);
  const asked = textOf(parseQuery(visit.querystring), 'address') ?? '';
  const { address, steps } = await services.clientAddresses.check(caller, client.clientId, { address: asked });
  const verdict = address === null ? 'allowed' : services.clientAddresses.judge(client)(address);
  if (address === null || verdict === 'allowed') return nothingToAllow(client, asked);
  const isCompanyAgainst = steps.some(
    ({ name, verdict: step }) => name === 'company_address_refused' && step === 'refused',
  );
  const href = clientHref(client.clientId);
  return page((frame) =>
    h(ConfirmPage, {
      frame,
      title: `Allow ${address}?`,
      crumbs: [
        { href: '/clients', label: 'Clients' },
        { href, label: client.name },
      ],
      confirmation: allowing(client, address, isCompanyAgainst),
      cancelHref: href,
    }),
  );
}

function allowing({ clientId, name, ipRestriction }: ClientSummary, address: string, isCompanyAgainst: boolean) {
  const count = ipRestriction.rules.length;
  const rules = count === 1 ? 'one rule' : `${count.toLocaleString('en')} rules`;
  const confirmation: Confirmation = {
    id: 'allow-address',
    question: h('span', null, `Allow ${address} for `, h(Chosen, { children: name }), '?'),
    consequences: [
      `The address is added to its list, which has ${rules} now. It holds from the very next request on.`,
      'Whoever comes from there still needs a right secret. Allow only what you know to be yours.',
      ...(isCompanyAgainst ? ['The rules of its company do not let the address in either: they still refuse it.'] : []),
    ],
    action: `${clientHref(clientId)}/allow-address`,
    fields: { address },
    confirmLabel: 'Allow this address',
    tone: 'plain',
  };
  return confirmation;
}

export async function allowAddress(visit: SignedInVisit): Promise<Answer> {
  const { address = '' } = pickFields(await visit.readForm(), ['address']);
  const clientId = idOf(visit.params, 'clientId', 'client');
  const allowed = await visit.services.clientAddresses.allow(visit.caller, clientId, address);
  return seeOther(clientHref(clientId), { flash: { code: FLASHES[allowed.outcome], subject: allowed.address } });
}

const FLASHES: Readonly<Record<AllowedAddress['outcome'], FlashMessage['code']>> = {
  added: 'address_allowed',
  let_in_already: 'address_let_in_already',
  unrestricted: 'address_unrestricted',
};

function nothingToAllow({ clientId, ipRestriction }: ClientSummary, subject: string): Answer {
  const code = ipRestriction.mode === 'off' ? 'address_unrestricted' : 'address_let_in_already';
  return seeOther(clientHref(clientId), { flash: { code, subject } });
}

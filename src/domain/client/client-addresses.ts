// Help with the addresses of a client: would it be let in, from where did it come, which list would fit, let this one in.
import type { Clock } from '../../base/clock.ts';
import { invalid, notFound, Problem } from '../../base/problem.ts';
import { type Caller, requirePrivilege } from '../access/caller.ts';
import { type AskedAccess, type ExplainedAccess, explainAccess } from '../access/explained-decision.ts';
import { narrowClient } from '../access/narrowing.ts';
import { explainBadAddress } from '../address/address-fault.ts';
import type { HostState } from '../address/host-record.ts';
import { describeHost, hostNamesAmong } from '../address/host-words.ts';
import { formatIpAddress, type IpAddress, parseIpAddress } from '../address/ip-address.ts';
import type { IpRestriction } from '../address/ip-rule-list.ts';
import type { KnownHosts } from '../address/kept-restriction.ts';
import { type SuggestedRule, suggestRules } from '../address/suggest-rules.ts';
import type { LiveCompanies } from '../company/live-company.ts';
import type { Page, PageRequest, Storage } from '../stores.ts';
import type { ClientService } from './client-service.ts';
import {
  type ClientSource,
  judgeByCompanies,
  judgeSources,
  lostSources,
  type SourceVerdict,
  sourcesSince,
} from './client-sources.ts';
import type { ClientSummary } from './client.ts';
import type { LiveClient, LiveClients } from './live-client.ts';

export interface AskedCheck extends AskedAccess {
  /** The caller's own when absent; null for one that cannot be told. */
  readonly address?: string | null | undefined;
  /** The company below for which it would act; its own when absent. */
  readonly companyId?: string | undefined;
}

export interface CheckedAccess extends ExplainedAccess {
  readonly client: ClientSummary;
  /** The one that was asked about, in canonical form. */
  readonly address: string | null;
}

export interface JudgedSource extends ClientSource {
  /** What the rules say to the address now: those of its company, which come first, and its own. */
  readonly verdict: SourceVerdict;
  /** Whose rules the verdict comes from; null when all let the address in. */
  readonly decidedBy: 'company' | 'client' | null;
  /** What its own rules say, whatever those of its company do. */
  readonly ownVerdict: SourceVerdict;
}

export interface SuggestedRules {
  /** How many addresses it was let in from since then. */
  readonly seen: number;
  readonly since: Date;
  /** No address is let in from which it did not come. */
  readonly exact: readonly SuggestedRule[];
  /** Whole networks where it came from several addresses in them. */
  readonly wider: readonly SuggestedRule[];
}

/** `added`, or nothing was to be done: a rule lets it in already, or the client may come from anywhere. */
export interface AllowedAddress {
  readonly client: ClientSummary;
  readonly address: string;
  readonly outcome: 'added' | 'let_in_already' | 'unrestricted';
}

export interface ClientAddresses {
  /** Runs the access decision without issuing anything, and explains each step. 422 for what is no address. */
  check(caller: Caller, clientId: string, asked: AskedCheck): Promise<CheckedAccess>;
  /** APIs on which its role holds anything, for the question. */
  apisOf(caller: Caller, clientId: string): Promise<readonly { readonly identifier: string; readonly name: string }[]>;
  /** Seen in the last 30 days, latest first. */
  sources(caller: Caller, clientId: string, page: PageRequest): Promise<Page<JudgedSource>>;
  /** Of those from which it was let in; refused ones may be somebody else's. */
  suggest(caller: Caller, clientId: string): Promise<SuggestedRules>;
  /** From where it came in the last 30 days and could no more, were this its restriction. */
  lostBy(caller: Caller, clientId: string, restriction: IpRestriction): Promise<readonly ClientSource[]>;
  /** Adds the address to its list; the mode stays. */
  allow(caller: Caller, clientId: string, address: string): Promise<AllowedAddress>;
  /** What its own restriction says to an address now. */
  judge(client: { readonly ipRestriction: IpRestriction }): (ip: string) => SourceVerdict;
  /** What the host names among the rules of a client or company stand for. Waits for names not heard of before, 1.5 s at most. */
  hostsOf(client: { readonly ipRestriction: IpRestriction }): Promise<readonly HostState[]>;
}

interface Parts {
  readonly storage: Storage;
  readonly clients: Pick<ClientService, 'get' | 'update'>;
  readonly liveClients: Pick<LiveClients, 'find'>;
  readonly liveCompanies: Pick<LiveCompanies, 'find'>;
  readonly clock: Clock;
  readonly hosts?: KnownHosts | undefined;
}

export function createClientAddresses(parts: Parts): ClientAddresses {
  const { storage, clients, clock, hosts } = parts;
  return {
    check: (caller, clientId, asked) => checkAccess(parts, caller, clientId, asked),
    async apisOf(caller, clientId) {
      await clients.get(caller, clientId);
      const { grants } = await getLive(parts, clientId);
      return [...grants.values()].map(({ identifier, name }) => ({ identifier, name }));
    },
    async sources(caller, clientId, page) {
      const client = await clients.get(caller, clientId);
      const companyRestrictions = (await parts.liveClients.find(clientId))?.companyRestrictions ?? [];
      const judgeOwn = judgeSources(client.ipRestriction, hosts);
      const since = sourcesSince(clock.now());
      const found = await storage.read((stores) => stores.clientSources.list(clientId, since, page));
      const judge = (ip: string) => judgeByAll(judgeByCompanies(companyRestrictions, ip), judgeOwn(ip));
      return { ...found, items: found.items.map((source) => ({ ...source, ...judge(source.ip) })) };
    },
    async suggest(caller, clientId) {
      await clients.get(caller, clientId);
      const since = sourcesSince(clock.now());
      const sources = await storage.read((stores) => stores.clientSources.listAll(clientId, since));
      const seen = sources.filter(({ uses }) => uses > 0).flatMap(({ ip }) => parseIpAddress(ip) ?? []);
      return { seen: seen.length, since, exact: suggestRules(seen), wider: suggestRules(seen, 'wider') };
    },
    async lostBy(caller, clientId, restriction) {
      await clients.get(caller, clientId);
      if (restriction.mode !== 'enforce') return [];
      await hosts?.ready(hostNamesAmong(restriction.rules).map(({ name }) => name));
      const since = sourcesSince(clock.now());
      const sources = await storage.read((stores) => stores.clientSources.listAll(clientId, since));
      return lostSources(sources, restriction, hosts);
    },
    allow: (caller, clientId, address) => allowAddress(parts, caller, clientId, address),
    judge: ({ ipRestriction }) => judgeSources(ipRestriction, hosts),
    async hostsOf({ ipRestriction }) {
      const names = hostNamesAmong(ipRestriction.rules).map(({ name }) => name);
      if (names.length > 0) await hosts?.ready(names);
      return names.flatMap((name) => hosts?.state(name) ?? []);
    },
  };
}

/** As the access decision: a refusal counts more than a report, the company's more than the client's. */
function judgeByAll(company: SourceVerdict, own: SourceVerdict): Omit<JudgedSource, keyof ClientSource> {
  for (const verdict of ['refused', 'reported'] as const) {
    if (company === verdict) return { verdict, decidedBy: 'company', ownVerdict: own };
    if (own === verdict) return { verdict, decidedBy: 'client', ownVerdict: own };
  }
  return { verdict: 'allowed', decidedBy: null, ownVerdict: own };
}

async function checkAccess(
  parts: Parts,
  caller: Caller,
  clientId: string,
  { address: given, companyId, ...asked }: AskedCheck,
): Promise<CheckedAccess> {
  const client = await parts.clients.get(caller, clientId);
  const text = given === undefined ? caller.origin.ip : given;
  const address = text === null ? undefined : readAddress(text);
  const own = await getLive(parts, clientId);
  const live = companyId === undefined ? own : await narrowedTo(parts, caller, own, companyId);
  const facts = { address, now: parts.clock.now() };
  const explained = explainAccess(live, facts, asked, (name) => {
    const state = parts.hosts?.state(name);
    return state && describeHost(state);
  });
  return { ...explained, client, address: address ? formatIpAddress(address) : null };
}

function readAddress(text: string): IpAddress {
  const address = parseIpAddress(text.trim());
  if (!address) throw invalid([{ pointer: '/address', detail: explainBadAddress(clipped(text.trim())) }]);
  return address;
}

const MAX_SHOWN = 100;

function clipped(text: string): string {
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}

/** The picture by which the token path decides. */
async function getLive({ liveClients }: Parts, clientId: string): Promise<LiveClient> {
  const live = await liveClients.find(clientId);
  if (!live) throw notFound('client');
  return live;
}

async function narrowedTo(parts: Parts, caller: Caller, own: LiveClient, companyId: string): Promise<LiveClient> {
  const isReached = await parts.storage.read((stores) => stores.companies.find(companyId, caller.reach));
  const company = isReached && (await parts.liveCompanies.find(companyId));
  const narrowed = company && narrowClient(own, company);
  if (narrowed) return narrowed;
  throw invalid([{ pointer: '/company_id', detail: 'There is no such company, or this client cannot act for it.' }]);
}

/** Somebody else may be changing the client at the same moment; then it is looked at again. */
const MAX_ATTEMPTS = 3;

async function allowAddress(parts: Parts, caller: Caller, clientId: string, text: string): Promise<AllowedAddress> {
  requirePrivilege(caller, 'clients:write');
  const address = formatIpAddress(readAddress(text));
  for (let attempt = 1; ; attempt += 1) {
    const client = await parts.clients.get(caller, clientId);
    const { mode, rules } = client.ipRestriction;
    if (mode === 'off') return { client, address, outcome: 'unrestricted' };
    const judge = judgeSources(client.ipRestriction, parts.hosts);
    if (judge(address) === 'allowed') return { client, address, outcome: 'let_in_already' };
    try {
      const patch = { ipRestriction: { rules: [...rules, address] } };
      const saved = await parts.clients.update(caller, clientId, patch, client.version);
      return { client: saved.client, address, outcome: 'added' };
    } catch (error) {
      if (attempt >= MAX_ATTEMPTS || !(error instanceof Problem && error.code === 'resource.changed')) throw error;
    }
  }
}

// Uses of clients that wait to be written, added up: however often a client comes, it is one entry with the addresses it came from.
// Beside them those of users' API tokens, an entry each.
import type { UseRecorder } from '../domain/stores.ts';

/** Of a secret, or of an API token. */
export interface CredentialUse {
  at: Date;
  ip: string | null;
}

export interface SourceUse {
  firstAt: Date;
  lastAt: Date;
  uses: number;
  refusals: number;
}

export interface ClientUse {
  /** undefined when it was only refused. */
  at: Date | undefined;
  readonly secrets: Map<string, CredentialUse>;
  /** By id; undefined while it came with none, as most do. */
  apiTokens: Map<string, CredentialUse> | undefined;
  /** By address. */
  readonly sources: Map<string, SourceUse>;
}

export type ClientUses = ReadonlyMap<string, ClientUse>;
/** By the id of the API token. */
export type UserTokenUses = ReadonlyMap<string, CredentialUse>;

interface Limits {
  /** And as many API tokens of users. */
  readonly maxClients: number;
  /** Of one client, and of all. */
  readonly maxSourcesPerClient: number;
  readonly maxSources: number;
}

/** Beyond the limits what is new is dropped; what is known goes on being counted. */
export class GatheredUses implements UseRecorder {
  readonly #limits: Limits;
  /** By client ID, the one waiting longest first. */
  readonly #clients = new Map<string, ClientUse>();
  /** API tokens of users, by id. */
  readonly #userTokens = new Map<string, CredentialUse>();
  #sources = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#clients.size + this.#userTokens.size;
  }

  record({ clientId, secretId, apiTokenId, at, ip }: Parameters<UseRecorder['record']>[0]): void {
    if (clientId === null) {
      if (apiTokenId !== undefined) this.#addUserToken(apiTokenId, at, ip);
      return;
    }
    const client = this.#clientOf(clientId);
    if (!client) return;
    if (client.at === undefined || isLater(at, client.at)) client.at = at;
    if (secretId !== null) mergeUse(client.secrets, secretId, at, ip);
    if (apiTokenId !== undefined) mergeUse(tokensOf(client), apiTokenId, at, ip);
    if (ip !== null) this.#addSource(client, ip, at, at, 1, 0);
  }

  recordRefusal({ clientId, at, ip }: Parameters<UseRecorder['recordRefusal']>[0]): void {
    const client = ip === null || clientId === null ? undefined : this.#clientOf(clientId);
    if (client && ip !== null) this.#addSource(client, ip, at, at, 0, 1);
  }

  /** Those waiting longest, out of the way; the first however many addresses it came from. */
  take(maxClients: number, maxSources: number): ClientUses {
    const taken = new Map<string, ClientUse>();
    let sources = 0;
    for (const [clientId, client] of this.#clients) {
      if (taken.size >= maxClients || (taken.size > 0 && sources + client.sources.size > maxSources)) break;
      taken.set(clientId, client);
      sources += client.sources.size;
    }
    for (const clientId of taken.keys()) this.#clients.delete(clientId);
    this.#sources -= sources;
    return taken;
  }

  /** What was taken and could not be written, beside what has come meanwhile. */
  putBack(taken: ClientUses): void {
    for (const [clientId, use] of taken) {
      const client = this.#clientOf(clientId);
      if (!client) continue;
      if (use.at && (client.at === undefined || isLater(use.at, client.at))) client.at = use.at;
      for (const [secretId, { at, ip }] of use.secrets) mergeUse(client.secrets, secretId, at, ip);
      for (const [id, { at, ip }] of use.apiTokens ?? []) mergeUse(tokensOf(client), id, at, ip);
      for (const [ip, { firstAt, lastAt, uses, refusals }] of use.sources) {
        this.#addSource(client, ip, firstAt, lastAt, uses, refusals);
      }
    }
  }

  takeUserTokens(maxTokens: number): UserTokenUses {
    const taken = new Map([...this.#userTokens].slice(0, maxTokens));
    for (const id of taken.keys()) this.#userTokens.delete(id);
    return taken;
  }

  putBackUserTokens(taken: UserTokenUses): void {
    for (const [id, { at, ip }] of taken) this.#addUserToken(id, at, ip);
  }

  #addUserToken(id: string, at: Date, ip: string | null): void {
    if (this.#userTokens.has(id) || this.#userTokens.size < this.#limits.maxClients) {
      mergeUse(this.#userTokens, id, at, ip);
    }
  }

  #clientOf(clientId: string): ClientUse | undefined {
    const known = this.#clients.get(clientId);
    if (known || this.#clients.size >= this.#limits.maxClients) return known;
    const client: ClientUse = { at: undefined, secrets: new Map(), apiTokens: undefined, sources: new Map() };
    this.#clients.set(clientId, client);
    return client;
  }

  #addSource({ sources }: ClientUse, ip: string, firstAt: Date, lastAt: Date, uses: number, refusals: number): void {
    const known = sources.get(ip);
    if (known) {
      if (isLater(known.firstAt, firstAt)) known.firstAt = firstAt;
      if (isLater(lastAt, known.lastAt)) known.lastAt = lastAt;
      known.uses += uses;
      known.refusals += refusals;
    } else if (sources.size < this.#limits.maxSourcesPerClient && this.#sources < this.#limits.maxSources) {
      sources.set(ip, { firstAt, lastAt, uses, refusals });
      this.#sources += 1;
    }
  }
}

/** Comparing instants themselves takes several times as long, at every call at the gate. */
function isLater(one: Date, other: Date): boolean {
  return one.getTime() > other.getTime();
}

function tokensOf(client: ClientUse): Map<string, CredentialUse> {
  client.apiTokens ??= new Map<string, CredentialUse>();
  return client.apiTokens;
}

function mergeUse(credentials: Map<string, CredentialUse>, id: string, at: Date, ip: string | null): void {
  const known = credentials.get(id);
  if (known === undefined) credentials.set(id, { at, ip });
  else if (!isLater(known.at, at)) {
    known.at = at;
    known.ip = ip;
  }
}

// Uses of clients that wait to be written, added up: however often a client comes, it is one entry with the addresses it came from.
import type { UseRecorder } from '../domain/stores.ts';

export interface SecretUse {
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
  readonly secrets: Map<string, SecretUse>;
  /** By address. */
  readonly sources: Map<string, SourceUse>;
}

export type ClientUses = ReadonlyMap<string, ClientUse>;

interface Limits {
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
  #sources = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#clients.size;
  }

  record({ clientId, secretId, at, ip }: Parameters<UseRecorder['record']>[0]): void {
    const client = this.#clientOf(clientId);
    if (!client) return;
    if (client.at === undefined || at > client.at) client.at = at;
    if (secretId !== null) mergeSecret(client.secrets, secretId, at, ip);
    if (ip !== null) this.#addSource(client, ip, at, at, 1, 0);
  }

  recordRefusal({ clientId, at, ip }: Parameters<UseRecorder['recordRefusal']>[0]): void {
    const client = ip === null ? undefined : this.#clientOf(clientId);
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
      if (use.at && (client.at === undefined || use.at > client.at)) client.at = use.at;
      for (const [secretId, { at, ip }] of use.secrets) mergeSecret(client.secrets, secretId, at, ip);
      for (const [ip, { firstAt, lastAt, uses, refusals }] of use.sources) {
        this.#addSource(client, ip, firstAt, lastAt, uses, refusals);
      }
    }
  }

  #clientOf(clientId: string): ClientUse | undefined {
    const known = this.#clients.get(clientId);
    if (known || this.#clients.size >= this.#limits.maxClients) return known;
    const client = { at: undefined, secrets: new Map(), sources: new Map() };
    this.#clients.set(clientId, client);
    return client;
  }

  #addSource({ sources }: ClientUse, ip: string, firstAt: Date, lastAt: Date, uses: number, refusals: number): void {
    const known = sources.get(ip);
    if (known) {
      if (firstAt < known.firstAt) known.firstAt = firstAt;
      if (lastAt > known.lastAt) known.lastAt = lastAt;
      known.uses += uses;
      known.refusals += refusals;
    } else if (sources.size < this.#limits.maxSourcesPerClient && this.#sources < this.#limits.maxSources) {
      sources.set(ip, { firstAt, lastAt, uses, refusals });
      this.#sources += 1;
    }
  }
}

function mergeSecret(secrets: Map<string, SecretUse>, secretId: string, at: Date, ip: string | null): void {
  const known = secrets.get(secretId);
  if (known === undefined) secrets.set(secretId, { at, ip });
  else if (at >= known.at) {
    known.at = at;
    known.ip = ip;
  }
}

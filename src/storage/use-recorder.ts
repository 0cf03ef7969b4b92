// When and from where clients and their secrets were last used: gathered in memory and written in the background, since no request
// waits for it. A use is no change: it raises no version and is not told to anybody.
import type { Pool } from 'pg';
import type { DataSource } from 'typeorm';
import type { Log } from '../base/log.ts';
import type { UseRecorder } from '../domain/stores.ts';
import { poolOf } from './pool.ts';

export interface BufferedUseRecorder extends UseRecorder {
  /** Writes what is left; what cannot be written then is lost. */
  close(): Promise<void>;
}

interface UseRecorderParts {
  readonly dataSource: DataSource;
  readonly log: Pick<Log, 'info' | 'warn'>;
  readonly intervalMilliseconds?: number | undefined;
  readonly maxEntries?: number | undefined;
}

const INTERVAL_MILLISECONDS = 2000;
/** Uses of more clients than these are written in the next rounds, and those of the busiest less often. */
const MAX_BATCH = 1000;
const MAX_ENTRIES = 50_000;

/** Locks clients before their secrets and in order, as commands do, so that no two writers wait for each other. */
const WRITE_USES = `
WITH used AS (SELECT * FROM unnest($1::text[], $2::timestamptz[]) AS u (client_id, at)),
held AS MATERIALIZED (
  SELECT c.client_id FROM client c JOIN used USING (client_id) ORDER BY c.client_id FOR NO KEY UPDATE OF c
),
secret_used AS (
  UPDATE client_secret s SET last_used_at = u.at, last_used_ip = u.ip
  FROM unnest($3::text[], $4::timestamptz[], $5::text[]) AS u (id, at, ip), held
  WHERE s.id = u.id AND s.client_id = held.client_id AND (s.last_used_at IS NULL OR s.last_used_at < u.at)
)
UPDATE client c SET last_used_at = used.at
FROM used JOIN held USING (client_id)
WHERE c.client_id = used.client_id AND (c.last_used_at IS NULL OR c.last_used_at < used.at)`;

export function createUseRecorder(parts: UseRecorderParts): BufferedUseRecorder {
  return new GatheringUseRecorder(parts);
}

interface SecretUse {
  at: Date;
  ip: string | null;
}

interface ClientUse {
  at: Date;
  readonly secrets: Map<string, SecretUse>;
}

class GatheringUseRecorder implements BufferedUseRecorder {
  readonly #pool: Pool;
  readonly #log: UseRecorderParts['log'];
  readonly #interval: number;
  readonly #maxEntries: number;
  /** By client ID, the one waiting longest first. */
  readonly #uses = new Map<string, ClientUse>();
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<boolean> | undefined;
  #isFailing = false;
  #isClosed = false;

  constructor({ dataSource, log, intervalMilliseconds, maxEntries }: UseRecorderParts) {
    this.#pool = poolOf(dataSource);
    this.#log = log;
    this.#interval = intervalMilliseconds ?? INTERVAL_MILLISECONDS;
    this.#maxEntries = maxEntries ?? MAX_ENTRIES;
  }

  record({ clientId, secretId, at, ip }: Parameters<UseRecorder['record']>[0]): void {
    if (this.#isClosed) return;
    const known = this.#uses.get(clientId);
    if (known === undefined) {
      if (this.#uses.size >= this.#maxEntries) return;
      this.#uses.set(clientId, { at, secrets: new Map(secretId === null ? [] : [[secretId, { at, ip }]]) });
    } else {
      if (at > known.at) known.at = at;
      if (secretId !== null) merge(known.secrets, secretId, at, ip);
    }
    this.#timer ??= setTimeout(() => void this.#writeInTurn(), this.#interval).unref();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#writing;
    let isWritten = true;
    while (this.#uses.size > 0 && isWritten) isWritten = await this.#write();
  }

  async #writeInTurn(): Promise<void> {
    this.#writing = this.#write();
    await this.#writing;
    this.#writing = undefined;
    this.#timer = undefined;
    if (this.#uses.size > 0 && !this.#isClosed) {
      this.#timer = setTimeout(() => void this.#writeInTurn(), this.#interval).unref();
    }
  }

  /** False when it failed; the uses are kept then. Never rejects. */
  async #write(): Promise<boolean> {
    const batch = [...this.#uses].slice(0, MAX_BATCH);
    for (const [clientId] of batch) this.#uses.delete(clientId);
    const secrets = batch.flatMap(([, use]) => [...use.secrets]);
    try {
      await this.#pool.query(WRITE_USES, [
        batch.map(([clientId]) => clientId),
        batch.map(([, use]) => use.at),
        secrets.map(([id]) => id),
        secrets.map(([, use]) => use.at),
        secrets.map(([, use]) => use.ip),
      ]);
      if (this.#isFailing) this.#log.info('last uses are written again');
      this.#isFailing = false;
      return true;
    } catch (err) {
      if (!this.#isFailing) this.#log.warn({ err }, 'last uses cannot be written; trying again');
      this.#isFailing = true;
      for (const [clientId, use] of batch) this.#putBack(clientId, use);
      return false;
    }
  }

  #putBack(clientId: string, use: ClientUse): void {
    const newer = this.#uses.get(clientId);
    if (newer === undefined) {
      if (this.#uses.size < this.#maxEntries) this.#uses.set(clientId, use);
      return;
    }
    if (use.at > newer.at) newer.at = use.at;
    for (const [secretId, { at, ip }] of use.secrets) merge(newer.secrets, secretId, at, ip);
  }
}

function merge(secrets: Map<string, SecretUse>, secretId: string, at: Date, ip: string | null): void {
  const known = secrets.get(secretId);
  if (known === undefined) secrets.set(secretId, { at, ip });
  else if (at >= known.at) {
    known.at = at;
    known.ip = ip;
  }
}

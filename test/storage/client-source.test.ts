// From where clients come: every address with its first and last time, uses and refusals; bounded, and forgotten after 30 days.

import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { GatheredUses } from '../../src/storage/gathered-uses.ts';
import { startHousekeeping } from '../../src/storage/housekeeping.ts';
import { createUseRecorder } from '../../src/storage/use-recorder.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { insertClient, insertSecret, keepLog, openDataSource } from './live-parts.ts';

let database: TestDatabase;
let dataSource: DataSource;
let clientId: string;
let secretId: string;
const log = keepLog();

beforeAll(async () => {
  database = await createTestDatabase();
  dataSource = await openDataSource(database.connection);
});

beforeEach(async () => {
  clientId = await insertClient(database.query);
  secretId = await insertSecret(database.query, clientId);
});

afterAll(async () => {
  await dataSource.destroy();
  await database.drop();
});

const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second));

async function write(...steps: ((recorder: ReturnType<typeof createUseRecorder>) => void)[]): Promise<void> {
  const recorder = createUseRecorder({ dataSource, log });
  for (const step of steps) step(recorder);
  await recorder.close();
}

const used = (second: number, ip: string | null) => (recorder: ReturnType<typeof createUseRecorder>) =>
  recorder.record({ clientId, secretId, at: at(second), ip });
const refused = (second: number, ip: string | null) => (recorder: ReturnType<typeof createUseRecorder>) =>
  recorder.recordRefusal({ clientId, at: at(second), ip });

interface Source {
  readonly ip: string;
  readonly first_seen_at: Date;
  readonly last_seen_at: Date;
  readonly uses: number;
  readonly refusals: number;
}

function sources(): Promise<Source[]> {
  return database.query<Source>(
    `SELECT ip, first_seen_at, last_seen_at, uses::integer, refusals::integer FROM client_source
     WHERE client_id = $1 ORDER BY ip`,
    [clientId],
  );
}

describe('an address', () => {
  test('is kept with its first and last time, uses and refusals, over several rounds', async () => {
    await write(used(5, '192.0.2.1'), used(3, '192.0.2.1'), refused(9, '192.0.2.1'), used(4, '2001:db8::1'));
    await write(used(1, '192.0.2.1'), refused(7, '203.0.113.9'), refused(8, '203.0.113.9'));
    expect(await sources()).toEqual([
      { ip: '192.0.2.1', first_seen_at: at(1), last_seen_at: at(9), uses: 3, refusals: 1 },
      { ip: '2001:db8::1', first_seen_at: at(4), last_seen_at: at(4), uses: 1, refusals: 0 },
      { ip: '203.0.113.9', first_seen_at: at(7), last_seen_at: at(8), uses: 0, refusals: 2 },
    ]);
  });

  test('that nobody knows is not kept, and the use is', async () => {
    await write(used(2, null), refused(3, null));
    expect(await sources()).toEqual([]);
    const [row] = await database.query('SELECT last_used_at FROM client WHERE client_id = $1', [clientId]);
    expect(row).toEqual({ last_used_at: at(2) });
  });

  test('that was refused is no use of the client or its secret', async () => {
    await write(refused(2, '192.0.2.1'));
    const [row] = await database.query(
      'SELECT c.last_used_at AS client, s.last_used_at AS secret FROM client c JOIN client_secret s USING (client_id) WHERE client_id = $1',
      [clientId],
    );
    expect(row).toEqual({ client: null, secret: null });
    expect(await sources()).toHaveLength(1);
  });

  test('of a client that is gone is dropped, and the others are written', async () => {
    const gone = `pst_${'g'.repeat(24)}`;
    await write(
      (recorder) => recorder.record({ clientId: gone, secretId: null, at: at(1), ip: '192.0.2.1' }),
      used(1, '192.0.2.1'),
    );
    expect(await sources()).toHaveLength(1);
    expect(log.messages).toEqual([]);
  });

  test('seen by two instances at once is counted by both', async () => {
    const one = createUseRecorder({ dataSource, log });
    const two = createUseRecorder({ dataSource, log });
    for (const recorder of [one, two]) {
      for (let second = 1; second <= 20; second++) used(second, `192.0.2.${second % 5}`)(recorder);
    }
    await Promise.all([one.close(), two.close()]);
    expect((await sources()).map(({ uses }) => uses)).toEqual([8, 8, 8, 8, 8]);
    expect(log.messages).toEqual([]);
  });

  test('is told to nobody: it is no change', async () => {
    const before = await database.query('SELECT seq FROM change');
    await write(used(1, '192.0.2.1'));
    expect(await database.query('SELECT seq FROM change')).toEqual(before);
  });

  test('goes with its client', async () => {
    await write(used(1, '192.0.2.1'));
    await database.query('DELETE FROM client WHERE client_id = $1', [clientId]);
    expect(await sources()).toEqual([]);
  });
});

describe('bounds', () => {
  const address = (index: number) => `10.0.${index >> 8}.${index & 255}`;

  test('of each client the thousand addresses seen last are kept', async () => {
    const other = await insertClient(database.query);
    await database.query(
      `INSERT INTO client_source SELECT c, '10.0.' || n / 256 || '.' || n % 256, $3, $3::timestamptz + n * interval '1 second', 1, 0
       FROM unnest($1::text[]) c, generate_series(0, $2::integer) n`,
      [[clientId, other], 999, at(0)],
    );
    await write(used(2000, '192.0.2.1'), used(2001, '192.0.2.2'), used(2002, address(0)));
    const kept = new Set((await sources()).map(({ ip }) => ip));
    expect(kept.size).toBe(1000);
    expect([kept.has('192.0.2.1'), kept.has('192.0.2.2'), kept.has(address(0))]).toEqual([true, true, true]);
    expect([kept.has(address(1)), kept.has(address(2)), kept.has(address(3))]).toEqual([false, false, true]);
    const [row] = await database.query('SELECT count(*)::integer AS n FROM client_source WHERE client_id = $1', [
      other,
    ]);
    expect(row).toEqual({ n: 1000 });
  });

  test('in memory a flood of addresses does not grow without end, and those known go on being counted', () => {
    const gathered = new GatheredUses({ maxClients: 3, maxSourcesPerClient: 2, maxSources: 4 });
    const come = (id: string, ip: string) => gathered.record({ clientId: id, secretId: null, at: at(1), ip });
    for (const ip of ['a', 'b', 'c', 'a']) come('one', ip);
    for (const ip of ['a', 'b']) come('two', ip);
    come('three', 'a');
    come('four', 'a');
    const taken = gathered.take(10, 100);
    const shown = [...taken].map(([id, { sources: seen }]) => [id, [...seen].map(([ip, { uses }]) => `${ip}${uses}`)]);
    expect(shown).toEqual([
      ['one', ['a2', 'b1']],
      ['two', ['a1', 'b1']],
      ['three', []],
    ]);
    come('four', 'a');
    expect([...(gathered.take(10, 100).get('four')?.sources.keys() ?? [])]).toEqual(['a']);
  });

  test('a batch takes no more clients and addresses than it may, but always one', () => {
    const gathered = new GatheredUses({ maxClients: 10, maxSourcesPerClient: 10, maxSources: 100 });
    for (const id of ['one', 'two', 'three']) {
      for (const ip of ['a', 'b', 'c']) gathered.record({ clientId: id, secretId: null, at: at(1), ip });
    }
    expect([...gathered.take(2, 2).keys()]).toEqual(['one']);
    expect([...gathered.take(1, 100).keys()]).toEqual(['two']);
    expect(gathered.size).toBe(1);
  });

  test('what could not be written is added to what has come meanwhile', () => {
    const gathered = new GatheredUses({ maxClients: 10, maxSourcesPerClient: 10, maxSources: 100 });
    gathered.record({ clientId, secretId, at: at(5), ip: '192.0.2.1' });
    gathered.recordRefusal({ clientId, at: at(6), ip: '192.0.2.1' });
    const taken = gathered.take(10, 10);
    gathered.record({ clientId, secretId, at: at(4), ip: '192.0.2.1' });
    gathered.putBack(taken);
    expect(gathered.take(10, 10).get(clientId)).toEqual({
      at: at(5),
      secrets: new Map([[secretId, { at: at(5), ip: '192.0.2.1' }]]),
      sources: new Map([['192.0.2.1', { firstAt: at(4), lastAt: at(6), uses: 2, refusals: 1 }]]),
    });
  });

  test('after 30 days without a visit an address is forgotten', async () => {
    const ago = (days: number) => new Date(Date.now() - days * 24 * 60 * 60 * 1000);
    for (const [ip, days] of [
      ['192.0.2.1', 31],
      ['192.0.2.2', 29],
    ] as const) {
      await database.query('INSERT INTO client_source VALUES ($1, $2, $3, $4, 1, 0)', [
        clientId,
        ip,
        ago(60),
        ago(days),
      ]);
    }
    const housekeeping = startHousekeeping({ dataSource, log });
    await eventually('it is swept', async () => {
      await housekeeping.run();
      return (await sources()).length < 2;
    });
    expect((await sources()).map(({ ip }) => ip)).toEqual(['192.0.2.2']);
    await housekeeping.close();
  });
});

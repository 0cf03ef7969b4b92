// Host names in IP rules from end to end: a real name server, the real client, the directory, and a clock that the test moves.

import { afterEach, describe, expect, test } from 'vitest';
import { createLog, type Log } from '../../src/base/log.ts';
import {
  createHostDirectory,
  FORGET_MILLISECONDS,
  type HostDirectory,
} from '../../src/domain/address/host-directory.ts';
import type { HostAnswer, HostResolver } from '../../src/domain/address/host-resolver.ts';
import { formatIpAddress, type IpFamily, parseIpAddress } from '../../src/domain/address/ip-address.ts';
import { compileIpMatcher } from '../../src/domain/address/ip-matcher.ts';
import { parseIpRuleList } from '../../src/domain/address/ip-rule-list.ts';
import { createDnsResolver } from '../../src/ports/dns/dns-resolver.ts';
import { eventually } from '../support/eventually.ts';
import { type DnsServer, startDnsServer, type Zone } from './dns-server.ts';

const HOST = 'collector.example.com';
const SECONDS = 1_000;
const MINUTES = 60 * SECONDS;
const START = Date.UTC(2030, 0, 1);

const opened: { close(): unknown }[] = [];

afterEach(async () => {
  for (const each of opened.splice(0)) await each.close();
});

/** One time for durations and instants, moved by the test alone. */
function movableTime() {
  let milliseconds = 0;
  return {
    now: () => milliseconds,
    clock: { now: () => new Date(START + milliseconds) },
    pass: (by: number) => {
      milliseconds += by;
    },
  };
}

function collectingLog(): { log: Log; lines: Record<string, unknown>[] } {
  const lines: Record<string, unknown>[] = [];
  return { lines, log: createLog('info', { write: (line: string) => lines.push(JSON.parse(line)) }) };
}

interface World {
  readonly server: DnsServer;
  readonly directory: HostDirectory;
  readonly lines: Record<string, unknown>[];
  pass(milliseconds: number): void;
  addresses(name?: string): readonly string[];
  /** Moves the clock, lets the directory look, and waits for the questions of that look to be answered. */
  passAndLookUp(milliseconds: number): Promise<void>;
}

/** Short where the server stays silent, long elsewhere, so that a busy machine isn't taken for silence. */
function timeoutFor(zones: Readonly<Record<string, Zone>>, isSilentLater: boolean): number {
  return isSilentLater || Object.values(zones).some(({ fault }) => fault === 'silence') ? 60 : 2_000;
}

async function openWorld(zones: Readonly<Record<string, Zone>>, isSilentLater = false): Promise<World> {
  const server = await startDnsServer(zones);
  const resolver = createDnsResolver({
    servers: [server.address],
    timeoutMilliseconds: timeoutFor(zones, isSilentLater),
  });
  const { log, lines } = collectingLog();
  const time = movableTime();
  let underWay = 0;
  const counted: HostResolver = {
    lookUp: async (name, family) => {
      underWay += 1;
      const answer = await resolver.lookUp(name, family);
      underWay -= 1;
      return answer;
    },
  };
  const directory = createHostDirectory({
    resolver: counted,
    log,
    clock: time.clock,
    now: time.now,
    random: () => 0.5,
  });
  opened.push(directory, resolver, server);
  return {
    server,
    directory,
    lines,
    pass: time.pass,
    addresses: (name = HOST) => directory.resolve(name).map(formatIpAddress),
    passAndLookUp: async (milliseconds) => {
      time.pass(milliseconds);
      directory.checkDue();
      await eventually('all questions are answered', () => underWay === 0);
    },
  };
}

describe('a name asked for the first time', () => {
  test('stands for nothing at once, and for its A and AAAA records as soon as the DNS has answered', async () => {
    const { addresses, directory } = await openWorld({ [HOST]: { a: ['192.0.2.1'], aaaa: ['2001:db8::1'] } });
    expect(addresses()).toEqual([]);
    expect(directory.state(HOST)).toMatchObject({ status: 'pending', since: null, checkedAt: null });
    await eventually('the answer', () => addresses().length > 0);
    expect(addresses()).toEqual(['192.0.2.1', '2001:db8::1']);
    const now = new Date(START);
    expect(directory.state(HOST)).toMatchObject({ status: 'resolved', since: now, checkedAt: now, failure: null });
  });

  test('is known once ready() has been awaited', async () => {
    const { addresses, directory } = await openWorld({ [HOST]: { a: ['192.0.2.1'] }, 'b.example.com': {} });
    await directory.ready([HOST, 'b.example.com', 'gone.example.com']);
    expect(addresses()).toEqual(['192.0.2.1']);
    expect(directory.state('b.example.com')).toMatchObject({ status: 'no_addresses' });
    expect(directory.state('gone.example.com')).toMatchObject({ status: 'no_such_name' });
  });

  test('is waited for no longer than told when the DNS is silent', async () => {
    const { addresses, directory } = await openWorld({ [HOST]: { fault: 'silence' } });
    await directory.ready([HOST], 20);
    expect(directory.state(HOST)).toMatchObject({ status: 'pending' });
    expect(addresses()).toEqual([]);
  });

  test('is asked about once however many ask for it', async () => {
    const { directory, server } = await openWorld({ [HOST]: { a: ['192.0.2.1'] } });
    await Promise.all(Array.from({ length: 50 }, () => directory.ready([HOST])));
    expect(server.questions.map(({ type }) => type).sort()).toEqual(['A', 'AAAA']);
  });

  test('has been failing before: ready() does not wait for it again', async () => {
    const { directory } = await openWorld({ [HOST]: { fault: 'SERVFAIL' } });
    await directory.ready([HOST]);
    await directory.ready([HOST], 60_000);
    expect(directory.state(HOST)).toMatchObject({ status: 'unreachable', closesAt: null });
  });
});

test('a compiled rule follows its name: in, out when the answer changes, closed at NXDOMAIN', async () => {
  const { directory, server, passAndLookUp } = await openWorld({ [HOST]: { a: ['192.0.2.1'], ttl: 30 } });
  await directory.ready([HOST]);
  const matcher = compileIpMatcher(parseIpRuleList([HOST, '10.0.0.0/8']).rules, (name) => directory.resolve(name));
  const allows = (text: string) => matcher.allows(parseIpAddress(text));
  expect([allows('192.0.2.1'), allows('::ffff:192.0.2.1'), allows('192.0.2.2')]).toEqual([true, true, false]);
  server.zones.set(HOST, { a: ['192.0.2.2'], ttl: 30 });
  await passAndLookUp(30 * SECONDS);
  expect([allows('192.0.2.1'), allows('192.0.2.2')]).toEqual([false, true]);
  expect(matcher.findRule(parseIpAddress('192.0.2.2'))).toBe(HOST);
  server.zones.delete(HOST);
  await passAndLookUp(30 * SECONDS);
  expect([allows('192.0.2.2'), allows('10.1.2.3')]).toEqual([false, true]);
});

describe('the time to live', () => {
  test.each([
    [0, 30],
    [5, 30],
    [120, 120],
    [86_400, 300],
  ])('of %i s makes the name be asked about again within %i s, and not much sooner', async (ttl, seconds) => {
    const { directory, server, passAndLookUp } = await openWorld({ [HOST]: { a: ['192.0.2.1'], ttl } });
    await directory.ready([HOST]);
    server.questions.length = 0;
    await passAndLookUp(seconds * 0.75 * SECONDS);
    expect(server.questions).toEqual([]);
    await passAndLookUp(seconds * 0.25 * SECONDS);
    expect(server.questions).toHaveLength(2);
  });

  test('of a name that does not exist is 30 s: it opens soon after it has come to be', async () => {
    const { directory, server, passAndLookUp, addresses } = await openWorld({});
    await directory.ready([HOST]);
    server.zones.set(HOST, { a: ['192.0.2.1'] });
    await passAndLookUp(30 * SECONDS);
    expect(addresses()).toEqual(['192.0.2.1']);
    expect(directory.state(HOST)).toMatchObject({ since: new Date(START + 30 * SECONDS) });
  });
});

describe('a definite no closes at once', () => {
  test.each([
    ['NXDOMAIN', { fault: 'NXDOMAIN' }, 'no_such_name'],
    ['no data', {}, 'no_addresses'],
    ['NXDOMAIN for one family and silence for the other', { fault: { a: 'NXDOMAIN', aaaa: 'silence' } }, 'unnamed'],
  ] as const)('%s', async (_name, zone, status) => {
    const { directory, server, passAndLookUp, addresses, lines } = await openWorld(
      {
        [HOST]: { a: ['192.0.2.1'], aaaa: ['2001:db8::1'], ttl: 30 },
      },
      status === 'unnamed',
    );
    await directory.ready([HOST]);
    server.zones.set(HOST, zone);
    await passAndLookUp(30 * SECONDS);
    expect(addresses()).toEqual([]);
    if (status !== 'unnamed') expect(directory.state(HOST)).toMatchObject({ status });
    expect(lines.at(-1)).toMatchObject({ level: 'warn', host: HOST, before: ['192.0.2.1', '2001:db8::1'], after: [] });
  });

  test('one family gone leaves the other', async () => {
    const { directory, server, passAndLookUp, addresses } = await openWorld({
      [HOST]: { a: ['192.0.2.1'], aaaa: ['2001:db8::1'], ttl: 30 },
    });
    await directory.ready([HOST]);
    server.zones.set(HOST, { a: ['192.0.2.1'], fault: { aaaa: 'NXDOMAIN' } });
    await passAndLookUp(30 * SECONDS);
    expect(addresses()).toEqual(['192.0.2.1']);
    expect(directory.state(HOST)).toMatchObject({ status: 'resolved' });
  });
});

describe.each(['SERVFAIL', 'silence', 'REFUSED'] as const)('%s', (fault) => {
  test('keeps the last good answer for ten minutes, then the name is closed, and opens again with the next answer', async () => {
    const world = await openWorld({ [HOST]: { a: ['192.0.2.1'], ttl: 30 } }, fault === 'silence');
    const { directory, server, addresses, passAndLookUp } = world;
    await directory.ready([HOST]);
    server.zones.set(HOST, { fault });
    await passAndLookUp(30 * SECONDS);
    expect(addresses()).toEqual(['192.0.2.1']);
    expect(directory.state(HOST)).toMatchObject({
      status: 'failing',
      checkedAt: new Date(START),
      closesAt: new Date(START + 10 * MINUTES),
      failure: expect.stringContaining('the DNS server'),
    });
    world.pass(9 * MINUTES + 29 * SECONDS);
    expect(addresses()).toEqual(['192.0.2.1']);
    // No look in between: the answer ends by itself, also while the background is held up.
    world.pass(1 * SECONDS);
    expect(addresses()).toEqual([]);
    expect(directory.state(HOST)).toMatchObject({ status: 'unreachable', addresses: [] });
    server.zones.set(HOST, { a: ['192.0.2.1'] });
    await passAndLookUp(60 * SECONDS);
    expect(addresses()).toEqual(['192.0.2.1']);
    expect(directory.state(HOST)).toMatchObject({ status: 'resolved', failure: null });
    expect(world.lines.map(({ msg }) => msg)).toEqual([
      expect.stringContaining('stands for other addresses'),
      expect.stringContaining('cannot be looked up'),
      expect.stringContaining('matches nobody'),
      expect.stringContaining('stands for other addresses'),
      expect.stringContaining('can be looked up again'),
    ]);
  });
});

test('one family failing keeps its last good answer while the other one moves on', async () => {
  const { directory, server, addresses, passAndLookUp } = await openWorld({
    [HOST]: { a: ['192.0.2.1'], aaaa: ['2001:db8::1'], ttl: 30 },
  });
  await directory.ready([HOST]);
  server.zones.set(HOST, { a: ['192.0.2.2'], fault: { aaaa: 'SERVFAIL' } });
  await passAndLookUp(30 * SECONDS);
  expect(addresses()).toEqual(['192.0.2.2', '2001:db8::1']);
  for (let minute = 0; minute < 10; minute++) await passAndLookUp(1 * MINUTES);
  expect(addresses()).toEqual(['192.0.2.2']);
});

test('an outage is asked about again after 15 s, then ever more seldom up to once a minute', async () => {
  const { directory, server, passAndLookUp } = await openWorld({ [HOST]: { fault: 'SERVFAIL' } });
  await directory.ready([HOST]);
  const waits: number[] = [];
  for (let second = 0, last = 0; waits.length < 5; second++) {
    const asked = server.questions.length;
    if (second > 0) await passAndLookUp(1 * SECONDS);
    if (server.questions.length > asked) {
      waits.push(second - last);
      last = second;
    }
  }
  expect(waits).toEqual([15, 30, 60, 60, 60]);
});

describe('many addresses', () => {
  const ipv4 = Array.from({ length: 100 }, (_, index) => `192.0.2.${index + 1}`);

  test('the first 64 in order are used, always the same ones whatever the order of the answer', async () => {
    const { directory, server, addresses, passAndLookUp, lines } = await openWorld({ [HOST]: { a: ipv4, ttl: 30 } });
    await directory.ready([HOST]);
    expect(addresses()).toEqual(ipv4.slice(0, 64));
    expect(lines.at(-1)).toMatchObject({ level: 'warn', host: HOST, addresses: 100 });
    const before = lines.length;
    server.zones.set(HOST, { a: ipv4.toReversed(), ttl: 30 });
    await passAndLookUp(30 * SECONDS);
    expect(addresses()).toEqual(ipv4.slice(0, 64));
    expect(lines).toHaveLength(before);
  });

  test('of one family do not push out the other', async () => {
    const aaaa = Array.from({ length: 9 }, (_, index) => `2001:db8::${index + 1}`);
    const { directory, addresses } = await openWorld({ [HOST]: { a: ipv4, aaaa } });
    await directory.ready([HOST]);
    expect(addresses()).toEqual([...ipv4.slice(0, 55), ...aaaa]);
  });

  test('a mapped AAAA record is the IPv4 address, once', async () => {
    const zone = { a: ['192.0.2.1'], aaaa: ['::ffff:192.0.2.1', '::ffff:192.0.2.2'] };
    const { directory, addresses } = await openWorld({ [HOST]: zone });
    await directory.ready([HOST]);
    expect(addresses()).toEqual(['192.0.2.1', '192.0.2.2']);
  });
});

describe('the directory stays bounded', () => {
  /** Answers when told, and counts. */
  function heldResolver() {
    const waiting: { name: string; family: IpFamily; answer: (answer: HostAnswer) => void }[] = [];
    let most = 0;
    const resolver: HostResolver = {
      lookUp: (name, family) =>
        new Promise((resolve) => {
          waiting.push({ name, family, answer: resolve });
          most = Math.max(most, waiting.length);
        }),
    };
    const answerAll = async (answer: HostAnswer) => {
      while (waiting.length > 0) {
        for (const { answer: tell } of waiting.splice(0)) tell(answer);
        await new Promise(setImmediate);
      }
    };
    return { resolver, waiting, answerAll, most: () => most };
  }

  const found: HostAnswer = { kind: 'found', addresses: [{ family: 4, value: 1n }], ttlSeconds: 60 };

  function openDirectory(limits: { maxNames?: number; maxParallel?: number }) {
    const held = heldResolver();
    const time = movableTime();
    const { log, lines } = collectingLog();
    const parts = { resolver: held.resolver, log, clock: time.clock, now: time.now, random: () => 0.5 };
    const directory = createHostDirectory({ ...parts, ...limits });
    opened.push(directory);
    return { directory, held, lines, pass: time.pass };
  }

  test('no more lookups run at once than allowed, and every name gets its turn', async () => {
    const { directory, held } = openDirectory({ maxParallel: 4 });
    const names = Array.from({ length: 50 }, (_, index) => `h${index}.example.com`);
    for (const name of names) directory.resolve(name);
    await held.answerAll(found);
    expect(held.most()).toBe(8);
    expect(names.every((name) => directory.resolve(name).length === 1)).toBe(true);
  });

  test('names that are refreshed leave room for one that somebody waits for', async () => {
    const { directory, held, pass } = openDirectory({ maxParallel: 4 });
    for (let index = 0; index < 20; index++) directory.resolve(`h${index}.example.com`);
    await held.answerAll(found);
    pass(60 * SECONDS);
    directory.checkDue();
    expect(held.waiting).toHaveLength(6);
    directory.resolve('new.example.com');
    expect(held.waiting.map(({ name }) => name)).toContain('new.example.com');
  });

  test('a name that nobody has asked for in an hour is forgotten, one that is kept is not', async () => {
    const { directory, held, pass } = openDirectory({});
    directory.keep(['kept.example.com']);
    directory.resolve('idle.example.com');
    await held.answerAll(found);
    pass(FORGET_MILLISECONDS);
    directory.checkDue();
    await held.answerAll(found);
    expect(directory.state('idle.example.com')).toBeDefined();
    pass(1);
    directory.checkDue();
    expect(directory.state('idle.example.com')).toBeUndefined();
    expect(directory.state('kept.example.com')).toMatchObject({ status: 'resolved' });
    directory.keep([]);
    directory.checkDue();
    expect(directory.state('kept.example.com')).toBeUndefined();
  });

  test('when full, names in use stay, further ones match nobody and the log says so once', async () => {
    const { directory, held, lines, pass } = openDirectory({ maxNames: 2 });
    directory.resolve('a.example.com');
    directory.resolve('b.example.com');
    await held.answerAll(found);
    directory.resolve('c.example.com');
    directory.resolve('d.example.com');
    await directory.ready(['e.example.com'], 60_000);
    expect(directory.state('c.example.com')).toBeUndefined();
    expect(lines.filter(({ msg }) => String(msg).startsWith('too many host names'))).toHaveLength(1);
    pass(6 * MINUTES);
    expect(directory.resolve('b.example.com')).toHaveLength(1);
    directory.resolve('c.example.com');
    await held.answerAll(found);
    expect(directory.state('a.example.com')).toBeUndefined();
    expect(directory.resolve('c.example.com')).toHaveLength(1);
  });

  test('an answer that comes after its name was forgotten is dropped', async () => {
    const { directory, held, pass, lines } = openDirectory({});
    directory.resolve('a.example.com');
    pass(FORGET_MILLISECONDS + 1);
    directory.checkDue();
    await held.answerAll(found);
    expect(directory.state('a.example.com')).toBeUndefined();
    expect(lines).toEqual([]);
  });

  test('closing releases whoever waits', async () => {
    const { directory } = openDirectory({});
    const waiting = directory.ready(['a.example.com'], 60_000);
    directory.close();
    await waiting;
    expect(directory.resolve('a.example.com')).toEqual([]);
  });
});

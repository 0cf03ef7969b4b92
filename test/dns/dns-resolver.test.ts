// The DNS client against a real name server on the loopback interface.

import { afterEach, describe, expect, test } from 'vitest';
import { formatIpAddress } from '../../src/domain/address/ip-address.ts';
import type { HostAnswer } from '../../src/domain/address/host-resolver.ts';
import { createDnsResolver, type DnsResolver } from '../../src/ports/dns/dns-resolver.ts';
import { type DnsServer, startDnsServer, type Zone } from './dns-server.ts';

const opened: { close(): unknown }[] = [];

afterEach(async () => {
  for (const each of opened.splice(0)) await each.close();
});

/** A time-out that a busy machine doesn't reach, but where silence is what is tested. */
async function serve(
  zones: Readonly<Record<string, Zone>>,
  timeoutMilliseconds = 2_000,
): Promise<{ server: DnsServer; dns: DnsResolver }> {
  const server = await startDnsServer(zones);
  const dns = createDnsResolver({ servers: [server.address], timeoutMilliseconds });
  opened.push(dns, server);
  return { server, dns };
}

function texts(answer: HostAnswer): readonly string[] {
  if (answer.kind !== 'found') throw new Error(`nothing was found: ${JSON.stringify(answer)}`);
  return answer.addresses.map(formatIpAddress);
}

describe('a name that exists', () => {
  test('is answered with its addresses of the family asked for and their time to live', async () => {
    const { dns } = await serve({ 'a.example.com': { a: ['192.0.2.1', '192.0.2.2'], aaaa: ['2001:db8::1'], ttl: 42 } });
    const ipv4 = await dns.lookUp('a.example.com', 4);
    expect(texts(ipv4)).toEqual(['192.0.2.1', '192.0.2.2']);
    expect(ipv4).toMatchObject({ ttlSeconds: 42 });
    expect(texts(await dns.lookUp('a.example.com', 6))).toEqual(['2001:db8::1']);
  });

  test('is followed through a chain of CNAMEs, and lives as long as the shortest link', async () => {
    const { dns } = await serve({
      'a.example.com': { cname: 'b.example.net', ttl: 20 },
      'b.example.net': { cname: 'c.example.org', ttl: 900 },
      'c.example.org': { a: ['192.0.2.9'], ttl: 300 },
    });
    const answer = await dns.lookUp('a.example.com', 4);
    expect(texts(answer)).toEqual(['192.0.2.9']);
    expect(answer).toMatchObject({ ttlSeconds: 20 });
  });

  test('with a hundred addresses is read whole: the cut answer is asked for again over TCP', async () => {
    const a = Array.from({ length: 100 }, (_, index) => `192.0.2.${index + 1}`);
    const { dns, server } = await serve({ 'many.example.com': { a } });
    expect(texts(await dns.lookUp('many.example.com', 4))).toHaveLength(100);
    expect(server.questions.map(({ over }) => over)).toEqual(['udp', 'tcp']);
  });

  test('and has an IPv4-mapped AAAA record is answered with the IPv4 address', async () => {
    const { dns } = await serve({ 'mapped.example.com': { aaaa: ['::ffff:192.0.2.7'] } });
    expect(texts(await dns.lookUp('mapped.example.com', 6))).toEqual(['192.0.2.7']);
  });
});

describe('a definite no', () => {
  test('is NXDOMAIN for a name that does not exist, asked once', async () => {
    const { dns, server } = await serve({});
    expect(await dns.lookUp('gone.example.com', 4)).toEqual({ kind: 'absent', why: 'no_such_name' });
    expect(server.questions).toHaveLength(1);
  });

  test('is NODATA for a name without addresses of the family', async () => {
    const { dns } = await serve({ 'v4.example.com': { a: ['192.0.2.1'] } });
    expect(await dns.lookUp('v4.example.com', 6)).toEqual({ kind: 'absent', why: 'no_addresses' });
  });

  test('is also an alias of a name that does not exist', async () => {
    const { dns } = await serve({ 'alias.example.com': { cname: 'gone.example.net' } });
    expect(await dns.lookUp('alias.example.com', 4)).toMatchObject({ kind: 'absent' });
  });
});

describe('no answer', () => {
  test.each([
    ['SERVFAIL', 'the DNS server answered SERVFAIL'],
    ['REFUSED', 'the DNS server refused the question'],
    ['silence', 'the DNS server did not answer in time'],
  ] as const)('because of %s is a failure that says so, after two tries', async (fault, reason) => {
    const { dns, server } = await serve({ 'ill.example.com': { fault } }, fault === 'silence' ? 60 : 2_000);
    expect(await dns.lookUp('ill.example.com', 4)).toEqual({ kind: 'failed', reason });
    expect(server.questions).toHaveLength(2);
  });

  test('because nothing listens there is a failure', async () => {
    const { dns, server } = await serve({});
    opened.splice(opened.indexOf(server), 1);
    await server.close();
    expect(await dns.lookUp('a.example.com', 4)).toMatchObject({ kind: 'failed' });
  });

  test('of the first server makes the second one be asked', async () => {
    const ill = await startDnsServer({ 'a.example.com': { fault: 'SERVFAIL' } });
    const well = await startDnsServer({ 'a.example.com': { a: ['192.0.2.1'] } });
    const dns = createDnsResolver({ servers: [ill.address, well.address] });
    opened.push(dns, ill, well);
    expect(texts(await dns.lookUp('a.example.com', 4))).toEqual(['192.0.2.1']);
  });

  test('comes at once from a closed client', async () => {
    const { dns, server } = await serve({ 'a.example.com': { fault: 'silence' } });
    const pending = dns.lookUp('a.example.com', 4);
    dns.close();
    expect(await pending).toMatchObject({ kind: 'failed' });
    expect(await dns.lookUp('a.example.com', 4)).toMatchObject({ kind: 'failed' });
    expect(server.questions.length).toBeLessThanOrEqual(1);
  });
});

test('a server that is no address is refused when the client is made', () => {
  expect(() => createDnsResolver({ servers: ['ns.example.com'] })).toThrow('ns.example.com is not the address');
});

test('without servers of its own the client asks those of the system', async () => {
  const dns = createDnsResolver({ timeoutMilliseconds: 50 });
  opened.push(dns);
  expect(await dns.lookUp('does-not-exist.invalid', 4)).toMatchObject({ kind: expect.stringMatching(/absent|failed/) });
});

// What people are told of host names when they save rules and look at them.

import { afterEach, expect, test } from 'vitest';
import { createLog } from '../../src/base/log.ts';
import { systemClock } from '../../src/base/clock.ts';
import { createHostDirectory } from '../../src/domain/address/host-directory.ts';
import type { HostState } from '../../src/domain/address/host-record.ts';
import { describeHost, noticesOfHosts } from '../../src/domain/address/host-words.ts';
import { parseIpAddress } from '../../src/domain/address/ip-address.ts';
import { createDnsResolver } from '../../src/ports/dns/dns-resolver.ts';
import { startDnsServer } from './dns-server.ts';

const opened: { close(): unknown }[] = [];

afterEach(async () => {
  for (const each of opened.splice(0)) await each.close();
});

test('saving rules tells of the host names that match nobody now, each at its place', async () => {
  const server = await startDnsServer({
    'well.example.com': { a: ['192.0.2.1'] },
    'empty.example.com': {},
    'ill.example.com': { fault: 'SERVFAIL' },
  });
  const resolver = createDnsResolver({ servers: [server.address] });
  const directory = createHostDirectory({ resolver, log: createLog('silent'), clock: systemClock });
  opened.push(directory, resolver, server);
  const rules = ['10.0.0.0/8', 'gone.example.com', 'well.example.com', 'empty.example.com', 'ill.example.com'];
  expect(await noticesOfHosts(directory, rules)).toEqual([
    {
      pointer: '/ip_restriction/rules/1',
      detail: expect.stringMatching(/^gone\.example\.com: The DNS has no such name/),
    },
    {
      pointer: '/ip_restriction/rules/3',
      detail: expect.stringMatching(/^empty\.example\.com: The DNS has no address/),
    },
    {
      pointer: '/ip_restriction/rules/4',
      detail: expect.stringMatching(/^ill\.example\.com: It can't be looked up.*SERVFAIL/),
    },
  ]);
  expect(await noticesOfHosts(directory, ['10.0.0.0/8'])).toEqual([]);
});

test.each([
  ['resolved', 'It stands for 192.0.2.1, 2001:db8::1.'],
  ['failing', 'It stood for 192.0.2.1, 2001:db8::1 at last, and still does for ten minutes at most: no answer came.'],
  ['pending', 'It is being looked up. Until then it matches nobody.'],
] as const)('a name that is %s is described by what it stands for', (status, words) => {
  const addresses = ['192.0.2.1', '2001:db8::1'].flatMap((text) => parseIpAddress(text) ?? []);
  const state: HostState = {
    name: 'a.example.com',
    status,
    addresses,
    since: null,
    checkedAt: null,
    closesAt: null,
    failure: null,
  };
  expect(describeHost(state)).toBe(words);
});

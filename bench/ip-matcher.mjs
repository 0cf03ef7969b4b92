// What it costs to check a caller against a compiled list. Build first (npm run build), then: node bench/ip-matcher.mjs
//
// Every round runs all rows one after another, so that a noisy moment hits all of them; medians and worst are printed.
// Ratios are to the cheapest thing that a call does with an address anyway: asking node:net whether the text is one.

import { BlockList, isIP } from 'node:net';
import { parseIpAddress } from '../dist/src/domain/address/ip-address.js';
import { resolveCallerAddress } from '../dist/src/domain/address/caller-address.js';
import { compileIpMatcher } from '../dist/src/domain/address/ip-matcher.js';
import { parseIpRuleList } from '../dist/src/domain/address/ip-rule-list.js';

const ROUNDS = 9;
const CALLERS = 4096;

let state = 0x2545f491;
const random = (below) => {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return (state >>> 0) % below;
};

const ipv4Rules = (count) => Array.from({ length: count }, (_, at) => `10.${at >> 8}.${at & 255}.${random(64) * 4}/30`);
const ipv6Rules = (count) =>
  Array.from({ length: count }, (_, at) => `2001:db8:${at.toString(16)}:${random(65536).toString(16)}::/64`);
const ipv4Callers = Array.from({ length: CALLERS }, () => `10.${random(48)}.${random(256)}.${random(256)}`);
const ipv6Callers = Array.from(
  { length: CALLERS },
  () => `2001:db8:${random(12000).toString(16)}:${random(65536).toString(16)}::${random(65536).toString(16)}`,
);

function blockListOf(entries, family) {
  const list = new BlockList();
  for (const entry of entries) list.addSubnet(entry.split('/')[0], Number(entry.split('/')[1]), family);
  return list;
}

/** A row checks one caller per call; `batch` is how many calls make one round. */
const rows = [];
const add = (name, batch, check) => rows.push({ name, batch, check, nanoseconds: [] });

add('node:net isIP, IPv4 (the baseline)', 400_000, (at) => isIP(ipv4Callers[at]));
add('node:net isIP, IPv6', 400_000, (at) => isIP(ipv6Callers[at]));
add('parseIpAddress, IPv4', 400_000, (at) => parseIpAddress(ipv4Callers[at]));
add('parseIpAddress, IPv6', 200_000, (at) => parseIpAddress(ipv6Callers[at]));
for (const [family, rulesOf, texts] of [
  ['IPv4', ipv4Rules, ipv4Callers],
  ['IPv6', ipv6Rules, ipv6Callers],
]) {
  const callers = texts.map(parseIpAddress);
  for (const count of [1, 100, 10_000]) {
    const matcher = compileIpMatcher(parseIpRuleList(rulesOf(count)).rules);
    add(`match, ${count} ${family} rules`, 400_000, (at) => matcher.allows(callers[at]));
  }
}
const mixed = compileIpMatcher(parseIpRuleList([...ipv4Rules(5_000), ...ipv6Rules(5_000)]).rules);
add('parse and match, 10000 rules of both families', 200_000, (at) =>
  mixed.allows(parseIpAddress(at & 1 ? ipv4Callers[at] : ipv6Callers[at])),
);
const trustedProxies = compileIpMatcher(parseIpRuleList('127.0.0.0/8 ::1').rules);
const chains = ipv4Callers.map((text) => [`198.51.100.1, ${text}, 127.0.0.2`]);
add('caller through two proxies, then match, 10000 rules', 100_000, (at) =>
  mixed.allows(resolveCallerAddress({ peer: '127.0.0.1', forwardedFor: chains[at], trustedProxies })),
);
const answers = Array.from({ length: 64 }, (_, at) => parseIpAddress(`192.0.2.${at}`));
const named = compileIpMatcher(parseIpRuleList('a.example').rules, () => answers);
add('match, one host name of 64 addresses, none fits', 100_000, (at) => named.allows(parseIpAddress(ipv4Callers[at])));
const blockList = blockListOf(ipv4Rules(10_000), 'ipv4');
add('node:net BlockList, 10000 IPv4 rules', 200, (at) => blockList.check(ipv4Callers[at]));

let kept = 0;
for (let round = -1; round < ROUNDS; round++) {
  for (const { batch, check, nanoseconds } of rows) {
    const start = process.hrtime.bigint();
    for (let call = 0; call < batch; call++) if (check(call & (CALLERS - 1))) kept++;
    const each = Number(process.hrtime.bigint() - start) / batch;
    if (round >= 0) nanoseconds.push(each);
  }
}

const sorted = (values) => values.toSorted((a, b) => a - b);
const medianOf = (values) => sorted(values)[values.length >> 1];
const baseline = medianOf(rows[0].nanoseconds);
console.log(`${'ns per call'.padEnd(54)}${'median'.padStart(9)}${'worst'.padStart(9)}${'ratio'.padStart(9)}`);
for (const { name, nanoseconds } of rows) {
  const [median, worst] = [medianOf(nanoseconds), sorted(nanoseconds).at(-1)];
  const cells = [median.toFixed(0), worst.toFixed(0), (median / baseline).toFixed(2)];
  console.log(name.padEnd(54) + cells.map((cell) => cell.padStart(9)).join(''));
}
const started = process.hrtime.bigint();
compileIpMatcher(parseIpRuleList(ipv4Rules(10_000)).rules);
console.log(`reading and compiling 10000 rules: ${(Number(process.hrtime.bigint() - started) / 1e6).toFixed(1)} ms`);
if (kept === 0) throw new Error('No caller was let in: the bench measures nothing.');

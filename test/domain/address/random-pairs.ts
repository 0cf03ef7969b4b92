// Random rules and callers, spelt in many ways, for the comparisons with other implementations. The values are kept
// beside the text, so that an oracle is asked about what was meant, not about what our parser made of it.

import fc from 'fast-check';
import { lastAddressValue, type IpFamily } from '../../../src/domain/address/ip-address.ts';

/** An interval rule as meant: `text` is what our parser reads, `oracle` the same in the plainest spelling. */
export interface RandomRule {
  readonly text: string;
  readonly family: IpFamily;
  readonly first: bigint;
  readonly last: bigint;
  readonly oracle:
    | { readonly kind: 'address'; readonly address: string }
    | { readonly kind: 'subnet'; readonly address: string; readonly prefix: number }
    | { readonly kind: 'range'; readonly from: string; readonly to: string };
}

export interface RandomPair {
  readonly rule: RandomRule;
  /** The caller as our parser reads it; `caller` is the same in the plainest spelling. */
  readonly callerText: string;
  readonly callerFamily: IpFamily;
  readonly caller: string;
}

const BITS = { 4: 32, 6: 128 } as const;

/** Dotted decimal, or all eight groups written out: nothing that another implementation could read otherwise. */
export function plainText(family: IpFamily, value: bigint): string {
  const [count, width, radix, mark] = family === 4 ? [4, 8n, 10, '.'] : [8, 16n, 16, ':'];
  const parts = Array.from(
    { length: count },
    (_, at) => (value >> (width * BigInt(count - 1 - at))) & ((1n << width) - 1n),
  );
  return parts.map((part) => part.toString(radix)).join(mark);
}

const anyFamily = fc.constantFrom<IpFamily>(4, 6);

/** Uniform values hardly ever meet a rule, so most are near ends, near one network, or have long runs of bits. */
function anyValue(family: IpFamily): fc.Arbitrary<bigint> {
  const max = lastAddressValue[family];
  const base = family === 4 ? 0xc000_0200n : 0x2001_0db8n << 96n;
  return fc
    .oneof(
      fc.bigInt({ min: 0n, max }),
      fc.bigInt({ min: 0n, max: 1023n }).map((offset) => base + offset),
      fc.bigInt({ min: 0n, max: 3n }),
      fc.bigInt({ min: max - 3n, max }),
      fc.nat(BITS[family] - 1).map((bit) => 1n << BigInt(bit)),
      fc.nat(BITS[family] - 1).map((bit) => (1n << BigInt(bit)) - 1n),
    )
    .filter((value) => family === 4 || value >> 32n !== 0xffffn);
}

/** Spellings of one address: IPv4 also as mapped IPv6, IPv6 in upper case, padded, or with dots at the end. */
function spell(family: IpFamily, value: bigint, style: number): string {
  const plain = plainText(family, value);
  if (family === 4) return [plain, plain, plain, `::ffff:${plain}`, `0:0:0:0:0:FFFF:${plain}`][style % 5] ?? plain;
  const groups = plain.split(':');
  const padded = groups.map((group) => group.padStart(4, '0')).join(':');
  const dotted = `${groups.slice(0, 6).join(':')}:${plainText(4, value & lastAddressValue[4])}`;
  const short = plain.replace(/(?:^|:)0(?::0)+(?::|$)/, '::');
  return [plain, plain.toUpperCase(), padded, dotted, short][style % 5] ?? plain;
}

const anyStyle = fc.nat(4);

const anyAddressRule = anyFamily.chain((family) =>
  fc.tuple(anyValue(family), anyStyle).map(([value, style]): RandomRule => ({
    text: spell(family, value, style),
    family,
    first: value,
    last: value,
    oracle: { kind: 'address', address: plainText(family, value) },
  })),
);

const anyCidrRule = anyFamily.chain((family) =>
  fc.tuple(anyValue(family), fc.nat(BITS[family]), anyStyle).map(([value, prefix, style]): RandomRule => {
    const size = 1n << BigInt(BITS[family] - prefix);
    const first = (value / size) * size;
    const address = spell(family, value, style);
    const written = family === 4 && address.includes(':') ? prefix + 96 : prefix;
    const oracle = { kind: 'subnet', address: plainText(family, value), prefix } as const;
    return { text: `${address}/${written}`, family, first, last: first + size - 1n, oracle };
  }),
);

const anyRangeRule = anyFamily.chain((family) =>
  fc
    .tuple(anyValue(family), anyValue(family), anyStyle, anyStyle, fc.boolean())
    .map(([a, b, one, two, colon]): RandomRule => {
      const [first, last] = a <= b ? [a, b] : [b, a];
      const [from, to] = [plainText(family, first), plainText(family, last)];
      const text =
        family === 4 && colon ? `${from}:${to}` : `${spell(family, first, one)} - ${spell(family, last, two)}`;
      return { text, family, first, last, oracle: { kind: 'range', from, to } };
    }),
);

const anyRule = fc.oneof(anyAddressRule, anyCidrRule, anyRangeRule);

export const anyRuleText = anyRule.map((rule) => rule.text);

/** Half of the callers sit at an edge of the rule, one to each side of it included. */
export const anyPair: fc.Arbitrary<RandomPair> = anyRule.chain((rule) => {
  const max = lastAddressValue[rule.family];
  const edges = [rule.first - 1n, rule.first, rule.first + 1n, (rule.first + rule.last) / 2n, rule.last, rule.last + 1n]
    .filter((value) => value >= 0n && value <= max)
    .filter((value) => rule.family === 4 || value >> 32n !== 0xffffn);
  const near = fc.constantFrom(...edges).map((value) => ({ family: rule.family, value }));
  const far = anyFamily.chain((family) => anyValue(family).map((value) => ({ family, value })));
  return fc.tuple(fc.oneof(near, far), anyStyle).map(([{ family, value }, style]) => ({
    rule,
    callerText: spell(family, value, style),
    callerFamily: family,
    caller: plainText(family, value),
  }));
});

// Rules against callers once more, judged by PostgreSQL's inet operators.

import fc from 'fast-check';
import pg from 'pg';
import { expect, inject, test } from 'vitest';
import { parseIpAddress } from '../../../src/domain/address/ip-address.ts';
import { compileIpMatcher } from '../../../src/domain/address/ip-matcher.ts';
import { parseIpRule } from '../../../src/domain/address/ip-rule.ts';
import { anyPair, type RandomPair } from './random-pairs.ts';

const PAIRS = 100_000;
const BATCH = 20_000;

/** A network is asked with <<=, a range with its two ends; inet compares families first, so ranges ask for it too. */
const VERDICTS = `
  SELECT CASE
    WHEN lower_end IS NULL THEN caller <<= network(rule)
    ELSE family(caller) = family(lower_end) AND caller BETWEEN lower_end AND upper_end
  END AS allowed
  FROM unnest($1::inet[], $2::inet[], $3::inet[], $4::inet[])
    WITH ORDINALITY AS pair (caller, rule, lower_end, upper_end, place)
  ORDER BY place`;

function parametersOf(pairs: readonly RandomPair[]): (string | null)[][] {
  const oracles = pairs.map(({ rule }) => rule.oracle);
  const network = (oracle: RandomPair['rule']['oracle']) =>
    oracle.kind === 'address' ? oracle.address : oracle.kind === 'subnet' ? `${oracle.address}/${oracle.prefix}` : null;
  return [
    pairs.map(({ caller }) => caller),
    oracles.map(network),
    oracles.map((oracle) => (oracle.kind === 'range' ? oracle.from : null)),
    oracles.map((oracle) => (oracle.kind === 'range' ? oracle.to : null)),
  ];
}

function verdictOf({ rule, callerText }: RandomPair): boolean {
  const parsed = parseIpRule(rule.text);
  if (!parsed.ok) throw new Error(`${rule.text} was refused: ${parsed.detail}`);
  return compileIpMatcher([parsed.rule]).allows(parseIpAddress(callerText));
}

test('100,000 random pairs of rule and caller get the verdict of inet in PostgreSQL', async () => {
  const seed = Date.now() & 0x7fff_ffff;
  const client = new pg.Client(inject('postgres'));
  await client.connect();
  try {
    for (let round = 0; round < PAIRS / BATCH; round++) {
      const pairs = fc.sample(anyPair, { seed: seed + round, numRuns: BATCH });
      const { rows } = await client.query<{ allowed: boolean }>(VERDICTS, parametersOf(pairs));
      const wrong = pairs.filter((pair, at) => verdictOf(pair) !== rows[at]?.allowed);
      const shown = wrong.slice(0, 5).map(({ rule, callerText }) => `${rule.text} against ${callerText}`);
      expect(shown, `seed ${seed}, round ${round}`).toEqual([]);
      expect(rows.filter(({ allowed }) => allowed).length).toBeGreaterThan(BATCH / 5);
    }
  } finally {
    await client.end();
  }
});

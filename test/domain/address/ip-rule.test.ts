// One IP rule: the table of tricky entries, and what holds for every entry.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseIpRule } from '../../../src/domain/address/ip-rule.ts';
import { acceptedRules, refusedRules } from './cases.ts';
import { addressTexts, chains, matches, pastes } from './caller-cases.ts';
import { anyRuleText } from './random-pairs.ts';

test('the tables of tricky cases have at least 400 rows, none twice', () => {
  const tables = [acceptedRules, refusedRules, addressTexts, matches, chains, pastes];
  expect(tables.reduce((sum, table) => sum + table.length, 0)).toBeGreaterThanOrEqual(400);
  const entries = [...acceptedRules, ...refusedRules].map(([entry]) => entry);
  expect(entries.filter((entry, at) => entries.indexOf(entry) !== at)).toEqual([]);
});

describe('an entry that is accepted is stored in canonical form, and a notice tells what changed', () => {
  test.each(acceptedRules)('%j is stored as %j', (entry, canonical, notice) => {
    const result = parseIpRule(entry);
    expect(result).toMatchObject({ ok: true, rule: { text: canonical } });
    const notices = result.ok ? result.notices : [];
    if (notice === '') expect(notices).toEqual([]);
    else expect(notices.join('\n')).toContain(notice);
  });
});

describe('an entry that is refused gets a message that names the remedy', () => {
  test.each(refusedRules)('%j is refused with "%s"', (entry, message) => {
    const result = parseIpRule(entry);
    expect(result.ok ? `stored as ${result.rule.text}` : result.detail).toContain(message);
  });
});

test('every message is a sentence of bounded length without control characters', () => {
  for (const [entry] of refusedRules) {
    const result = parseIpRule(entry);
    const detail = result.ok ? '' : result.detail;
    expect(detail).toMatch(/^\P{Cc}{20,900}\.$/u);
  }
});

test('a remedy that quotes an address is itself accepted', () => {
  const remedies = refusedRules.flatMap(([entry]) => {
    const result = parseIpRule(entry);
    const detail = result.ok ? '' : result.detail;
    return /(?:[Ww]rite|such as|instead:|address:) ([0-9][\w.:/-]*\w)/.exec(detail)?.[1] ?? [];
  });
  expect(remedies.length).toBeGreaterThan(20);
  for (const remedy of remedies) expect(parseIpRule(remedy), remedy).toMatchObject({ ok: true });
});

test('parsing the canonical text gives the same rule, without a notice of change', () => {
  const anyEntry = fc.oneof(anyRuleText, fc.constantFrom(...acceptedRules.map(([entry]) => entry)));
  fc.assert(
    fc.property(anyEntry, (entry) => {
      const first = parseIpRule(entry);
      if (!first.ok) throw new Error(`${entry} was refused: ${first.detail}`);
      const second = parseIpRule(first.rule.text);
      expect(second).toMatchObject({ ok: true, rule: first.rule });
      expect(second.ok && second.notices.filter((notice) => !notice.includes('lets every'))).toEqual([]);
    }),
    { numRuns: 5_000 },
  );
});

test('any text gets a verdict, and an accepted one is stable, whatever the characters', () => {
  const alphabet = [
    ...'0123456789abfxz.:-/%[]*, \n_#ü。１',
    '::',
    '10.0.0.1',
    '::ffff:',
    'xn--',
    '255.255.255.0',
    '.com',
  ];
  const noise = fc.array(fc.constantFrom(...alphabet), { maxLength: 12 }).map((parts) => parts.join(''));
  fc.assert(
    fc.property(fc.oneof(noise, fc.string({ unit: 'binary' })), (entry) => {
      const result = parseIpRule(entry);
      if (!result.ok) return result.detail.endsWith('.');
      const again = parseIpRule(result.rule.text);
      return again.ok && again.rule.text === result.rule.text;
    }),
    { numRuns: 30_000 },
  );
});

test('an interval rule has its first address no later than its last, and a kind that fits its text', () => {
  fc.assert(
    fc.property(anyRuleText, (entry) => {
      const result = parseIpRule(entry);
      if (!result.ok || result.rule.kind === 'host') return false;
      const { kind, first, last, text } = result.rule;
      const marks = { address: first === last, cidr: text.includes('/'), range: text.includes('-') };
      return first <= last && marks[kind];
    }),
    { numRuns: 2_000 },
  );
});

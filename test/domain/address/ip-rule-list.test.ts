// Lists of rules as pasted or sent, and the IP restriction kept of them.

import { describe, expect, test } from 'vitest';
import { parseIpRestriction, parseIpRuleList } from '../../../src/domain/address/ip-rule-list.ts';
import { pastes } from './caller-cases.ts';

function addresses(count: number): string[] {
  return Array.from({ length: count }, (_, at) => `10.${at >> 16}.${(at >> 8) & 255}.${at & 255}`);
}

describe('pasted text is cut at commas, spaces and line ends', () => {
  test.each(pastes)('%j gives %j with faults at %j', (text, rules, faults) => {
    const list = parseIpRuleList(text);
    expect(list.rules.map((rule) => rule.text)).toEqual(rules);
    expect(list.faults.map((fault) => fault.index)).toEqual(faults);
  });
});

test('each bad entry of an array is reported at its own index, with what was sent and why', () => {
  const list = parseIpRuleList(['192.0.2.1', '010.0.0.1', '', 'example.com', '192.0.2.1, 192.0.2.2']);
  expect(list.rules.map((rule) => rule.text)).toEqual(['192.0.2.1', 'example.com']);
  expect(list.faults).toEqual([
    { index: 1, entry: '010.0.0.1', detail: expect.stringContaining('leading zeros') },
    { index: 2, entry: '', detail: expect.stringContaining('is empty') },
    { index: 4, entry: '192.0.2.1, 192.0.2.2', detail: expect.stringContaining('holds several') },
  ]);
});

test('what was changed and what was there already come back as notices at their index', () => {
  const list = parseIpRuleList(['192.168.1.30/24', '10.0.0.1', '192.168.1.0/24', '10.0.0.1']);
  expect(list.rules.map((rule) => rule.text)).toEqual(['192.168.1.0/24', '10.0.0.1']);
  expect(list.notices).toEqual([
    { index: 0, detail: expect.stringContaining('stored as 192.168.1.0/24') },
    { index: 2, detail: '192.168.1.0/24 is in the list already, as entry 1.' },
    { index: 3, detail: '10.0.0.1 is in the list already, as entry 2.' },
  ]);
  expect(list.faults).toEqual([]);
});

test('10,000 rules are accepted, with duplicates beside them; the next one is a fault and ends the reading', () => {
  const full = addresses(10_000);
  expect(parseIpRuleList([...full, '10.0.0.0', '10.0.0.1/32'])).toMatchObject({ faults: [], notices: { length: 2 } });
  const over = parseIpRuleList([...full, '192.0.2.1', '192.0.2.2', 'bad']);
  expect(over.rules).toHaveLength(10_000);
  expect(over.faults).toEqual([{ index: 10_000, entry: '192.0.2.1', detail: expect.stringContaining('10,000') }]);
});

test('100 host names are accepted; each further one is a fault at its entry, and addresses beside them are not', () => {
  const names = Array.from({ length: 100 }, (_, at) => `gw${at}.example.com`);
  expect(parseIpRuleList([...names, 'gw0.example.com', '192.0.2.1'])).toMatchObject({ faults: [] });
  const over = parseIpRuleList([...names, 'one.example.com', '192.0.2.1', 'two.example.com']);
  expect(over.rules).toHaveLength(101);
  expect(over.faults).toEqual([
    { index: 100, entry: 'one.example.com', detail: expect.stringContaining('at most 100 host names') },
    { index: 102, entry: 'two.example.com', detail: expect.stringContaining('at most 100 host names') },
  ]);
});

test('a megabyte of nonsense gets at most 10,001 faults, and a giant entry comes back cut', () => {
  expect(parseIpRuleList('x '.repeat(500_000)).faults).toHaveLength(10_001);
  const [fault] = parseIpRuleList(['1'.repeat(1_000_000)]).faults;
  expect(fault?.entry).toHaveLength(301);
});

test('a restriction keeps its mode and the canonical rules, and points notices into the body', () => {
  expect(parseIpRestriction('enforce', ['203.0.113.7', '10.1.2.3/8'])).toEqual({
    ok: true,
    restriction: { mode: 'enforce', rules: ['203.0.113.7', '10.0.0.0/8'] },
    notices: [{ pointer: '/ip_restriction/rules/1', detail: expect.stringContaining('10.0.0.0/8') }],
  });
});

test.each(['report', 'enforce'])('mode %s with an empty list is a fault at /ip_restriction/rules', (mode) => {
  for (const entries of [[], '', ' \n ']) {
    expect(parseIpRestriction(mode, entries)).toEqual({
      ok: false,
      faults: [{ pointer: '/ip_restriction/rules', detail: expect.stringContaining('at least one rule') }],
    });
  }
});

test('mode off may have an empty list, and keeps a list that it has', () => {
  expect(parseIpRestriction('off', [])).toEqual({ ok: true, restriction: { mode: 'off', rules: [] }, notices: [] });
  expect(parseIpRestriction('off', '192.0.2.1')).toMatchObject({ restriction: { mode: 'off', rules: ['192.0.2.1'] } });
});

test('an empty string is not an empty list: it is a fault at its entry, in every mode', () => {
  for (const mode of ['off', 'report', 'enforce']) {
    expect(parseIpRestriction(mode, [''])).toEqual({
      ok: false,
      faults: [{ pointer: '/ip_restriction/rules/0', detail: expect.stringContaining('is empty') }],
    });
  }
});

test('an unknown mode is a fault at /ip_restriction/mode, told together with the bad entries', () => {
  for (const mode of ['', 'Enforce', 'on', 'toString']) {
    expect(parseIpRestriction(mode, ['10.0'])).toEqual({
      ok: false,
      faults: [
        { pointer: '/ip_restriction/mode', detail: expect.stringContaining('off, report or enforce') },
        { pointer: '/ip_restriction/rules/0', detail: expect.stringContaining('octets') },
      ],
    });
  }
});

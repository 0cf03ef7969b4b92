// The header fields that the gate reads itself, compared with what Node makes of the same lines.

import { describe, expect, test } from 'vitest';
import { readGateFields } from '../../src/ports/gate/gate-fields.ts';

const NAMES = {
  authorization: 'Authorization',
  userAgent: 'User-Agent',
  forwardedFor: 'X-Forwarded-For',
  originalMethod: 'X-Original-Method',
  originalUri: 'X-Original-URI',
  forwardedMethod: 'X-Forwarded-Method',
  forwardedUri: 'X-Forwarded-Uri',
  scope: 'X-Postern-Scope',
} as const;

const each = Object.entries(NAMES) as [keyof typeof NAMES, string][];

const nothing = { isAuthorizationRepeated: false, ...Object.fromEntries(each.map(([field]) => [field, undefined])) };

test('a call without any has none', () => {
  expect(readGateFields([])).toEqual(nothing);
  expect(readGateFields(['Host', 'tickets.example', 'Accept', '*/*'])).toEqual(nothing);
});

test.each(each)('%s is %s in any case', (field, name) => {
  for (const spelt of [name, name.toLowerCase(), name.toUpperCase()]) {
    expect(readGateFields(['Host', 'a', spelt, 'value', 'Accept', '*/*'])).toEqual({ ...nothing, [field]: 'value' });
  }
});

test.each(each)('%s is not what merely looks like %s', (_field, name) => {
  const others = [`${name}x`, name.slice(1), `x${name.slice(1)}`, name.replace('-', '_'), `${name} `];
  const unlike = others.filter((other) => other.toLowerCase() !== name.toLowerCase());
  expect(readGateFields(unlike.flatMap((other) => [other, 'value']))).toEqual(nothing);
});

describe('of several lines', () => {
  test('of Authorization the first counts, and that there are more is known, also when one is empty', () => {
    const { authorization, isAuthorizationRepeated } = readGateFields([
      'authorization',
      '',
      'AUTHORIZATION',
      'Bearer b',
    ]);
    expect([authorization, isAuthorizationRepeated]).toEqual(['', true]);
  });

  test('of User-Agent the first counts', () => {
    expect(readGateFields(['user-agent', 'one', 'user-agent', 'two']).userAgent).toBe('one');
  });

  test.each(each.filter(([field]) => field !== 'authorization' && field !== 'userAgent'))(
    '%s has all, in their order, as RFC 9110 §5.3 joins them',
    (field, name) => {
      const raw = [name, 'one', 'Accept', '*/*', name.toLowerCase(), 'two', name, ''];
      expect(readGateFields(raw)[field]).toBe('one, two, ');
    },
  );
});

// The gate's decision as a table: token, audience, address and scope in this order, and what is said about operations.

import { describe, expect, test } from 'vitest';
import { parseIpAddress } from '../../src/domain/address/ip-address.ts';
import { compileIpMatcher } from '../../src/domain/address/ip-matcher.ts';
import { parseIpRuleList } from '../../src/domain/address/ip-rule-list.ts';
import { type ApiOperation, compileOperationMatcher } from '../../src/domain/api/operation-matcher.ts';
import { decideGate, type GateApi, type GateQuestion } from '../../src/domain/gate/gate-decision.ts';
import { companyRestriction, liveClient } from '../support/live-clients.ts';
import { inspectedToken } from './tokens.ts';

const TICKETS = 'https://tickets.example/api';
const inside = parseIpAddress('203.0.113.7');
const outside = parseIpAddress('198.51.100.1');

const operations: readonly ApiOperation[] = [
  operation('GET', '/tickets', [['tickets:read']]),
  operation('POST', '/tickets', [['tickets:write']]),
  operation('GET', '/tickets/{id}', [['tickets:read'], ['tickets:admin', 'audit:read']]),
  operation('DELETE', '/tickets/{id}', [['tickets:write', 'tickets:admin']]),
  operation('GET', '/files/{path}', [['files:read']], ['path']),
  operation('GET', '/ping', [[]]),
  operation('GET', '/internal', []),
];

function operation(
  method: ApiOperation['method'],
  path: string,
  scopes: ApiOperation['scopes'],
  manySegments: readonly string[] = [],
): ApiOperation {
  return { method, path, scopes, manySegments };
}

function api(given: Partial<GateApi> = {}): GateApi {
  return {
    identifier: TICKETS,
    hasOperations: true,
    matcher: compileOperationMatcher(operations),
    unknownOperations: 'refuse',
    ...given,
  };
}

const plain = api({ hasOperations: false, matcher: compileOperationMatcher([]) });
const open = api({ unknownOperations: 'allow' });

function restricted(ipMode: 'enforce' | 'report') {
  return liveClient({ ipMode, ipMatcher: compileIpMatcher(parseIpRuleList(['203.0.113.0/24']).rules) });
}

/** What the decision says of a token with these scopes that calls this. */
function decide(
  held: string,
  call: string | undefined,
  asked: GateApi | undefined = api(),
  scopes: readonly string[] = [],
) {
  const [method = '', path = ''] = call?.split(' ') ?? [];
  const question: GateQuestion = { scopes, original: call === undefined ? undefined : { method, path } };
  const token = inspectedToken({ audience: TICKETS, scopes: held.split(' ').filter(Boolean) });
  const verdict = decideGate(token, asked, question, inside);
  return verdict.allowed ? 'allowed' : 'scopes' in verdict ? `needs ${verdict.scopes.join(' ')}` : verdict.reason;
}

describe('the token', () => {
  const question: GateQuestion = { scopes: [], original: undefined };
  const address = inside;

  test('none that is good is refused before anything else, also for an API that there is not', () => {
    expect(decideGate(undefined, undefined, question, address)).toEqual({ allowed: false, reason: 'invalid_token' });
  });

  test('a good one for an API that there is not is refused, whatever its audience', () => {
    expect(decideGate(inspectedToken({}), undefined, question, address)).toEqual({
      allowed: false,
      reason: 'unknown_api',
    });
  });

  test('one for another API is none here, although its scopes are called the same', () => {
    const token = inspectedToken({ audience: 'https://other.example', scopes: ['tickets:read'] });
    const asked = { ...question, scopes: ['tickets:read'] };
    expect(decideGate(token, plain, asked, address)).toEqual({ allowed: false, reason: 'invalid_token' });
  });

  test('one for an API that was taken from its company is none, also where nothing says what a call needs', () => {
    const token = inspectedToken({ audience: TICKETS, api: undefined });
    expect(decideGate(token, plain, question, address)).toEqual({ allowed: false, reason: 'invalid_token' });
  });
});

describe('the address', () => {
  const question: GateQuestion = { scopes: ['tickets:read'], original: undefined };

  test.each([
    ['enforce', inside, 'allowed'],
    ['enforce', outside, 'address_refused'],
    ['enforce', undefined, 'address_refused'],
    ['report', inside, 'allowed'],
    ['report', outside, 'allowed, reported'],
    ['report', undefined, 'allowed, reported'],
  ] as const)('in the mode %s, from %o: %s', (mode, address, expected) => {
    const token = inspectedToken({ audience: TICKETS, scopes: ['tickets:read'], owner: restricted(mode) });
    const verdict = decideGate(token, plain, question, address);
    expect(verdict.allowed ? `allowed${verdict.reported ? ', reported' : ''}` : verdict.reason).toBe(expected);
  });

  test.each([
    ['enforce', { allowed: false, reason: 'address_refused', refusal: 'company_address_refused' }],
    ['report', { allowed: true, reported: 'company_address_refused' }],
  ] as const)('by the rules of the whole company in the mode %s', (mode, expected) => {
    const companyRestrictions = [companyRestriction('co_root', mode, '203.0.113.0/24')];
    const owner = liveClient({ companyRestrictions });
    const token = inspectedToken({ audience: TICKETS, scopes: ['tickets:read'], owner });
    expect(decideGate(token, plain, question, outside)).toMatchObject(expected);
    expect(decideGate(token, plain, question, inside)).toMatchObject({ allowed: true });
  });

  test('decides before the scope: who may not come from there is not told what is missing', () => {
    const token = inspectedToken({ audience: TICKETS, scopes: [], owner: restricted('enforce') });
    expect(decideGate(token, plain, question, outside)).toMatchObject({ reason: 'address_refused' });
  });
});

describe('what was said of an address is said again', () => {
  const question: GateQuestion = { scopes: [], original: undefined };

  test('to the same token, and anew to each other address', () => {
    const token = inspectedToken({ audience: TICKETS, owner: restricted('enforce') });
    const said = [inside, inside, outside, inside, undefined, outside, inside];
    expect(said.map((address) => decideGate(token, plain, question, address).allowed)).toEqual(
      said.map((address) => address === inside),
    );
  });

  test.each(['its own rules', 'the rules of its company', 'the rules of its API token'])(
    'but not where a host name is among %s: what it stands for may change from one call to the next',
    (whose) => {
      let answers = [inside].flatMap((address) => address ?? []);
      const matcher = compileIpMatcher([{ kind: 'host', text: 'collector.example' }], () => answers);
      const enforced = { mode: 'enforce', matcher } as const;
      const rules = {
        'its own rules': { ipMode: 'enforce', ipMatcher: matcher },
        'the rules of its company': {
          companyRestrictions: [{ ...enforced, companyId: 'co_root', companyName: 'Root' }],
        },
        'the rules of its API token': { tokenRestriction: enforced },
      } as const;
      const owner = liveClient(rules[whose as keyof typeof rules]);
      const token = inspectedToken({ audience: TICKETS, owner });
      const isLetIn = () => decideGate(token, plain, question, inside).allowed;
      expect(isLetIn()).toBe(true);
      answers = [];
      expect(isLetIn()).toBe(false);
    },
  );
});

describe('scopes that the proxy asks for', () => {
  test.each([
    ['a b c', ['b'], 'allowed'],
    ['a b c', ['a', 'c'], 'allowed'],
    ['a', ['a', 'b'], 'needs a b'],
    ['', ['a'], 'needs a'],
    ['ab', ['a'], 'needs a'],
  ])('the token has "%s", needed are %j: %s', (held, scopes, expected) => {
    expect(decide(held, undefined, plain, scopes)).toBe(expected);
  });

  test('take the place of the operation’s: what is called does not matter then', () => {
    expect(decide('tickets:read', 'DELETE /tickets/1', api(), ['tickets:read'])).toBe('allowed');
    expect(decide('tickets:read', undefined, api(), ['tickets:read'])).toBe('allowed');
  });

  test('neither scopes nor operations: every good token for the API passes', () => {
    expect(decide('', undefined, plain)).toBe('allowed');
  });
});

describe('scopes found by the operation', () => {
  test.each([
    ['tickets:read', 'GET /tickets', 'allowed'],
    ['tickets:read', 'HEAD /tickets', 'allowed'],
    ['tickets:read', 'GET /tickets?state=open&next=/ping', 'allowed'],
    ['tickets:write', 'GET /tickets', 'needs tickets:read'],
    ['tickets:read', 'POST /tickets', 'needs tickets:write'],
    ['tickets:read', 'GET /tickets/17', 'allowed'],
    ['tickets:admin audit:read', 'GET /tickets/17', 'allowed'],
    ['tickets:admin', 'GET /tickets/17', 'needs tickets:read'],
    ['tickets:write', 'DELETE /tickets/17', 'needs tickets:write tickets:admin'],
    ['tickets:write tickets:admin', 'DELETE /tickets/17', 'allowed'],
    ['files:read', 'GET /files/a/b/c.txt', 'allowed'],
    ['', 'GET /ping', 'allowed'],
    ['tickets:read', 'get /tickets', 'allowed'],
    ['', 'get /tickets', 'needs tickets:read'],
    ['', undefined, 'untold_request'],
  ])('a token with "%s" that calls %s: %s', (held, call, expected) => {
    expect(decide(held, call)).toBe(expected);
  });

  const everything = 'tickets:read tickets:write tickets:admin audit:read files:read';

  test.each([
    ['GET /', 'unknown_operation', 'allowed'],
    ['GET /health', 'unknown_operation', 'allowed'],
    ['PATCH /tickets', 'unknown_operation', 'allowed'],
    ['GET /internal', 'uncovered_operation', 'allowed'],
  ])('%s: %s, or %s where unknown operations pass', (call, refused, allowed) => {
    expect(decide(everything, call)).toBe(refused);
    expect(decide('', call, open)).toBe(allowed);
  });

  test.each(['GET /tickets', 'GET /tickets/', 'GET /%74ickets', 'GET /tickets?x', 'get /tickets/?x', 'HEAD /tickets/'])(
    'where unknown operations pass, %s still needs what the described one needs',
    (call) => {
      expect(decide('', call, open)).toBe('needs tickets:read');
    },
  );

  test.each([
    'GET /public/../tickets',
    'GET /public/%2e%2e/tickets',
    'GET //tickets',
    'GET /public/..;/tickets',
    'GET /tickets%2f17',
    'GET /tickets%5c17',
    'GET /tickets\\17',
    'GET /tickets%00',
    'GET /tickets%',
    'GET /tickets#x',
    'GET /tickéts',
    'GET tickets',
    'GET http://tickets.example/tickets',
    'GET *',
    'GET ',
  ])('%s can be read in more than one way and is refused, also where unknown operations pass', (call) => {
    expect(decide(everything, call)).toBe('ambiguous_path');
    expect(decide(everything, call, open)).toBe('ambiguous_path');
  });
});

// Every route of the OpenAPI document × every kind of caller × every relation between caller and target: the status that came is
// compared with the one that follows from the rules of reach, and what was refused has changed nothing.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createLog } from '../../src/base/log.ts';
import type { ApiServices } from '../../src/ports/api/contract.ts';
import { createRouter } from '../../src/ports/api/router.ts';
import { type Entry, ENTRIES, reaches, type Target } from './matrix-entries.ts';
import { ALL, type CompanyName, makeWorld, type MatrixCaller, placeOf, type World } from './matrix-world.ts';
import { documentSchema, operationsOf } from './openapi-document.ts';

let world: World;
let operations: { method: string; path: string; scopes: readonly string[] }[];
let before: string;

beforeAll(async () => {
  world = await makeWorld();
  const document = documentSchema.parse(await (await fetch(`${world.server.issuer}/api/openapi.json`)).json());
  operations = operationsOf(document).map(({ method, path, operation }) => ({
    method: method.toUpperCase(),
    path,
    scopes: operation.security.flatMap((each) => each['oauth2'] ?? []),
  }));
  before = await picture();
}, 120_000);

afterAll(() => world.server.close());

/** Every relation that a kind of caller has to something, with the company of that; `undefined`: nothing has that id. */
const RELATIONS: Readonly<Record<CompanyName, Readonly<Record<string, CompanyName | undefined>>>> = {
  root: { own: 'root', child: 'north', grandchild: 'south_a', 'suspended child': 'frozen', nonexistent: undefined },
  north: {
    own: 'north',
    parent: 'root',
    sibling: 'south',
    child: 'north_a',
    'suspended child': 'icy',
    'child of a sibling': 'south_a',
    nonexistent: undefined,
  },
  north_a: { own: 'north_a', parent: 'north', sibling: 'north_b', stranger: 'south_a', nonexistent: undefined },
  icy: { own: 'icy', sibling: 'north_a', nonexistent: undefined },
  frozen: { own: 'frozen', child: 'buried', nonexistent: undefined },
  buried: { own: 'buried', parent: 'frozen', nonexistent: undefined },
  north_b: {},
  south: {},
  south_a: {},
};

const NOTHING: Omit<Target, 'place'> = {
  companyId: 'co_aaaaaaaaaaaaaaaaaaaa',
  clientId: 'pst_aaaaaaaaaaaaaaaaaaaaaaaa',
  secretId: 'sec_aaaaaaaaaaaaaaaaaaaa',
  userId: 'usr_aaaaaaaaaaaaaaaaaaaa',
  userEmail: 'nobody@matrix.test',
  roleId: 'role_aaaaaaaaaaaaaaaaaaaa',
  roleName: 'No role is called so',
  apiTokenId: 'tok_aaaaaaaaaaaaaaaaaaaa',
  eventId: '999999999999',
  apiId: 'nothing',
};

interface Cell {
  readonly caller: MatrixCaller;
  readonly relation: string;
  readonly expected: number;
  readonly answer: { readonly status: number; readonly json: unknown };
  readonly target: Target;
}

function statusFor(entry: Entry, caller: MatrixCaller, target: Target): number {
  if (caller.isDead) return 401;
  if (entry.privilege !== null && !caller.scopes.has(entry.privilege)) return 403;
  return entry.expected(caller, target.place);
}

async function targetFor(entry: Entry, caller: MatrixCaller, company: CompanyName | undefined): Promise<Target> {
  if (company === undefined) return { ...NOTHING, place: undefined };
  const place = placeOf(world.places, company);
  const standing: Target = { ...place, place, apiId: world.apiId };
  const succeeds = statusFor(entry, caller, standing) < 300;
  return succeeds && entry.fresh ? { ...standing, ...(await entry.fresh(world, place)) } : standing;
}

async function send(method: string, path: string, entry: Entry, caller: MatrixCaller, target: Target) {
  const { params = {}, query = {}, json } = entry.request(target);
  const concrete = path.replaceAll(/\{(\w+)\}/g, (_match, name: string) => params[name] ?? '');
  const search = new URLSearchParams(query).toString();
  const response = await fetch(`${world.server.issuer}${concrete}${search ? `?${search}` : ''}`, {
    method,
    headers: {
      ...(caller.token === undefined ? {} : { Authorization: `Bearer ${caller.token}` }),
      ...(json === undefined ? {} : { 'Content-Type': 'application/json' }),
    },
    ...(json === undefined ? {} : { body: JSON.stringify(json) }),
  });
  const text = await response.text();
  return { status: response.status, json: text === '' ? undefined : (JSON.parse(text) as unknown) };
}

/** All callers at once, each asking about one target after the other. */
async function row(method: string, path: string, entry: Entry): Promise<Cell[]> {
  const ofCallers = world.callers.map(async (caller) => {
    const cells: Cell[] = [];
    for (const [relation, company] of Object.entries(RELATIONS[caller.place.name])) {
      const target = await targetFor(entry, caller, company);
      const answer = await send(method, path, entry, caller, target);
      cells.push({ caller, relation, answer, target, expected: statusFor(entry, caller, target) });
    }
    return cells;
  });
  return (await Promise.all(ofCallers)).flat();
}

/** Everything of every place, but for the names of companies, which those who may have changed. */
async function picture(): Promise<string> {
  const { services } = world.server;
  const all = [];
  for (const place of world.places.values()) {
    const {
      name: _name,
      updatedAt: _at,
      version: _version,
      ...company
    } = await services.companies.get(world.admin, place.companyId);
    all.push(
      { ...company, parentName: null },
      { ...(await services.clients.get(world.admin, place.clientId)), companyName: null },
      { ...(await services.users.get(world.admin, place.userId)), companyName: null },
      { ...(await services.roles.get(world.admin, place.roleId)), companyName: null },
      { ...(await services.apiTokens.get(world.admin, place.apiTokenId)), companyName: null },
    );
  }
  all.push(await services.apis.get(world.admin, world.apiId));
  return JSON.stringify(all, null, 1);
}

describe('the matrix sees everything', () => {
  test('every operation of the document has an entry, every entry is an operation, and neither is few', () => {
    const documented = operations.map(({ method, path }) => `${method} ${path}`).toSorted();
    expect([...ENTRIES.keys()].toSorted()).toEqual(documented);
    expect(documented.length).toBeGreaterThan(30);
  });

  test('every path of the router stands in the document', () => {
    const router = createRouter({
      issuer: '',
      services: {} as ApiServices,
      authenticator: { authenticate: async () => ({ ok: false, reason: 'invalid_token' }) },
      log: createLog('silent'),
    });
    const mounted = new Set(router.stack.map(({ path }) => String(path).replaceAll(/:(\w+)/g, '{$1}')));
    expect(mounted).toEqual(new Set(operations.map(({ path }) => path)));
  });

  test('each entry names the privilege that the document names', () => {
    for (const { method, path, scopes } of operations) {
      const { privilege = null } = ENTRIES.get(`${method} ${path}`) ?? {};
      expect([method, path, scopes]).toEqual([method, path, privilege === null ? [] : [privilege]]);
      if (privilege !== null) expect(ALL).toContain(privilege);
    }
  });

  test('kinds of callers, relations and privileges are all there', () => {
    expect(world.callers.length).toBeGreaterThanOrEqual(25);
    const relations = new Set(world.callers.flatMap(({ place }) => Object.keys(RELATIONS[place.name])));
    expect([...relations]).toEqual(
      expect.arrayContaining(['own', 'sibling', 'parent', 'child', 'suspended child', 'nonexistent']),
    );
    for (const caller of world.callers) expect(Object.keys(RELATIONS[caller.place.name]).length).toBeGreaterThan(2);
  });
});

describe.each([...ENTRIES])('%s', (key, entry) => {
  const [method = '', path = ''] = key.split(' ');
  let cells: Cell[];

  beforeAll(async () => {
    cells = await row(method, path, entry);
  }, 120_000);

  test('answers each caller about each target as the rules say', () => {
    const shown = (status: (cell: Cell) => number) =>
      cells.map((cell) => `${cell.caller.kind}, ${cell.relation}: ${status(cell)}`);
    expect(shown(({ answer }) => answer.status)).toEqual(shown(({ expected }) => expected));
    expect(cells.length).toBeGreaterThan(120);
    const statuses = new Set(cells.map(({ expected }) => expected));
    expect(statuses).toContain(401);
    if (entry.privilege !== null) expect(statuses).toContain(403);
    expect([...statuses].some((status) => status < 300 || status === 409)).toBe(true);
  });

  test('tells what lies out of reach and what does not exist apart by nothing', () => {
    const words = (status: number) => {
      const refused = cells.filter(
        ({ caller, answer, target }) => answer.status === status && !reaches(caller, target.place),
      );
      return new Set(refused.map(({ answer }) => JSON.stringify({ ...Object(answer.json), instance: '' })));
    };
    expect(words(404).size).toBeLessThanOrEqual(1);
    expect(words(422).size).toBeLessThanOrEqual(1);
  });

  if (entry.lists) {
    const { idOf, id } = entry.lists;
    test('shows what lies within reach and nothing else', () => {
      let seen = 0;
      for (const { caller, relation, answer, target } of cells) {
        if (answer.status !== 200) continue;
        const { items } = answer.json as { items: Record<string, unknown>[] };
        const ids = items.map(idOf);
        const place = `${caller.kind}, ${relation}`;
        expect([place, ids.includes(id(target))]).toEqual([place, reaches(caller, target.place)]);
        if (!reaches(caller, target.place)) expect([place, withoutReached(caller, items)]).toEqual([place, []]);
        seen += ids.length;
      }
      expect(seen).toBeGreaterThan(10);
    });
  }
});

/** Items of companies that the caller does not reach. */
function withoutReached(caller: MatrixCaller, items: readonly Record<string, unknown>[]) {
  const places = [...world.places.values()];
  return items.filter((item) => {
    const companyId = item['company_id'] ?? item['id'];
    return !reaches(
      caller,
      places.find((place) => place.companyId === companyId),
    );
  });
}

test('and whatever was refused, or made something of its own, has left everything else as it was', async () => {
  expect(await picture()).toBe(before);
  expect(before.length).toBeGreaterThan(5000);
});

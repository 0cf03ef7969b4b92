// The rules about custom roles, on a real database: nobody grants what they do not hold, no role holds more than its company may, and
// a role that somebody has stays.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { Problem } from '../../src/base/problem.ts';
import type { Caller } from '../../src/domain/access/caller.ts';
import { MANAGEMENT_PRIVILEGES } from '../../src/domain/api/privilege.ts';
import { createCompanyService } from '../../src/domain/company/company-service.ts';
import { createRoleCommands, type RoleCommands } from '../../src/domain/role/role-commands.ts';
import { createRoleService } from '../../src/domain/role/role-service.ts';
import type { RoleSummary } from '../../src/domain/role/role.ts';
import type { Storage } from '../../src/domain/stores.ts';
import type { Company } from '../../src/domain/company/company.ts';
import { rootCompany, type TestCaller, toCaller } from '../api/api-server.ts';
import { createTestDatabase, openTestStorage, type TestDatabase, type TestStorage } from '../support/database.ts';
import { makeApi, makeClient, makeCompany, makeUser, newClient } from '../support/factories.ts';

const READ = 'management/clients:read';
const WRITE = 'management/clients:write';
const RESELLER_LEVEL = 'management/companies:read';
const ROOT_LEVEL = 'management/keys:read';

let database: TestDatabase;
let opened: TestStorage;
let storage: Storage;
let roles: RoleCommands;
let root: Caller;

beforeAll(async () => {
  database = await createTestDatabase();
  opened = await openTestStorage(database.connection);
  ({ storage } = opened);
  roles = createRoleCommands({ storage, clock: systemClock });
  root = toCaller('root', { company: rootCompany, role: 'reseller' });
});

afterAll(async () => {
  await opened.close();
  await database.drop();
});

/** Of every test its own: a reseller with two companies below it, and a company beside it. */
let reseller: Company;
let child: Company;
let sister: Company;
let beside: Company;
let ofReseller: Caller;

beforeEach(async () => {
  reseller = await makeCompany(database, { reseller: true });
  child = await makeCompany(database, { parentId: reseller.id });
  sister = await makeCompany(database, { parentId: reseller.id });
  beside = await makeCompany(database);
  ofReseller = callerOf(reseller, 'reseller');
});

function callerOf(company: TestCaller['company'], role: TestCaller['role'], scopes?: readonly string[]): Caller {
  return toCaller(`of-${company.id}`, { company, role, ...(scopes ? { scopes } : {}) });
}

const ALL_SCOPES = MANAGEMENT_PRIVILEGES.map(({ scope }) => scope);

async function refusalOf(attempt: Promise<unknown>): Promise<{ status: number; detail: string; pointers: string[] }> {
  const error = await attempt.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof Problem)) throw new Error('it was not refused', { cause: error });
  return { status: error.status, detail: error.detail, pointers: error.errors.map(({ pointer }) => pointer) };
}

const eventsOf = (id: string) =>
  database.query<{ action: string; company_id: string; changes: Record<string, unknown> | null }>(
    'SELECT action, company_id, changes FROM audit_event WHERE target_id = $1 ORDER BY id',
    [id],
  );

const countRoles = async () =>
  (await database.query<{ count: number }>('SELECT count(*)::integer AS count FROM role'))[0]?.count;

const granted = (roleId: string, companyId: string) =>
  storage.read((stores) => stores.roles.privilegesOf(roleId, companyId));

let made = 0;
const newName = () => `Role ${(made += 1)}`;

const create = (caller: Caller, given: Partial<Parameters<RoleCommands['create']>[1]> = {}): Promise<RoleSummary> =>
  roles.create(caller, { name: newName(), privileges: [READ], ...given });

describe('create', () => {
  test('makes a role of the caller’s company, each privilege once, with an audit event', async () => {
    const role = await create(ofReseller, {
      description: 'Reads',
      privileges: [WRITE, READ, WRITE],
      availableTo: [sister.id, child.id, child.id],
    });
    const availableTo = [child.id, sister.id].toSorted();
    expect(role).toMatchObject({
      description: 'Reads',
      kind: 'custom',
      companyId: reseller.id,
      companyName: reseller.name,
      privileges: [READ, WRITE],
      availableTo,
      clientCount: 0,
      userCount: 0,
      version: 1,
    });
    expect(await eventsOf(role.id)).toEqual([
      {
        action: 'role.created',
        company_id: reseller.id,
        changes: {
          name: [null, role.name],
          description: [null, 'Reads'],
          company_id: [null, reseller.id],
          privileges: [null, [READ, WRITE]],
          available_to: [null, availableTo],
        },
      },
    ]);
  });

  test('makes one for a company below; what it names is what holders there get', async () => {
    const role = await create(ofReseller, { companyId: child.id, privileges: [READ, 'management/audit:read'] });
    expect(role.companyId).toBe(child.id);
    expect((await granted(role.id, child.id)).toSorted()).toEqual(['management/audit:read', READ]);
  });

  test('a Company Admin makes one for their own company, and for no other', async () => {
    const admin = callerOf(child, 'company_admin');
    expect((await create(admin)).companyId).toBe(child.id);
    const [foreign, unknown] = [
      await refusalOf(create(admin, { companyId: sister.id })),
      await refusalOf(create(admin, { companyId: 'co_none' })),
    ];
    expect(foreign).toEqual({ status: 422, detail: 'There is no such company.', pointers: ['/company_id'] });
    expect(unknown).toEqual(foreign);
  });

  test('nobody without roles:write', async () => {
    const reader = callerOf(reseller, 'reseller', ['roles:read', 'clients:read']);
    expect(await refusalOf(create(reader))).toMatchObject({ status: 403 });
  });

  test('a role may hold nothing at all', async () => {
    expect((await create(root, { privileges: [] })).privileges).toEqual([]);
  });
});

describe('what a role may hold is bound to the level of the company that owns it', () => {
  const owners = {
    root: () => rootCompany.id,
    reseller: () => reseller.id,
    plain: () => child.id,
  };
  test.each([
    ['root', READ, true],
    ['root', RESELLER_LEVEL, true],
    ['root', ROOT_LEVEL, true],
    ['reseller', READ, true],
    ['reseller', RESELLER_LEVEL, true],
    ['reseller', ROOT_LEVEL, false],
    ['plain', READ, true],
    ['plain', RESELLER_LEVEL, false],
    ['plain', ROOT_LEVEL, false],
  ] as const)('%s company, %s: %s', async (owner, privilege, isPossible) => {
    const attempt = () => create(root, { companyId: owners[owner](), privileges: [READ, privilege] });
    if (isPossible) {
      expect((await attempt()).privileges).toContain(privilege);
      return;
    }
    const before = await countRoles();
    expect(await refusalOf(attempt())).toMatchObject({ status: 422, pointers: ['/privileges/1'] });
    expect(await countRoles()).toBe(before);
  });

  test('and to the APIs available to it; what is not there is pointed at one by one', async () => {
    const id = `of-${reseller.id}`.replaceAll('_', '-').toLowerCase();
    await makeApi(database, { id, availableTo: [reseller.id], privileges: [{ scope: 'things:read/all' }] });
    const privilege = `${id}/things:read/all`;
    const holder = { ...root, privileges: new Set([...root.privileges, privilege]) };
    expect((await create(holder, { companyId: reseller.id, privileges: [privilege] })).privileges).toEqual([privilege]);
    const elsewhere = create(holder, { companyId: beside.id, privileges: [privilege, READ, 'management/none', 'x/y'] });
    expect(await refusalOf(elsewhere)).toMatchObject({
      status: 422,
      pointers: ['/privileges/0', '/privileges/2', '/privileges/3'],
    });
  });
});

describe('nobody makes a role that holds more than they do', () => {
  test('at creation', async () => {
    const weak = callerOf(reseller, 'reseller', ['roles:write', 'clients:read']);
    expect((await create(weak, { privileges: [READ] })).privileges).toEqual([READ]);
    const before = await countRoles();
    expect(await refusalOf(create(weak, { privileges: [READ, WRITE] }))).toMatchObject({
      status: 403,
      detail: expect.stringContaining(WRITE),
    });
    expect(await countRoles()).toBe(before);
  });

  test('nor widens one, nor touches one that is stronger already, whatever is changed about it', async () => {
    const weak = callerOf(reseller, 'reseller', ['roles:write', 'clients:read']);
    const equal = await create(ofReseller, { privileges: [READ] });
    const strong = await create(ofReseller, { privileges: [READ, WRITE] });
    for (const attempt of [
      () => roles.update(weak, equal.id, { privileges: [READ, WRITE] }),
      () => roles.update(weak, strong.id, { name: 'Mine' }),
      () => roles.update(weak, strong.id, { privileges: [READ] }),
      () => roles.update(weak, strong.id, { availableTo: [child.id] }),
      () => roles.delete(weak, strong.id),
    ]) {
      expect(await refusalOf(attempt())).toMatchObject({ status: 403 });
    }
    expect(await eventsOf(strong.id)).toHaveLength(1);
    expect((await roles.update(weak, equal.id, { description: 'Fine' })).description).toBe('Fine');
  });
});

describe('whom a role is made available to', () => {
  test('companies below its owner alone: own, sister, above and unknown are refused in the same words', async () => {
    const availableTo = [reseller.id, child.id, beside.id, rootCompany.id, 'co_none'];
    expect(await refusalOf(create(ofReseller, { availableTo }))).toEqual({
      status: 422,
      detail: '4 values are not valid.',
      pointers: expect.arrayContaining(
        [0, 1, 2, 3, 4].filter((at) => availableTo[at] !== child.id).map((at) => `/available_to/${at}`),
      ),
    });
    const details = await Promise.all(
      availableTo
        .filter((id) => id !== child.id)
        .map(async (id) => (await refusalOf(create(ofReseller, { availableTo: [id] }))).detail),
    );
    expect(new Set(details)).toEqual(new Set(['There is no such company below this one.']));
  });

  test('a company that is no reseller keeps its roles for itself', async () => {
    const attempt = create(root, { companyId: child.id, availableTo: [sister.id] });
    expect(await refusalOf(attempt)).toMatchObject({ status: 422, pointers: ['/available_to'] });
  });

  test('they can choose it, and get of it what their level allows; others cannot', async () => {
    const role = await create(ofReseller, { privileges: [READ, RESELLER_LEVEL], availableTo: [child.id] });
    const choosable = (companyId: string) => storage.read((stores) => stores.roles.findChoosable(role.id, companyId));
    expect(await choosable(child.id)).toMatchObject({ privileges: [READ] });
    expect(await choosable(sister.id)).toBeUndefined();
    expect(await choosable(beside.id)).toBeUndefined();
  });

  test('it is not taken from a company where somebody has it; who that is, is told as far as the caller sees', async () => {
    const role = await create(ofReseller, { availableTo: [child.id, sister.id] });
    await makeClient(storage, { companyId: child.id, roleId: role.id, name: 'siem' });
    const seen = await refusalOf(roles.update(ofReseller, role.id, { availableTo: [sister.id] }));
    expect(seen).toMatchObject({ status: 409, pointers: ['/available_to'] });
    expect(seen.detail).toContain('the client siem has it');
    expect((await roles.update(ofReseller, role.id, { availableTo: [child.id] })).availableTo).toEqual([child.id]);
  });

  test('whoever reaches one company alone neither sees nor takes away the others', async () => {
    const role = await create(ofReseller, { availableTo: [child.id] });
    const narrow = callerOf(reseller, 'company_admin', ALL_SCOPES);
    const changed = await roles.update(narrow, role.id, { availableTo: [], description: 'x' });
    expect(changed.availableTo).toEqual([]);
    const stored = await createRoleService({ storage }).get(ofReseller, role.id);
    expect(stored).toMatchObject({ availableTo: [child.id], description: 'x' });
  });
});

describe('what a role is called', () => {
  test.each([
    'Reseller',
    'company admin',
    'COMPANY  ADMIN',
    'Ｒｅｓｅｌｌｅｒ',
    'Re\u200bseller',
    'Company\u00a0Admin',
  ])('never like a standard role: %j', async (name) => {
    expect(await refusalOf(create(root, { name }))).toMatchObject({ status: 409, pointers: ['/name'] });
    const role = await create(root);
    expect(await refusalOf(roles.update(root, role.id, { name }))).toMatchObject({ status: 409 });
  });

  test('unlike every other that the company can choose, whatever the case and the normal form', async () => {
    const name = `Prüfer ${reseller.id}`;
    await create(ofReseller, { name });
    for (const same of [name.toUpperCase(), name.normalize('NFD'), name.normalize('NFKD')]) {
      expect(await refusalOf(create(ofReseller, { name: same }))).toMatchObject({ status: 409, pointers: ['/name'] });
    }
  });

  test('also unlike those made available to it from above, in both directions', async () => {
    const above = await create(ofReseller, { availableTo: [child.id] });
    expect(await refusalOf(create(ofReseller, { companyId: child.id, name: above.name }))).toMatchObject({
      status: 409,
    });
    const own = await create(ofReseller, { companyId: sister.id });
    const refusal = await refusalOf(create(ofReseller, { name: own.name, availableTo: [child.id, sister.id] }));
    expect(refusal).toMatchObject({ status: 409, pointers: ['/name'] });
    expect(refusal.detail).toContain(sister.name);
    const later = await create(ofReseller, { name: own.name });
    expect(await refusalOf(roles.update(ofReseller, later.id, { availableTo: [sister.id] }))).toMatchObject({
      status: 409,
    });
  });

  test('two companies that share no role may use the same name', async () => {
    const name = newName();
    await create(root, { companyId: child.id, name });
    expect((await create(root, { companyId: sister.id, name })).name).toBe(name);
    expect((await create(root, { companyId: beside.id, name })).name).toBe(name);
  });

  test('a clash in a company that the caller does not see names none', async () => {
    const role = await create(ofReseller, { availableTo: [child.id] });
    const own = await create(ofReseller, { companyId: child.id });
    const narrow = callerOf(reseller, 'company_admin', ALL_SCOPES);
    const { status, detail } = await refusalOf(roles.update(narrow, role.id, { name: own.name }));
    expect(status).toBe(409);
    expect(detail).not.toContain(child.name);
  });
});

describe('update', () => {
  test('grants and takes at once what it changes, and tells old and new', async () => {
    const role = await create(ofReseller, { privileges: [READ, WRITE] });
    const client = await makeClient(storage, { companyId: reseller.id, roleId: role.id });
    opened.changes.length = 0;
    const changed = await roles.update(ofReseller, role.id, { privileges: [READ, 'management/audit:read'] }, 1);
    expect(changed).toMatchObject({ version: 2, clientCount: 1 });
    expect((await granted(client.roleId, reseller.id)).toSorted()).toEqual(['management/audit:read', READ]);
    expect(opened.changes).toContainEqual({ topic: 'role', key: role.id });
    expect((await eventsOf(role.id)).at(-1)).toEqual({
      action: 'role.updated',
      company_id: reseller.id,
      changes: {
        privileges: [
          [READ, WRITE],
          ['management/audit:read', READ],
        ],
      },
    });
  });

  test('without a difference nothing happens', async () => {
    const role = await create(ofReseller, { privileges: [READ, WRITE] });
    const same = await roles.update(ofReseller, role.id, { name: role.name, privileges: [WRITE, READ] });
    expect(same).toEqual(role);
    expect(await eventsOf(role.id)).toHaveLength(1);
  });

  test('refuses a stale version', async () => {
    const role = await create(ofReseller);
    await roles.update(ofReseller, role.id, { description: 'first' }, 1);
    expect(await refusalOf(roles.update(ofReseller, role.id, { description: 'second' }, 1))).toMatchObject({
      status: 412,
    });
    expect(await refusalOf(roles.delete(ofReseller, role.id, 1))).toMatchObject({ status: 412 });
  });

  test('does not take the right to manage users from the last who has it', async () => {
    const role = await create(root, { privileges: [READ, 'management/users:write'] });
    await makeUser(storage, { roleId: role.id, passwordHash: 'hash' });
    const attempt = () => roles.update(root, role.id, { privileges: [READ] });
    expect(await refusalOf(attempt())).toMatchObject({ status: 409, pointers: ['/privileges'] });
    await makeUser(storage, { roleId: 'role_reseller', passwordHash: 'hash' });
    expect((await attempt()).privileges).toEqual([READ]);
  });
});

describe('whose role it is', () => {
  const attempts = (caller: Caller, roleId: string) => [
    () => roles.update(caller, roleId, { name: newName() }),
    () => roles.delete(caller, roleId),
  ];

  test('standard roles are fixed', async () => {
    for (const roleId of ['role_reseller', 'role_company_admin']) {
      for (const attempt of attempts(root, roleId)) expect(await refusalOf(attempt())).toMatchObject({ status: 409 });
    }
  });

  test('one of a company out of reach answers as one that does not exist', async () => {
    const foreign = await create(root, { companyId: beside.id });
    for (const caller of [ofReseller, callerOf(child, 'company_admin')]) {
      for (const roleId of [foreign.id, 'role_none']) {
        for (const attempt of attempts(caller, roleId)) {
          expect(await refusalOf(attempt())).toEqual({ status: 404, detail: 'There is no such role.', pointers: [] });
        }
      }
    }
  });

  test('one made available from above can be used, not changed', async () => {
    const role = await create(ofReseller, { availableTo: [child.id] });
    for (const attempt of attempts(callerOf(child, 'company_admin'), role.id)) {
      expect(await refusalOf(attempt())).toMatchObject({ status: 403 });
    }
  });
});

describe('delete', () => {
  test('removes a role that nobody has, with its old values in the audit log', async () => {
    const role = await create(ofReseller, { availableTo: [child.id] });
    await roles.delete(ofReseller, role.id, 1);
    expect(await refusalOf(roles.delete(ofReseller, role.id))).toMatchObject({ status: 404 });
    expect((await eventsOf(role.id)).at(-1)).toMatchObject({
      action: 'role.deleted',
      changes: { name: [role.name, null], privileges: [[READ], null], available_to: [[child.id], null] },
    });
  });

  test('one in use stays, and the conflict names who has it, five at most, strangers as a number', async () => {
    const role = await create(ofReseller, { availableTo: [child.id] });
    const narrow = callerOf(reseller, 'company_admin', ALL_SCOPES);
    await makeClient(storage, { companyId: child.id, roleId: role.id, name: 'child job' });
    expect((await refusalOf(roles.delete(narrow, role.id))).detail).not.toContain('child job');
    await makeUser(storage, { companyId: reseller.id, roleId: role.id, email: `${role.id}@own.test` });
    for (let n = 1; n <= 5; n += 1)
      await makeClient(storage, { companyId: reseller.id, roleId: role.id, name: `job ${n}` });
    const own = await refusalOf(roles.delete(narrow, role.id));
    expect(own).toMatchObject({ status: 409 });
    expect(own.detail).toContain(
      'the client job 1, the client job 2, the client job 3, the client job 4, the client job 5, 2 more have it',
    );
    const all = await refusalOf(roles.delete(ofReseller, role.id));
    expect(all.detail).toContain('the client child job');
    expect(await granted(role.id, child.id)).toEqual([READ]);
  });
});

describe('at once', () => {
  const outcomes = (attempts: readonly Promise<unknown>[]) =>
    Promise.all(
      attempts.map((attempt) =>
        attempt.then(
          () => 'done' as const,
          (error: unknown) => (error instanceof Problem ? error.status : Promise.reject(error as Error)),
        ),
      ),
    );

  test('of two roles that get the same name where both can be chosen, one does', async () => {
    const above = await create(ofReseller, { availableTo: [child.id] });
    const own = await create(ofReseller, { companyId: child.id });
    const name = newName();
    const ended = await outcomes([
      roles.update(ofReseller, above.id, { name }),
      roles.update(ofReseller, own.id, { name }),
      create(ofReseller, { companyId: child.id, name }),
    ]);
    expect(ended.toSorted()).toEqual([409, 409, 'done']);
  });

  test('of two changes of the same version one is told', async () => {
    const role = await create(ofReseller);
    const change = (description: string) => roles.update(ofReseller, role.id, { description }, 1);
    expect((await outcomes([change('a'), change('b')])).toSorted()).toEqual([412, 'done']);
  });

  /** A client that is given the role by the very steps of the command, so that no hash delays it. */
  const give = (roleId: string, companyId: string) =>
    storage.write(async (stores) => {
      const role = await stores.roles.findChoosable(roleId, companyId);
      if (!role) throw new Problem('request.invalid', 'There is no such role.');
      await stores.clients.insert(newClient({ roleId, companyId }));
    });

  test('a role that is deleted while it is given is either kept or not given', async () => {
    for (let round = 0; round < 10; round += 1) {
      const role = await create(ofReseller, { companyId: child.id });
      const [deleted, given] = await outcomes([roles.delete(ofReseller, role.id), give(role.id, child.id)]);
      expect([[deleted, given].join()]).toSatisfy(([ended]: string[]) => ended === 'done,422' || ended === '409,done');
    }
  });

  test('a role that is taken from a company while it is given there is either left or not given', async () => {
    for (let round = 0; round < 10; round += 1) {
      const role = await create(ofReseller, { availableTo: [child.id] });
      const taken = roles.update(ofReseller, role.id, { availableTo: [] });
      const ended = (await outcomes([taken, give(role.id, child.id)])).join();
      expect(['done,422', '409,done']).toContain(ended);
    }
  });

  test('a company that stops being a reseller while its role Reseller is given is either left one or not given', async () => {
    const companies = createCompanyService({ storage, clock: systemClock });
    for (let round = 0; round < 10; round += 1) {
      const company = await makeCompany(database, { reseller: true });
      const ended = await outcomes([
        companies.update(root, company.id, { reseller: false }),
        give('role_reseller', company.id),
      ]);
      expect(['done,422', '409,done']).toContain(ended.join());
    }
  });

  test('a company that stops being a reseller while a role with its privileges is made stays below its level', async () => {
    const companies = createCompanyService({ storage, clock: systemClock });
    for (let round = 0; round < 10; round += 1) {
      const company = await makeCompany(database, { reseller: true });
      const ended = await outcomes([
        companies.update(root, company.id, { reseller: false }),
        create(root, { companyId: company.id, privileges: [RESELLER_LEVEL] }),
      ]);
      expect(['done,422', '409,done']).toContain(ended.join());
    }
  });
});

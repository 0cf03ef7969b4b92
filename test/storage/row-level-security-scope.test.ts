// How work comes to be within a reach, and what looks beyond it on purpose.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import type { Caller } from '../../src/domain/access/caller.ts';
import { runBeyond, runWithin } from '../../src/domain/access/reach-scope.ts';
import { createRoleCommands } from '../../src/domain/role/role-commands.ts';
import type { Stores } from '../../src/domain/stores.ts';
import { createTestDatabase, openTestStorage, type TestDatabase, type TestStorage } from '../support/database.ts';
import { makeCaller, makeClient, makeRole, makeUser, reachOf } from '../support/factories.ts';
import { makeOwnedDatabase } from '../support/owned-database.ts';
import { fillTenants, type FilledTenants, type Who } from './filled-tenants.ts';

describe.each([
  ['a superuser', () => createTestDatabase()],
  ['the owner of the database', () => makeOwnedDatabase()],
] as const)('for %s', (_who, makeDatabase) => {
  let database: TestDatabase;
  let opened: TestStorage;
  let tenants: FilledTenants;

  beforeAll(async () => {
    database = await makeDatabase();
    opened = await openTestStorage(database.connection);
    tenants = await fillTenants(database, opened.storage);
  });

  afterAll(async () => {
    await opened.close();
    await database.drop();
  });

  /** As a store that forgot its predicate. */
  const listClients = (stores: Stores) => stores.clients.list({}, { limit: 200 }, null);
  const companiesOf = async (look: (work: typeof listClients) => ReturnType<typeof listClients>) => {
    const { items } = await look(listClients);
    return [...new Set(items.map(({ companyId }) => companyId))].toSorted();
  };
  const { read, write } = {
    read: (work: typeof listClients) => opened.storage.read(work),
    write: (work: typeof listClients) => opened.storage.write(work),
  };

  test('a hundred callers at once on ten connections each see their own', async () => {
    const whos = ['reseller', 'customer', 'plain', 'rootAlone'] as const;
    const all = Array.from({ length: 100 }, (_, index): Who => whos[index % whos.length] ?? 'plain');
    const seen = await Promise.all(
      all.map((who, index) =>
        runWithin(tenants.reaches[who], async () => {
          // Whatever happens in between, the scope goes along.
          await new Promise((resolve) => setImmediate(resolve));
          return companiesOf(index % 2 === 0 ? read : write);
        }),
      ),
    );
    expect(seen).toEqual(all.map((who) => tenants.reached[who].toSorted()));
    expect(await companiesOf(read)).toHaveLength(4);
  });

  test('the innermost scope counts, and one may leave it', async () => {
    await runWithin(tenants.reaches.customer, async () => {
      expect(await runWithin(tenants.reaches.plain, () => companiesOf(read))).toEqual(tenants.reached.plain);
      expect(await runBeyond(() => companiesOf(read))).toHaveLength(4);
      expect(await companiesOf(read)).toEqual(tenants.reached.customer);
    });
  });

  test('what is read within a reach cannot be written by the way', async () => {
    const looking = runWithin(tenants.reaches.customer, () =>
      opened.storage.read((stores) => stores.clients.delete(tenants.names.client)),
    );
    await expect(looking).rejects.toThrow();
    expect(await opened.storage.read((stores) => stores.clients.find(tenants.names.client, null))).toBeDefined();
  });

  test('changes made within a reach are told as all others', async () => {
    opened.changes.length = 0;
    const clientId = await runWithin(tenants.reaches.customer, async () => {
      const made = await makeClient(opened.storage, { companyId: tenants.names.company });
      return made.clientId;
    });
    expect(opened.changes).toEqual([{ topic: 'client', key: clientId }]);
    await opened.storage.write((stores) => stores.clients.delete(clientId));
  });

  test('a company above that is suspended suspends, though it is not seen', async () => {
    const { reseller, customer } = tenants.companies;
    const isSuspended = () =>
      runWithin(tenants.reaches.customer, () =>
        opened.storage.read((stores) => stores.companies.findSummary(customer.id, tenants.reaches.customer)),
      );
    expect((await isSuspended())?.isSuspended).toBe(false);
    await database.query(`UPDATE company SET status = 'suspended' WHERE id = $1`, [reseller.id]);
    expect((await isSuspended())?.isSuspended).toBe(true);
    await database.query(`UPDATE company SET status = 'active' WHERE id = $1`, [reseller.id]);
  });

  test('an event for the company above is stored, and told to those who see that one', async () => {
    const { root, customer } = tenants.companies;
    await runWithin(tenants.reaches.customer, () =>
      opened.storage.write((stores) =>
        stores.audit.append({
          time: new Date(),
          companyId: root.id,
          action: 'company.deleted',
          outcome: 'success',
          reason: null,
          actor: { type: 'user', id: 'told-above', name: null },
          target: null,
          ip: null,
          userAgent: null,
          requestId: null,
          changes: null,
          details: null,
        }),
      ),
    );
    const found = async (who: Who) => {
      const reach = tenants.reaches[who];
      const page = { limit: 10, order: 'desc' as const };
      return runWithin(reach, () =>
        opened.storage.read((stores) => stores.audit.list({ actorId: 'told-above' }, page, tenants.everything)),
      );
    };
    expect((await found('rootAlone')).items).toHaveLength(1);
    expect((await found('customer')).items).toHaveLength(0);
    expect(customer.path.startsWith(root.path)).toBe(true);
  });

  describe('commands about roles decide as if they saw what they must not', () => {
    const callerOf = (who: 'rootAlone' | 'reseller'): Caller => {
      const company = who === 'rootAlone' ? tenants.companies.root : tenants.companies.reseller;
      return makeCaller(company, { reach: tenants.reaches[who] });
    };
    const asCaller = <T>(caller: Caller, work: (commands: ReturnType<typeof createRoleCommands>) => Promise<T>) =>
      runWithin(caller.reach, () => work(createRoleCommands({ storage: opened.storage, clock: systemClock })));

    test('a name that is taken in a company beyond the reach is taken', async () => {
      await makeRole(database, { name: 'Taken below', companyId: tenants.names.company });
      const renaming = asCaller(callerOf('rootAlone'), (commands) =>
        commands.update(callerOf('rootAlone'), 'role_shared', { name: 'TAKEN below' }),
      );
      await expect(renaming).rejects.toMatchObject({ code: 'resource.conflict' });
    });

    test('a role that somebody beyond the reach has is in use, without their names', async () => {
      const caller = callerOf('rootAlone');
      const deleting = asCaller(caller, (commands) => commands.delete(caller, 'role_shared'));
      await expect(deleting).rejects.toThrow('1 client or user of a company below has it');
    });

    test('companies beyond the reach keep a role that is changed', async () => {
      const caller = callerOf('rootAlone');
      const changed = await asCaller(caller, (commands) =>
        commands.update(caller, 'role_shared', { description: 'changed', availableTo: [] }),
      );
      expect(changed.availableTo).toEqual([]);
      const kept = await database.query<{ company_id: string }>(
        `SELECT company_id FROM role_company WHERE role_id = 'role_shared'`,
      );
      expect(kept).toEqual([{ company_id: tenants.names.company }]);
    });

    test('whoever can choose a role from above is told who made it', async () => {
      const reach = tenants.reaches.customer;
      const role = await runWithin(reach, () =>
        opened.storage.read((stores) => stores.roles.find('role_shared', reach)),
      );
      expect(role?.companyName).toBe('Root');
    });

    test('a role of one’s own is given, and one from above too', async () => {
      const { company, role, availableRole, foreignRole } = tenants.names;
      const choose = (roleId: string) =>
        runWithin(tenants.reaches.customer, () =>
          opened.storage.write(async (stores) => {
            const found = await stores.roles.findChoosable(roleId, company);
            if (!found) return undefined;
            const user = await makeUser(
              { read: (work) => work(stores), write: (work) => work(stores) },
              { companyId: company, roleId },
            );
            return { name: found.name, stored: (await stores.users.find(user.id))?.roleId };
          }),
        );
      for (const roleId of [role, availableRole, 'role_company_admin'])
        expect((await choose(roleId))?.stored).toBe(roleId);
      expect(await choose(foreignRole)).toBeUndefined();
    });
  });

  test('the last manager of users is kept by who reaches them', async () => {
    const { root } = tenants.companies;
    await database.query(`UPDATE user_account SET password_hash = 'x' WHERE company_id = $1`, [root.id]);
    const hasManager = (who: Who) =>
      runWithin(tenants.reaches[who], () => opened.storage.read((stores) => stores.users.hasManager()));
    expect(await hasManager('rootAlone')).toBe(true);
    // Who sees none cannot take one away: nothing is refused to them for it.
    expect(await hasManager('customer')).toBe(false);
  });
});

test('whoever reaches everything is bound to nothing: their work costs no more than before', async () => {
  const database = await createTestDatabase();
  const { storage, close } = await openTestStorage(database.connection);
  const tenants = await fillTenants(database, storage);
  await runWithin(reachOf(tenants.companies.root, true), async () => {
    const page = await storage.read((stores) => stores.clients.list({}, { limit: 200 }, null));
    expect(page.items).toHaveLength(tenants.clientCount);
  });
  await close();
  await database.drop();
});

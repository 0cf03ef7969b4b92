// One `write` is one transaction, and what it changed is reported once it is on disk.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Problem } from '../../src/base/problem.ts';
import type { Stores } from '../../src/domain/stores.ts';
import { createTestDatabase, openTestStorage } from '../support/database.ts';
import type { TestDatabase, TestStorage } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import {
  makeClient,
  makeCompany,
  makeRole,
  makeUser,
  newClient,
  newSecret,
  newUser,
  reachOf,
  rootCompany,
} from '../support/factories.ts';

let database: TestDatabase;
let opened: TestStorage;

beforeAll(async () => {
  database = await createTestDatabase();
  opened = await openTestStorage(database.connection);
});

afterAll(async () => {
  await opened.close();
  await database.drop();
});

beforeEach(() => {
  opened.changes.length = 0;
});

const write = <T>(work: (stores: Stores) => Promise<T>) => opened.storage.write(work);
const read = <T>(work: (stores: Stores) => Promise<T>) => opened.storage.read(work);

function gate(): { opened: Promise<void>; open: () => void } {
  let open = () => undefined as void;
  const promise = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened: promise, open };
}

const problemOf = (promise: Promise<unknown>): Promise<Problem> =>
  promise.then(
    () => {
      throw new Error('it was not refused');
    },
    (error: unknown) => {
      if (error instanceof Problem) return error;
      throw error;
    },
  );

describe('write', () => {
  test('keeps all of it or nothing', async () => {
    const client = newClient();
    const failure = write(async (stores) => {
      await stores.clients.insert(client);
      await stores.clients.insertSecret(newSecret(client.clientId));
      expect(await stores.clients.find(client.clientId, null)).toBeDefined();
      throw new Error('on second thoughts');
    });
    await expect(failure).rejects.toThrow('on second thoughts');
    expect(await read((stores) => stores.clients.find(client.clientId, null))).toBeUndefined();
    expect(opened.changes).toEqual([]);
  });

  test('shows nothing to others before its end, and reports its changes after it', async () => {
    const client = newClient();
    const secret = newSecret(client.clientId);
    await write(async (stores) => {
      await stores.clients.insert(client);
      await stores.clients.insertSecret(secret);
      expect(await read((others) => others.clients.find(client.clientId, null))).toBeUndefined();
      expect(opened.changes).toEqual([]);
    });
    expect(new Set(opened.changes.map(({ topic, key }) => `${topic} ${key}`))).toEqual(
      new Set([`client ${client.clientId}`]),
    );
  });

  test('that changes nothing of interest reports nothing', async () => {
    const { id } = await makeUser(opened.storage);
    opened.changes.length = 0;
    await write((stores) => stores.users.recordSignIn(id, new Date()));
    await write((stores) => stores.companies.find('co_root', null));
    expect(opened.changes).toEqual([]);
  });

  test('reports its own changes, not those of a transaction beside it', async () => {
    const [slow, quick] = [newClient(), newClient()];
    const [inserted, mayEnd] = [gate(), gate()];
    const first = write(async (stores) => {
      await stores.clients.insert(slow);
      inserted.open();
      await mayEnd.opened;
    });
    await inserted.opened;
    await write((stores) => stores.clients.insert(quick));
    expect(opened.changes).toEqual([{ topic: 'client', key: quick.clientId }]);
    mayEnd.open();
    await first;
    expect(opened.changes.slice(1)).toEqual([{ topic: 'client', key: slow.clientId }]);
  });

  test('answers what the work answers, also undefined', async () => {
    expect(await write(() => Promise.resolve(42))).toBe(42);
    expect(await write(() => Promise.resolve(undefined))).toBeUndefined();
  });

  test('whose work passes over a failed statement is not taken for stored', async () => {
    const client = newClient();
    const heedless = write(async (stores) => {
      await stores.clients.insert(client);
      await stores.clients.insert(client).catch(() => undefined);
    });
    await expect(heedless).rejects.toThrow();
    expect(await read((stores) => stores.clients.find(client.clientId, null))).toBeUndefined();
  });
});

describe('two transactions that wait for each other', () => {
  test('both get through: one is run again', async () => {
    const [a, b] = [await makeClient(opened.storage), await makeClient(opened.storage)];
    const both = [gate(), gate()] as const;
    const runs = [0, 0];
    const take = (mine: 0 | 1, first: string, second: string) =>
      write(async (stores) => {
        runs[mine] = (runs[mine] ?? 0) + 1;
        await stores.clients.findForUpdate(first, null);
        both[mine].open();
        await both[mine === 0 ? 1 : 0].opened;
        const client = await stores.clients.findForUpdate(second, null);
        if (client) await stores.clients.update({ ...client, description: `run ${mine}` });
      });
    await database.query(`ALTER DATABASE ${database.connection.database} SET deadlock_timeout = '50ms'`);
    const fresh = await openTestStorage(database.connection);
    const before = opened;
    opened = fresh;
    try {
      await Promise.all([take(0, a.clientId, b.clientId), take(1, b.clientId, a.clientId)]);
    } finally {
      opened = before;
      await fresh.close();
    }
    expect(runs.toSorted()).toEqual([1, 2]);
    for (const { clientId } of [a, b]) {
      expect((await read((stores) => stores.clients.find(clientId, null)))?.version).toBe(2);
    }
  });
});

describe('a reference that vanishes between the look and the write', () => {
  test('is looked at again', async () => {
    const roleId = await makeRole(database, { companyId: 'co_root' });
    let looks = 0;
    const result = write(async (stores) => {
      looks += 1;
      // Without the lock that whoever gives a role takes.
      const role = await stores.roles.find(roleId, reachOf(rootCompany));
      if (!role) return 'the role is gone';
      await database.query('DELETE FROM role WHERE id = $1', [roleId]);
      await stores.clients.insert(newClient({ roleId }));
      return 'stored';
    });
    expect(await result).toBe('the role is gone');
    expect(looks).toBe(2);
  });

  test('that never was there is a conflict, not a crash', async () => {
    const refusal = await problemOf(write((stores) => stores.clients.insert(newClient({ roleId: 'role_none' }))));
    expect(refusal.code).toBe('resource.conflict');
  });
});

describe('what exists already', () => {
  test('an e-mail address, whatever its case, points to /email', async () => {
    await makeUser(opened.storage, { email: 'Ada@Example.test' });
    const refusal = await problemOf(write((stores) => stores.users.insert(newUser({ email: 'ada@EXAMPLE.TEST' }))));
    expect([refusal.code, refusal.errors]).toEqual([
      'resource.conflict',
      [{ pointer: '/email', detail: 'There is a user with this e-mail address already.' }],
    ]);
  });

  test('of two users with one address made at once one is refused', async () => {
    const outcomes = await Promise.allSettled(
      ['twin@example.test', 'TWIN@example.test'].map((email) =>
        write((stores) => stores.users.insert(newUser({ email }))),
      ),
    );
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
  });

  test('a second current signing key is a conflict', async () => {
    const key = {
      algorithm: 'ES256',
      status: 'current',
      publicJwk: { kty: 'EC' },
      sealedPrivateKey: Buffer.from('sealed'),
      createdAt: new Date(),
    } as const;
    await write((stores) => stores.signingKeys.insert({ ...key, kid: 'first' }));
    const refusal = await problemOf(write((stores) => stores.signingKeys.insert({ ...key, kid: 'second' })));
    expect(refusal.code).toBe('resource.conflict');
    await database.query('DELETE FROM signing_key');
  });

  test('what is unique by our own making, such as a client ID, stays a fault', async () => {
    const client = await makeClient(opened.storage);
    await expect(write((stores) => stores.clients.insert(client))).rejects.not.toBeInstanceOf(Problem);
  });
});

test('a NUL character is a fault of the input', async () => {
  const lookUp = read((stores) => stores.clients.find('pst_\0', null));
  expect((await problemOf(lookUp)).code).toBe('request.invalid');
  const store = write((stores) => stores.clients.insert(newClient({ name: 'a\0b' })));
  expect((await problemOf(store)).code).toBe('request.invalid');
});

test('a change told by a company, a role, an API or a key names it', async () => {
  const company = await makeCompany(database);
  const roleId = await makeRole(database, { companyId: company.id, privileges: ['management/clients:read'] });
  const told = await database.query<{ topic: string; key: string }>(
    'SELECT DISTINCT topic, key FROM change WHERE key IN ($1, $2) ORDER BY topic',
    [company.id, roleId],
  );
  expect(told).toEqual([
    { topic: 'company', key: company.id },
    { topic: 'role', key: roleId },
  ]);
});

test('two hundred at once share ten connections and all are served', async () => {
  const counts = await Promise.all(
    Array.from({ length: 200 }, () => write((stores) => stores.attempts.count('crowd', 60, new Date()))),
  );
  expect(Math.max(...counts.map(({ attempts }) => attempts))).toBe(200);
  await eventually('the connections are at rest', async () => {
    const [row] = await database.query<{ open: number }>(
      `SELECT count(*)::integer AS open FROM pg_stat_activity
       WHERE datname = current_database() AND application_name = 'postern' AND state <> 'idle'`,
    );
    return row?.open === 0;
  });
});

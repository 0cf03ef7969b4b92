// Commands of the domain on a real database: what only shows when several run at once.

import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ClientService, createClientService } from '../../src/domain/client/client-service.ts';
import { COMPANY_ADMIN_ROLE_ID } from '../../src/domain/role/role.ts';
import { createTestDatabase, openTestStorage } from '../support/database.ts';
import type { TestDatabase, TestStorage } from '../support/database.ts';
import { makeCaller, makeTenants } from '../support/factories.ts';
import type { Tenants } from '../support/factories.ts';

let database: TestDatabase;
let opened: TestStorage;
let tenants: Tenants;
let clients: ClientService;

beforeAll(async () => {
  database = await createTestDatabase();
  opened = await openTestStorage(database.connection);
  tenants = await makeTenants(database);
  const hasher = { hash: (plain: string) => Promise.resolve(createHash('sha256').update(plain).digest('hex')) };
  clients = createClientService({ storage: opened.storage, hasher, clock: { now: () => new Date() } });
});

afterAll(async () => {
  await opened.close();
  await database.drop();
});

const register = () => clients.register(makeCaller(), { name: 'rotating', roleId: COMPANY_ADMIN_ROLE_ID });

const outcomes = async (commands: readonly Promise<unknown>[]) =>
  (await Promise.allSettled(commands)).map((outcome) =>
    outcome.status === 'fulfilled' ? 'done' : String(Reflect.get(outcome.reason, 'code')),
  );

const eventsOf = (clientId: string, action: string) =>
  database.query('SELECT FROM audit_event WHERE target_id = $1 AND action = $2', [clientId, action]);

test('five rotations at once make the one secret that there is room for, with one event', async () => {
  const { client } = await register();
  const results = await outcomes(
    Array.from({ length: 5 }, () => clients.createSecret(makeCaller(), client.clientId, {})),
  );
  expect(results.toSorted()).toEqual(['done', ...Array.from({ length: 4 }, () => 'resource.conflict')]);
  expect((await clients.get(makeCaller(), client.clientId)).secrets).toHaveLength(2);
  expect(await eventsOf(client.clientId, 'client_secret.created')).toHaveLength(1);
});

test('of two who changed what they read in the same version one is told', async () => {
  const { client } = await register();
  const change = (description: string) =>
    clients.update(makeCaller(), client.clientId, { description }, client.version);
  expect((await outcomes([change('one'), change('two')])).toSorted()).toEqual(['done', 'resource.changed']);
});

test('deleted while it is changed: one or the other, never half', async () => {
  const { client } = await register();
  const { clientId } = client;
  const results = await outcomes([
    clients.update(makeCaller(), clientId, { description: 'changed' }),
    clients.delete(makeCaller(), clientId),
    clients.createSecret(makeCaller(), clientId, {}),
  ]);
  expect(results[1]).toBe('done');
  for (const result of results) expect(['done', 'resource.not_found']).toContain(result);
  expect(await database.query('SELECT FROM client_secret WHERE client_id = $1', [clientId])).toEqual([]);
  expect(await eventsOf(clientId, 'client.deleted')).toHaveLength(1);
});

test('a caller from another company neither sees nor changes it', async () => {
  const { client } = await register();
  const stranger = makeCaller(tenants.plain);
  const { clientId } = client;
  expect(
    await outcomes([
      clients.get(stranger, clientId),
      clients.update(stranger, clientId, { name: 'mine' }),
      clients.createSecret(stranger, clientId, {}),
      clients.revokeTokens(stranger, clientId),
      clients.delete(stranger, clientId),
    ]),
  ).toEqual(Array.from({ length: 5 }, () => 'resource.not_found'));
  expect(await clients.get(makeCaller(), clientId)).toEqual(client);
});

// The gate and companies: tokens that are narrowed to one below, rules of whole companies, and companies that are suspended.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RESELLER_ROLE_ID } from '../../src/domain/role/role.ts';
import { eventually } from '../support/eventually.ts';
import { makeClient, makeTenants, type Tenants } from '../support/factories.ts';
import { type GateInstallation, send, startGateInstallation } from './installation.ts';

let gate: GateInstallation;
let tenants: Tenants;

beforeAll(async () => {
  gate = await startGateInstallation();
  tenants = await makeTenants(gate.testDatabase);
});

afterAll(() => gate.close());

const TARGET = '/gate?api=tickets&scope=tickets:read';

async function narrowedToken(): Promise<{ clientId: string; token: string }> {
  const fields = { companyId: tenants.reseller.id, roleId: RESELLER_ROLE_ID };
  const { clientId } = await makeClient(gate.database.storage, fields);
  return { clientId, token: gate.sign(clientId, { company_id: tenants.customer.id }) };
}

const ask = (token: string, from = '203.0.113.7') => send(gate.url, TARGET, { token, from });

describe('a token that is narrowed to a company below', () => {
  test('passes as that company', async () => {
    const { clientId, token } = await narrowedToken();
    const answer = await ask(token);
    expect(answer.status, answer.text).toBe(200);
    expect(answer.headers).toMatchObject({
      'x-auth-client-id': clientId,
      'x-auth-company-id': tenants.customer.id,
      'x-auth-role': 'Reseller',
      'x-auth-scope': 'tickets:read',
    });
  });

  test('does not pass for a company beside or above', async () => {
    const { clientId } = await narrowedToken();
    for (const company of [tenants.plain.id, 'co_root', 'co_nowhere']) {
      expect((await ask(gate.sign(clientId, { company_id: company }))).status, company).toBe(401);
    }
  });

  test('stops when the company is suspended', async () => {
    const { clientId, token } = await narrowedToken();
    expect((await ask(token)).status).toBe(200);
    const setStatus = (status: string) =>
      gate.testDatabase.query('UPDATE company SET status = $2 WHERE id = $1', [tenants.customer.id, status]);
    await setStatus('suspended');
    await eventually('it is refused', async () => (await ask(token)).status === 401, 2000);
    expect((await ask(gate.sign(clientId, { company_id: tenants.reseller.id }))).status).toBe(200);
    await setStatus('active');
    await eventually('it passes', async () => (await ask(token)).status === 200, 2000);
  });
});

test('rules of the company for which it acts refuse with 403, and the audit log says whose they were', async () => {
  const { clientId, token } = await narrowedToken();
  expect((await ask(token)).status).toBe(200);
  const restrict = (mode: string) =>
    gate.testDatabase.query(`UPDATE company SET ip_mode = $2, ip_rules = '{203.0.113.0/24}' WHERE id = $1`, [
      tenants.customer.id,
      mode,
    ]);
  await restrict('enforce');
  await eventually('it is refused', async () => (await ask(token, '198.51.100.1')).status === 403, 2000);
  expect((await ask(token, '203.0.113.7')).status).toBe(200);
  expect((await ask(gate.sign(clientId, { company_id: tenants.reseller.id }), '198.51.100.1')).status).toBe(200);
  await restrict('report');
  await eventually('it passes', async () => (await ask(token, '198.51.100.1')).status === 200, 2000);
  const events = await eventually('both are told', async () => {
    const rows = await gate.testDatabase.query<{ action: string }>(
      'SELECT action, reason, company_id, details FROM audit_event WHERE actor_id = $1 ORDER BY id',
      [clientId],
    );
    return rows.length >= 2 && rows;
  });
  const details = { company_id: tenants.customer.id, client_company_id: tenants.reseller.id };
  expect(events.map(({ action }) => action)).toEqual(['token.use_refused', 'token.use_reported']);
  for (const event of events) {
    expect(event).toMatchObject({ reason: 'company_address_refused', company_id: tenants.customer.id, details });
  }
  const sources = () =>
    gate.testDatabase.query('SELECT ip FROM client_source WHERE client_id = $1 AND refusals > 0', [clientId]);
  await eventually('the refusal is a source', async () => (await sources()).length > 0, 5000);
  expect(await sources()).toEqual([{ ip: '198.51.100.1' }]);
});

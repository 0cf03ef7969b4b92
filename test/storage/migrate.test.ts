import { expect, test } from 'vitest';
import { createTestDatabase } from '../support/database.ts';
test('template', async () => {
  const db = await createTestDatabase();
  expect(await db.query('select id, name from role order by id')).toHaveLength(2);
  await db.drop();
});

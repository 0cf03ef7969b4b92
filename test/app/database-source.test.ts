// Waiting for a database that isn't there yet.
import { describe, expect, inject, test } from 'vitest';
import { waitForDatabase } from '../../src/app/database-source.ts';
import { findFreePort } from '../support/postern.ts';

describe('waiting for the database', () => {
  test('ends when patience does, with the reason, which was told once', async () => {
    const port = await findFreePort();
    const told: string[] = [];
    const log = { warn: (_fields: object | string, message?: string) => void told.push(String(message)) };
    await expect(waitForDatabase({ url: `postgres://u:hunter2@127.0.0.1:${port}/p` }, log, 1_200)).rejects.toThrow(
      `The database at 127.0.0.1:${port}/p can't be reached: connect ECONNREFUSED`,
    );
    expect(told).toHaveLength(1);
    expect(told[0]).not.toContain('hunter2');
  });

  test('doesn’t begin when the answer will not change', async () => {
    const connection = { ...inject('postgres'), database: 'nowhere' };
    const startedAt = performance.now();
    await expect(waitForDatabase(connection, { warn: () => undefined }, 60_000)).rejects.toThrow(
      'has no such database',
    );
    expect(performance.now() - startedAt).toBeLessThan(30_000);
  });

  test('is over at once when the database is there', async () => {
    await expect(waitForDatabase(inject('postgres'), { warn: () => undefined })).resolves.toBeUndefined();
  });
});

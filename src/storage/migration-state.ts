// What migrations a database lacks, without applying any.
import { MigrationExecutor } from 'typeorm';
import { createMaintenanceDataSource, type DatabaseConnection } from './data-source.ts';

/** Names of migrations that this program has and the database lacks. */
export async function listPendingMigrations(connection: DatabaseConnection): Promise<readonly string[]> {
  const dataSource = createMaintenanceDataSource({ connection, log: { warn: () => undefined } });
  await dataSource.initialize();
  try {
    const pending = await new MigrationExecutor(dataSource).getPendingMigrations();
    return pending.map(({ name }) => name);
  } finally {
    await dataSource.destroy();
  }
}

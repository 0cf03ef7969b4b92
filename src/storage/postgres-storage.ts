// The domain's storage on PostgreSQL: one transaction for each `write`, one connection for each `read`.
import type { DataSource } from 'typeorm';
import type { Storage } from '../domain/stores.ts';
import type { Change } from './change.ts';

interface PostgresStorageParts {
  readonly dataSource: DataSource;
  onCommitted(changes: readonly Change[]): void;
}

export function createPostgresStorage(_parts: PostgresStorageParts): Storage {
  throw new Error('under way');
}

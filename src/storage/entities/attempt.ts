// What is counted and claimed by key: attempts in a window, and forms that were sent once.
import { EntitySchema } from 'typeorm';

export interface AttemptRow {
  readonly key: string;
  readonly attempts: number;
  readonly window_ends_at: Date;
}

export const attemptEntity = new EntitySchema<AttemptRow>({
  name: 'attempt',
  columns: {
    key: { type: 'text', collation: 'C', primary: true },
    attempts: { type: 'integer' },
    window_ends_at: { type: 'timestamptz', precision: 3 },
  },
  indices: [{ name: 'attempt_end', columns: ['window_ends_at'] }],
});

export interface UsedFormRow {
  readonly key: string;
  readonly used_at: Date;
}

export const usedFormEntity = new EntitySchema<UsedFormRow>({
  name: 'used_form',
  columns: {
    key: { type: 'text', collation: 'C', primary: true },
    used_at: { type: 'timestamptz', precision: 3 },
  },
  indices: [{ name: 'used_form_time', columns: ['used_at'] }],
});

// What the gate counts of its decisions, for whoever watches over it.
import { createTally, type Tally } from '../../base/tally.ts';
import type { GateRefusal } from './gate-answer.ts';

/** In a record, so that a reason that is added there is not forgotten here. `failed`: nothing could be decided. */
const DECISIONS: Readonly<Record<'allowed' | 'failed' | GateRefusal['reason'], true>> = {
  allowed: true,
  failed: true,
  no_token: true,
  several_tokens: true,
  invalid_token: true,
  address_refused: true,
  insufficient_scope: true,
  unknown_operation: true,
  uncovered_operation: true,
  ambiguous_path: true,
  unknown_api: true,
  untold_request: true,
  unreadable_question: true,
};

export function createGateTally(): Tally {
  return createTally(Object.keys(DECISIONS));
}

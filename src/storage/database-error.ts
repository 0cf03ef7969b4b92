// What an error of the database means for whoever asked: wait and try again, a conflict with what is there, or a fault of ours.
import { DatabaseError } from 'pg';
import { QueryFailedError, QueryRunnerAlreadyReleasedError } from 'typeorm';
import { conflict, invalid, type Problem, unavailable } from '../base/problem.ts';

/**
 * SQLSTATE classes and codes that say nothing about the statement: connection exceptions, insufficient resources, refused sign-ins,
 * the operator's intervention (57014: the statement took too long), a lock not to be had, a session that was idle too long, a
 * server that is a read-only standby for the time of a failover.
 */
const UNAVAILABLE = /^(?:08...|28...|53...|57P0.|57014|58...|55P03|25P03|25006|3D000)$/;
/** Serialization failure, deadlock, and a reference to a row that was deleted after it was looked at. */
const REPEATABLE = /^(?:40001|40P01|23503)$/;
const FOREIGN_KEY_VIOLATION = '23503';
const UNIQUE_VIOLATION = '23505';
/** A NUL, plain or within JSON. */
const UNSTORABLE_CHARACTER = /^(?:22021|22P05)$/;

/** By the name of the constraint: what the caller can do about it, and where in the input. */
const CONFLICTS: Readonly<Record<string, { readonly detail: string; readonly pointer?: string }>> = {
  user_account_email: { pointer: '/email', detail: 'There is a user with this e-mail address already.' },
  company_name: { pointer: '/name', detail: 'There is a company with this name already.' },
  role_name: { pointer: '/name', detail: 'There is a role with this name already.' },
  api_pkey: { pointer: '/id', detail: 'There is an API with this id already.' },
  api_identifier: { pointer: '/identifier', detail: 'There is an API with this identifier already.' },
  api_name: { pointer: '/name', detail: 'There is an API with this name already.' },
  client_secret_slot: {
    detail: 'This client has two live secrets already. Delete one that is no longer used, then make another.',
  },
  client_secret_hint: { detail: 'Please try once more.' },
  signing_key_current: { detail: 'There is a current signing key already.' },
};

/** What PostgreSQL itself said; undefined when it never came to that. */
function serverErrorOf(error: unknown): DatabaseError | undefined {
  const driverError: unknown = error instanceof QueryFailedError ? error.driverError : error;
  return driverError instanceof DatabaseError ? driverError : undefined;
}

/** Whether the connection can no longer be trusted: it broke, or an answer is still owed on it. */
export function isConnectionFault(error: unknown): boolean {
  const serverError = serverErrorOf(error);
  if (serverError) return serverError.severity !== 'ERROR';
  return error instanceof QueryFailedError || error instanceof QueryRunnerAlreadyReleasedError;
}

/** Whether the same transaction may well succeed when it is run again from its beginning. */
export function isRepeatable(error: unknown): boolean {
  return REPEATABLE.test(serverErrorOf(error)?.code ?? '');
}

/** Insufficient privilege. */
export function isRightMissing(error: unknown): error is Error {
  return serverErrorOf(error)?.code === '42501';
}

/** A Problem where the error is one for the caller; anything else stays what it is. */
export function toProblem(error: unknown): unknown {
  const serverError = serverErrorOf(error);
  if (!serverError) return isConnectionFault(error) ? unavailable(error) : error;
  const code = serverError.code ?? '';
  if (UNAVAILABLE.test(code) || (REPEATABLE.test(code) && code !== FOREIGN_KEY_VIOLATION)) return unavailable(error);
  if (code === FOREIGN_KEY_VIOLATION) {
    return conflict('Something that this refers to is gone, or something else still refers to it.');
  }
  if (code === UNIQUE_VIOLATION) return uniqueConflict(serverError) ?? error;
  if (UNSTORABLE_CHARACTER.test(code)) {
    return invalid([{ pointer: '', detail: 'The text contains a NUL character, which cannot be stored.' }]);
  }
  return error;
}

function uniqueConflict({ constraint = '' }: DatabaseError): Problem | undefined {
  const known = CONFLICTS[constraint];
  if (!known) return undefined;
  const { detail, pointer } = known;
  return conflict(detail, pointer === undefined ? [] : [{ pointer, detail }]);
}

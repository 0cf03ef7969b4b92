// Who uses the pages in tests, and what they start with.

import type { Caller } from '../../src/domain/access/caller.ts';
import type { PageServer } from './page-server.ts';

export const ada = {
  email: 'ada@northwind.test',
  name: 'Ada Lovelace',
  password: 'nineteen difference engines in a row',
} as const;

const nowhere = { requestId: '0'.repeat(32), ip: '127.0.0.1', userAgent: 'Tests' };

/** Ada as the first user, without a browser; answers her session's token. */
export async function setUpAda({ services }: PageServer): Promise<{ sessionToken: string }> {
  const token = await services.accounts.createSetupToken();
  if (token === undefined) throw new Error('this server is set up already');
  return services.accounts.setUp({ token, ...ada }, nowhere);
}

/** Ada as the domain sees her, for arranging what pages then show. */
export async function callerOf({ services }: PageServer, sessionToken: string): Promise<Caller> {
  const visitor = await services.accounts.findVisitor(sessionToken, nowhere);
  if (!visitor) throw new Error('this session has ended');
  return visitor.caller;
}

// Signing in and out.
import { h } from 'preact';
import { LoginPage, type LoginPageProps } from '../../../views/pages/login.tsx';
import { Problem } from '../../base/problem.ts';
import { FormFaults, pickFields } from './form.ts';
import { parseNextPath, signInPath } from './next-path.ts';
import {
  type Answer,
  behind,
  open,
  type PageRoute,
  plainPage,
  seeOther,
  type SignedInVisit,
  type Visit,
} from './page.ts';
import { parseQuery } from './query.ts';

export const signInRoutes: readonly PageRoute[] = [
  { path: '/login', place: null, get: open(showSignIn), post: open(signIn) },
  { path: '/logout', place: null, post: behind(null, signOut), formAt: () => '/' },
];

type Notice = NonNullable<LoginPageProps['notice']>;

const NOTICES: Readonly<Record<string, Notice>> = {
  'signed-out': { tone: 'good', text: 'You have signed out.' },
  'session-ended': { tone: 'info', text: 'Your session has ended. Sign in to go on.' },
};

const NOT_SET_UP: Notice = {
  tone: 'info',
  text: 'Postern isn’t set up yet. Open the setup link that it printed to its log when it started.',
};

async function showSignIn({ services, sessionToken, origin, querystring }: Visit): Promise<Answer> {
  const query = parseQuery(querystring);
  const next = parseNextPath(query['next']);
  if (sessionToken !== undefined && (await isSignedIn(services, sessionToken, origin))) return seeOther(next ?? '/');
  const told = Object.hasOwn(NOTICES, query['notice'] ?? '') ? NOTICES[query['notice'] ?? ''] : undefined;
  const notice = (await services.accounts.isSetUp()) ? told : NOT_SET_UP;
  return plainPage(h(LoginPage, { values: { email: '' }, errors: {}, notice, next }));
}

/** Whoever is signed in and comes from an address where they may not be may still sign in as somebody else. */
async function isSignedIn({ accounts }: Visit['services'], sessionToken: string, origin: Visit['origin']) {
  try {
    return (await accounts.findVisitor(sessionToken, origin)) !== undefined;
  } catch (error) {
    if (error instanceof Problem && error.code === 'request.address_refused') return false;
    throw error;
  }
}

async function signIn(visit: Visit): Promise<Answer> {
  const fields = pickFields(await visit.readForm(), ['email', 'password', 'next']);
  const { email = '', password = '' } = fields;
  const next = parseNextPath(fields.next);
  const faults = new FormFaults();
  const again = (status: number, retryAfterSeconds?: number) =>
    plainPage(h(LoginPage, { values: { email }, errors: faults.toErrors(), next }), { status, retryAfterSeconds });
  if (email.trim() === '') faults.add('email', 'Enter your email address.');
  if (password === '') faults.add('password', 'Enter your password.');
  if (!faults.isEmpty) return again(422);
  try {
    const input = { email, password, previousToken: visit.sessionToken };
    const { sessionToken } = await visit.services.accounts.signIn(input, visit.origin);
    return seeOther(next ?? '/', { session: sessionToken });
  } catch (error) {
    if (!(error instanceof Problem) || !['request.unauthenticated', 'request.too_many'].includes(error.code))
      throw error;
    faults.add('form', error.detail);
    // 401 would have to name a scheme of HTTP authentication (RFC 9110 §15.5.2), and a form is none.
    return again(error.code === 'request.too_many' ? 429 : 422, error.retryAfterSeconds);
  }
}

async function signOut({ services, visitor, readForm }: SignedInVisit): Promise<Answer> {
  pickFields(await readForm(), []);
  await services.accounts.signOut(visitor);
  return seeOther(signInPath({ notice: 'signed-out' }), { session: null });
}

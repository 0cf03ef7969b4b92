// How somebody comes to a password: setting up the first user, and accepting an invitation. Both by a one-time link.
import { h } from 'preact';
import { InvitationPage } from '../../../views/pages/invitation.tsx';
import { SetupPage } from '../../../views/pages/setup.tsx';
import { forbidden, Problem } from '../../base/problem.ts';
import { emailText, lineOfText } from '../../domain/text.ts';
import { fieldOfPointer, FormFaults, pickFields } from './form.ts';
import { type Answer, open, type PageRoute, plainPage, seeOther, type Visit } from './page.ts';
import { addPasswordFaults } from './password-faults.ts';
import { parseQuery } from './query.ts';

export const firstVisitRoutes: readonly PageRoute[] = [
  { path: '/setup', place: null, get: open(showSetup), post: open(setUp) },
  { path: '/invitation', place: null, get: open(showInvitation), post: open(acceptInvitation) },
];

async function showSetup(visit: Visit): Promise<Answer> {
  const token = parseQuery(visit.querystring)['token'] ?? '';
  if (!(await isSetupToken(visit, token))) throw await setupRefusal(visit);
  return plainPage(h(SetupPage, { token, values: { email: '', name: '' }, errors: {} }));
}

async function setUp(visit: Visit): Promise<Answer> {
  const fields = pickFields(await visit.readForm(), ['token', 'email', 'name', 'password']);
  const { token = '', email = '', name = '', password = '' } = fields;
  // Looked at before anything is said about the fields: whoever has no link learns nothing here.
  if (!(await isSetupToken(visit, token))) throw await setupRefusal(visit);
  const faults = new FormFaults();
  const input = {
    email: faults.check('email', emailText, email),
    name: faults.check('name', lineOfText('Name', 200), name),
  };
  await addPasswordFaults(faults, password, { email: input.email ?? email, name: input.name ?? name });
  const again = () =>
    plainPage(h(SetupPage, { token, values: { email, name }, errors: faults.toErrors() }), { status: 422 });
  if (input.email === undefined || input.name === undefined || !faults.isEmpty) return again();
  try {
    const account = { token, email: input.email, name: input.name, password };
    const { sessionToken } = await visit.services.accounts.setUp(account, visit.origin);
    return seeOther('/', { session: sessionToken, flash: { code: 'set_up' } });
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== 'request.invalid') throw error;
    faults.addProblem(error, fieldOfPointer);
    return again();
  }
}

async function showInvitation({ services, querystring }: Visit): Promise<Answer> {
  const token = parseQuery(querystring)['token'] ?? '';
  const user = await findInvited(services.accounts, token);
  return plainPage(h(InvitationPage, { token, user, errors: {} }));
}

async function acceptInvitation({ services, origin, readForm }: Visit): Promise<Answer> {
  // `username` is there for password managers alone.
  const { token = '', password = '' } = pickFields(await readForm(), ['token', 'password', 'username']);
  const user = await findInvited(services.accounts, token);
  const faults = new FormFaults();
  await addPasswordFaults(faults, password, user);
  if (!faults.isEmpty) {
    return plainPage(h(InvitationPage, { token, user, errors: faults.toErrors() }), { status: 422 });
  }
  const { sessionToken } = await services.accounts.acceptInvitation({ token, password }, origin);
  return seeOther('/', { session: sessionToken, flash: { code: 'welcome' } });
}

const TOKEN = /^[A-Za-z0-9_-]{20,200}$/;

async function isSetupToken({ services }: Visit, token: string): Promise<boolean> {
  return TOKEN.test(token) && (await services.accounts.isSetupToken(token));
}

async function setupRefusal({ services }: Visit): Promise<Problem> {
  return forbidden(
    (await services.accounts.isSetUp())
      ? 'Postern is set up already, and the setup link no longer works. Sign in instead.'
      : 'This setup link doesn’t work, or no longer. Open the newest one in the log of the server; starting Postern again makes another.',
  );
}

async function findInvited(accounts: Visit['services']['accounts'], token: string) {
  const user = TOKEN.test(token) ? await accounts.findInvitation(token) : undefined;
  if (!user) throw forbidden('This invitation has been used, or it is too old. Ask whoever invited you for another.');
  return user;
}

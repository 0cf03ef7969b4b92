// What a new installation needs before anybody can use it: a first user, from the settings or through a one-time link.
import { Problem } from '../base/problem.ts';
import type { Settings } from '../config/settings.ts';
import { emailText } from '../domain/text.ts';
import type { AccountService } from '../domain/user/account-service.ts';
import { StartFault } from './start-fault.ts';

type Accounts = Pick<AccountService, 'setUpFromSettings' | 'createSetupToken' | 'isSetUp'>;

export interface FirstSteps {
  /** Whether the user of the settings was just made. */
  readonly isAdministratorNew: boolean;
  /** Works once, for 24 hours; undefined when there are users. */
  readonly setupLink: string | undefined;
}

/** @throws StartFault when the first user of the settings can't be made */
export async function takeFirstSteps(accounts: Accounts, settings: Settings): Promise<FirstSteps> {
  const isAdministratorNew = await makeAdministrator(accounts, settings.firstAdministrator);
  const token = isAdministratorNew ? undefined : await accounts.createSetupToken();
  return {
    isAdministratorNew,
    setupLink: token === undefined ? undefined : `${settings.issuer}/setup?token=${token}`,
  };
}

async function makeAdministrator(accounts: Accounts, given: Settings['firstAdministrator']): Promise<boolean> {
  if (!given) return false;
  const email = emailText.safeParse(given.email);
  if (!email.success) {
    if (await accounts.isSetUp()) return false;
    throw new StartFault(`POSTERN_ADMIN_EMAIL: ${email.error.issues[0]?.message ?? 'this is no e-mail address.'}`);
  }
  try {
    return await accounts.setUpFromSettings({ email: email.data, password: given.password });
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== 'request.invalid') throw error;
    throw new StartFault(`POSTERN_ADMIN_PASSWORD: ${error.detail}`, error);
  }
}

// What is wrong with a new password, as faults of a form.
import { Problem } from '../../base/problem.ts';
import { checkNewPassword, passwordText } from '../../domain/user/password.ts';
import { fieldOfPointer, type FormFaults } from './form.ts';

/** Checked here as well as by the domain, so that a weak password is told together with the other faults. */
export async function addPasswordFaults(
  faults: FormFaults,
  password: string,
  owner: { email: string; name: string },
  field = 'password',
): Promise<void> {
  if (faults.check(field, passwordText, password) === undefined) return;
  try {
    await checkNewPassword(password, owner, `/${field}`);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    faults.addProblem(error, fieldOfPointer);
  }
}

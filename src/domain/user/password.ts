// Passwords of the people who sign in: long, and not one that everybody tries first (NIST SP 800-63B-4 §3.1.1).
import { z } from 'zod';
import { invalid } from '../../base/problem.ts';
import { isCommonPassword } from './common-passwords.ts';

export const MIN_PASSWORD_LENGTH = 15;
const MAX_PASSWORD_LENGTH = 500;

/** Any text; the rules that need to know whose it is are in `checkNewPassword`. */
export const passwordText = z.string({ error: 'Password must be text.' }).max(MAX_PASSWORD_LENGTH, {
  error: `A password has at most ${MAX_PASSWORD_LENGTH} characters.`,
});

/** NFKC, so that the same password typed on another keyboard is the same (SP 800-63B-4 §3.1.1.2). */
export function normalizePassword(password: string): string {
  return password.normalize('NFKC');
}

/** 422 at `pointer` unless the password is long enough, not a common one, and not made of what is known about its owner. */
export async function checkNewPassword(
  password: string,
  owner: { email: string; name: string },
  pointer: string,
): Promise<void> {
  const fault = await findPasswordFault(normalizePassword(password), owner);
  if (fault) throw invalid([{ pointer, detail: fault }]);
}

async function findPasswordFault(
  password: string,
  owner: { email: string; name: string },
): Promise<string | undefined> {
  if ([...password].length < MIN_PASSWORD_LENGTH) {
    return `A password needs at least ${MIN_PASSWORD_LENGTH} characters. A few unrelated words make a good one.`;
  }
  if (password.length > MAX_PASSWORD_LENGTH) return `A password has at most ${MAX_PASSWORD_LENGTH} characters.`;
  if (await isCommonPassword(password)) {
    return 'This password is on the lists that attackers try first. Choose something of your own.';
  }
  const known = [owner.email, owner.email.split('@')[0] ?? '', owner.name, 'postern'];
  const rest = known
    .map((word) => word.normalize('NFKC').toLowerCase())
    .filter((word) => word.length >= 3)
    .reduce((text, word) => text.replaceAll(word, ''), password.toLowerCase());
  if (rest.length < MIN_PASSWORD_LENGTH / 2) {
    return 'This password is made of your name or address. Choose something that others cannot guess.';
  }
  return undefined;
}

// What each field of a user may hold: one schema per field, from which every port builds its own form.
import { z } from 'zod';
import { emailText, lineOfText } from '../text.ts';
import { passwordText } from './password.ts';

const identifier = (what: string) =>
  z
    .string({ error: `${what} must be text.` })
    .min(1, { error: `Choose ${what}.` })
    .max(100, { error: `There is no such ${what}.` });

export const userFields = {
  email: emailText,
  name: lineOfText('Name', 200),
  companyId: identifier('company'),
  roleId: identifier('role'),
  status: z.enum(['active', 'inactive'], { error: 'Status must be active or inactive.' }),
  ipExempt: z.boolean({ error: 'Exempt from IP rules must be true or false.' }),
  password: passwordText,
} as const;

type Output<K extends keyof typeof userFields> = z.output<(typeof userFields)[K]>;

/** A field that is absent stays as it is. */
export interface UserPatch {
  readonly email?: Output<'email'> | undefined;
  readonly name?: Output<'name'> | undefined;
  readonly companyId?: Output<'companyId'> | undefined;
  readonly roleId?: Output<'roleId'> | undefined;
  readonly status?: Output<'status'> | undefined;
  readonly ipExempt?: Output<'ipExempt'> | undefined;
}

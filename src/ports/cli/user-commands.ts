// `users create`.
import type { z } from 'zod';
import { invalid } from '../../base/problem.ts';
import { emailText, lineOfText } from '../../domain/text.ts';
import type { Command } from './command.ts';
import { findRoleId } from './role-by-name.ts';

const DEFAULT_ROLE = 'Company Admin';

export const userCommands: readonly Command[] = [
  {
    name: 'users create',
    summary: 'Makes a user and prints the one-time link with which they set their password.',
    options: {
      email: { value: 'EMAIL', description: 'Their e-mail address, with which they sign in.', isRequired: true },
      name: { value: 'NAME', description: 'Their name; the part before the @ when absent.' },
      role: { value: 'ROLE', description: `Name of their role; ${DEFAULT_ROLE} when absent.` },
      company: { value: 'ID', description: 'Id of their company; the root company when absent.' },
      'ip-exempt': {
        description:
          'They sign in from anywhere, whatever the IP rules of the company say: the way back when those shut everybody out.',
      },
    },
    async run(tools, values) {
      const email = checked(emailText, values.required('email'), '/email');
      const name = checked(lineOfText('Name', 200), values.text('name') ?? email.replace(/@.*$/s, ''), '/name');
      const installation = await tools.open();
      const caller = await installation.callerIn(values.text('company'));
      const roleId = await findRoleId(installation, caller, values.text('role') ?? DEFAULT_ROLE);
      const { user, invitationToken } = await installation.services.users.create(caller, {
        email,
        name,
        companyId: caller.companyId,
        roleId,
        ipExempt: values.text('ip-exempt') !== undefined,
      });
      const link = `${installation.issuer}/invitation?token=${invitationToken}`;
      return {
        text: `${user.email} can set a password here (works once, for seven days):\n  ${link}`,
        json: {
          id: user.id,
          email: user.email,
          name: user.name,
          company_id: user.companyId,
          role_id: user.roleId,
          role: user.roleName,
          status: user.status,
          ip_exempt: user.ipExempt,
          last_sign_in_at: null,
          invitation_url: link,
        },
      };
    },
  },
];

function checked(schema: z.ZodType<string, string>, text: string, pointer: string): string {
  const result = schema.safeParse(text);
  if (result.success) return result.data;
  throw invalid([{ pointer, detail: result.error.issues[0]?.message ?? 'This is not valid.' }]);
}

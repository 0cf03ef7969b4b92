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

// A new user's first visit: the one-time link leads here, and they choose their password.

import { PlainShell } from '../layout/plain-shell.tsx';
import { ErrorSummary, hasErrors } from '../parts/error-summary.tsx';
import { TextField, type FieldErrors } from '../parts/field.tsx';
import { Chosen } from '../parts/panel.tsx';

export type InvitationPageProps = {
  /** The one-time value from the link; goes back with the form. */
  token: string;
  user: { name: string; email: string };
  errors: FieldErrors;
};

const labels = { password: 'Password' };

export function InvitationPage({ token, user, errors }: InvitationPageProps) {
  return (
    <PlainShell title="Welcome to Postern" faulty={hasErrors(errors)}>
      <h1>Welcome to Postern</h1>
      <p class="card-lede">
        Choose a password for <Chosen>{user.email}</Chosen>. You are signed in at once; the link then no longer works.
      </p>
      <ErrorSummary errors={errors} fields={labels} />
      <form method="post" action="/invitation" novalidate class="form">
        <input type="hidden" name="token" value={token} />
        {/* Password managers need to know whose password this is. */}
        <input type="text" name="username" value={user.email} autocomplete="username" readonly hidden />
        <TextField
          name="password"
          label={labels.password}
          type="password"
          hint="At least 15 characters. A sentence is easy to remember; common passwords are refused."
          errors={errors}
          autocomplete="new-password"
        />
        <button type="submit" class="button primary wide">
          <span>Set password and sign in</span>
        </button>
      </form>
    </PlainShell>
  );
}

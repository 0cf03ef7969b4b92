// First start: the one-time link from the log leads here, and the first user is made.

import { PlainShell } from '../layout/plain-shell.tsx';
import { ErrorSummary, hasErrors } from '../parts/error-summary.tsx';
import { TextField, type FieldErrors } from '../parts/field.tsx';

export type SetupValues = { email: string; name: string };

export type SetupPageProps = {
  /** The one-time value from the link; goes back with the form. */
  token: string;
  /** What was typed before, without the password: it is typed anew after a fault. */
  values: SetupValues;
  errors: FieldErrors;
};

const labels = { email: 'Email address', name: 'Your name', password: 'Password' };

export function SetupPage({ token, values, errors }: SetupPageProps) {
  return (
    <PlainShell title="Set up Postern" faulty={hasErrors(errors)}>
      <h1>Set up Postern</h1>
      <p class="card-lede">
        You become the first administrator of this server. The link that brought you here works until you have finished.
      </p>
      <ErrorSummary errors={errors} fields={labels} />
      <form method="post" action="/setup" novalidate class="form">
        <input type="hidden" name="token" value={token} />
        <TextField
          name="email"
          label={labels.email}
          type="email"
          hint="You sign in with it. No mail is sent."
          value={values.email}
          errors={errors}
          autocomplete="username"
        />
        <TextField name="name" label={labels.name} value={values.name} errors={errors} autocomplete="name" />
        <TextField
          name="password"
          label={labels.password}
          type="password"
          hint="At least 15 characters. A sentence is easy to remember; common passwords are refused."
          errors={errors}
          autocomplete="new-password"
        />
        <button type="submit" class="button primary wide">
          <span>Create administrator</span>
        </button>
      </form>
    </PlainShell>
  );
}

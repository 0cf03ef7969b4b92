// Sign-in with email address and password.

import { PlainShell } from '../layout/plain-shell.tsx';
import { ErrorSummary, hasErrors } from '../parts/error-summary.tsx';
import { TextField, type FieldErrors } from '../parts/field.tsx';
import { Notice, type NoticeTone } from '../parts/notice.tsx';

export type LoginPageProps = {
  values: { email: string };
  errors: FieldErrors;
  /** Why one is here: signed out, session ended, setup not done yet. */
  notice?: { tone: NoticeTone; text: string } | undefined;
  /** Path within Postern to go to afterwards; goes back with the form as `next`. */
  next?: string | undefined;
};

const labels = { email: 'Email address', password: 'Password' };

export function LoginPage({ values, errors, notice, next }: LoginPageProps) {
  return (
    <PlainShell title="Sign in" faulty={hasErrors(errors)} footer={<a href="/docs">API documentation</a>}>
      <h1>Sign in</h1>
      {notice && (
        <Notice tone={notice.tone} announced>
          {notice.text}
        </Notice>
      )}
      <ErrorSummary errors={errors} fields={labels} />
      <form method="post" action="/login" novalidate class="form">
        {next !== undefined && <input type="hidden" name="next" value={next} />}
        <TextField
          name="email"
          label={labels.email}
          type="email"
          value={values.email}
          errors={errors}
          autocomplete="username"
        />
        <TextField
          name="password"
          label={labels.password}
          type="password"
          errors={errors}
          autocomplete="current-password"
        />
        <button type="submit" class="button primary wide">
          <span>Sign in</span>
        </button>
      </form>
    </PlainShell>
  );
}

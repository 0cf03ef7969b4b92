// One's own account: password, sessions, appearance.

import { AppShell, type AppFrame } from '../layout/app-shell.tsx';
import { PageHeader } from '../layout/page-header.tsx';
import { PostButton } from '../parts/button.tsx';
import { ErrorSummary, hasErrors } from '../parts/error-summary.tsx';
import { TextField, type FieldErrors } from '../parts/field.tsx';
import { Chosen, Facts, Panel } from '../parts/panel.tsx';
import { Status } from '../parts/status.tsx';
import { Table } from '../parts/table.tsx';
import { RelativeTime } from '../parts/time.tsx';

export type SessionRow = {
  id: string;
  /** The one that reads this page. */
  current: boolean;
  address: string | null;
  /** The browser in words, such as "Firefox on Linux". */
  browser: string;
  signedInAt: Date;
  lastSeenAt: Date;
};

export type AccountPageProps = {
  frame: AppFrame;
  account: { name: string; email: string; role: string; company: string };
  /** Faults of the password form: `current_password`, `new_password`, `form`. */
  errors: FieldErrors;
  sessions: readonly SessionRow[];
};

const labels = { current_password: 'Current password', new_password: 'New password' };

function PasswordPanel({ errors, email }: { errors: FieldErrors; email: string }) {
  return (
    <Panel id="password" title="Password" lede="Changing it signs out all your other sessions.">
      <form method="post" action="/account/password" novalidate class="form limited">
        {/* Password managers need to know whose password this is. */}
        <input type="text" name="username" value={email} autocomplete="username" readonly hidden />
        <TextField
          name="current_password"
          label={labels.current_password}
          type="password"
          errors={errors}
          autocomplete="current-password"
        />
        <TextField
          name="new_password"
          label={labels.new_password}
          hint="At least 15 characters. A sentence is easy to remember; common passwords are refused."
          type="password"
          errors={errors}
          autocomplete="new-password"
        />
        <div class="form-actions">
          <button type="submit" class="button primary">
            <span>Change password</span>
          </button>
        </div>
      </form>
    </Panel>
  );
}

function SessionsPanel({ sessions, now }: { sessions: readonly SessionRow[]; now: Date }) {
  const others = sessions.some((session) => !session.current);
  return (
    <Panel
      id="sessions"
      title="Sessions"
      lede="Where you are signed in. End what you don’t recognise, and change your password."
      actions={
        others && (
          <PostButton action="/account/sessions/revoke-others" size="small" icon="sign-out">
            Sign out everywhere else
          </PostButton>
        )
      }
      flush
    >
      <Table<SessionRow>
        caption="Your sessions"
        rows={sessions}
        rowKey={(session) => session.id}
        columns={[
          {
            head: 'Browser',
            cell: (session) => (
              <span class="session">
                <Chosen>{session.browser}</Chosen>
                {session.current && <Status tone="good">This session</Status>}
              </span>
            ),
          },
          {
            head: 'Address',
            cell: (session) => (session.address ? <code>{session.address}</code> : <span class="muted">Unknown</span>),
          },
          { head: 'Signed in', kind: 'nowrap', cell: (session) => <RelativeTime at={session.signedInAt} now={now} /> },
          { head: 'Last seen', kind: 'nowrap', cell: (session) => <RelativeTime at={session.lastSeenAt} now={now} /> },
          {
            head: 'Actions',
            kind: 'actions',
            cell: (session) =>
              !session.current && (
                <PostButton
                  action={`/account/sessions/${encodeURIComponent(session.id)}/revoke`}
                  kind="danger-quiet"
                  size="small"
                  label={`End session: ${session.browser}`}
                >
                  End session
                </PostButton>
              ),
          },
        ]}
      />
    </Panel>
  );
}

const themes = [
  { value: 'system', label: 'As the system' },
  { value: 'light', label: 'Light' },
  { value: 'dark', label: 'Dark' },
];

/** Kept in the browser by a script; without script the system's choice holds. */
function AppearancePanel() {
  return (
    <div class="script-only">
      <Panel id="appearance" title="Appearance" lede="Kept in this browser.">
        <fieldset class="segments" data-theme-choice>
          <legend class="visually-hidden">Theme</legend>
          {themes.map((theme) => (
            <label class="segment" key={theme.value}>
              <input
                type="radio"
                name="theme"
                value={theme.value}
                checked={theme.value === 'system'}
                autocomplete="off"
              />
              <span>{theme.label}</span>
            </label>
          ))}
        </fieldset>
      </Panel>
    </div>
  );
}

export function AccountPage({ frame, account, errors, sessions }: AccountPageProps) {
  return (
    <AppShell frame={frame} title={['Account']} faulty={hasErrors(errors)}>
      <PageHeader title="Account" />
      <ErrorSummary errors={errors} fields={labels} />
      <section class="panel plain" aria-label="Who you are">
        <div class="panel-body">
          <Facts
            facts={[
              { term: 'Name', value: <Chosen>{account.name}</Chosen> },
              { term: 'Email address', value: <Chosen>{account.email}</Chosen> },
              { term: 'Company', value: <Chosen>{account.company}</Chosen> },
              { term: 'Role', value: <Chosen>{account.role}</Chosen> },
            ]}
          />
        </div>
      </section>
      <PasswordPanel errors={errors} email={account.email} />
      <SessionsPanel sessions={sessions} now={frame.now} />
      <AppearancePanel />
    </AppShell>
  );
}

// "Would this client be let in from … asking for …?": the question as a form, the decision as a list of steps.

import { AppShell, type AppFrame } from '../layout/app-shell.tsx';
import { PageHeader } from '../layout/page-header.tsx';
import { LinkButton } from '../parts/button.tsx';
import { HiddenFields } from '../parts/confirm.tsx';
import { ErrorSummary, hasErrors } from '../parts/error-summary.tsx';
import { SelectField, TextField, type FieldErrors, type SelectOption } from '../parts/field.tsx';
import { Icon } from '../parts/icon.tsx';
import { Notice } from '../parts/notice.tsx';
import { Chosen } from '../parts/panel.tsx';
import { clientHref } from './clients-list.tsx';

export type CheckStep = {
  name: string;
  question: string;
  verdict: 'passed' | 'warned' | 'refused';
  explanation: string;
};

export type CheckAnswer = {
  allowed: boolean;
  /** Of the first step that refuses, in words; null when it is let in. */
  reason: string | null;
  /** The caller learns it too: what is asked for is refused, not the caller. */
  isTold: boolean;
  /** null: one that cannot be told. */
  address: string | null;
  steps: readonly CheckStep[];
  /** Where the address can be added to the client's list; undefined where that would not help or the reader may not. */
  allowHref?: string | undefined;
};

export type ClientCheckPageProps = {
  frame: AppFrame;
  client: { clientId: string; name: string };
  values: { address: string; scope: string; resource: string };
  errors: FieldErrors;
  /** Kept through the form: the company for which it would act. */
  hidden: Readonly<Record<string, string>>;
  /** By identifier; the first is the default. */
  apis: readonly SelectOption[];
  /** Where the administrator's own request came from. */
  yourAddress: string | null;
  /** null when the question was not understood. */
  answer: CheckAnswer | null;
};

const labels = {
  address: 'From the address',
  scope: 'Asking for the scope',
  resource: 'Of the API',
  company_id: 'Company',
};

export function clientCheckHref(clientId: string): string {
  return `${clientHref(clientId)}/check`;
}

export function allowAddressHref(clientId: string, address: string): string {
  return `${clientHref(clientId)}/allow-address?address=${encodeURIComponent(address)}`;
}

const icons = { passed: 'check', warned: 'warning', refused: 'close' } as const;
const words = { passed: 'Passes', warned: 'Passes, reported', refused: 'Refuses' } as const;

function Steps({ steps }: { steps: readonly CheckStep[] }) {
  return (
    <ol class="check-steps" aria-label="Steps of the decision">
      {steps.map((step) => (
        <li class={`check-step ${step.verdict}`} key={step.name}>
          <span class="check-mark">
            <Icon name={icons[step.verdict]} />
          </span>
          <div>
            <p class="check-question">{step.question}</p>
            <p>
              <strong>{words[step.verdict]}.</strong> <bdi>{step.explanation}</bdi>
            </p>
          </div>
        </li>
      ))}
    </ol>
  );
}

function explanationOf({ reason, isTold }: CheckAnswer): string {
  if (reason === null) return 'Provided that it comes with a right secret, which isn’t checked here.';
  return isTold
    ? `${reason}. The caller is told so.`
    : `${reason}. The caller is told the same as with a wrong secret; the audit log has this reason.`;
}

function Answer({ answer }: { answer: CheckAnswer }) {
  const from = answer.address === null ? 'an address that can’t be told' : answer.address;
  return (
    <section aria-label="Answer" class="check-answer">
      <Notice
        tone={answer.allowed ? 'good' : 'bad'}
        title={answer.allowed ? `Yes: from ${from} it would get a token.` : `No: from ${from} it would get no token.`}
        action={
          answer.allowHref && (
            <LinkButton href={answer.allowHref} size="small" icon="plus">
              Allow this address
            </LinkButton>
          )
        }
      >
        {explanationOf(answer)}
      </Notice>
      <div class="panel plain">
        <Steps steps={answer.steps} />
      </div>
    </section>
  );
}

export function ClientCheckPage(props: ClientCheckPageProps) {
  const { frame, client, values, errors, hidden, apis, yourAddress, answer } = props;
  const href = clientHref(client.clientId);
  return (
    <AppShell frame={frame} title={['Check access', client.name, 'Clients']} faulty={hasErrors(errors)}>
      <PageHeader
        title={
          <>
            Would <Chosen>{client.name}</Chosen> be let in?
          </>
        }
        crumbs={[
          { href: '/clients', label: 'Clients' },
          { href, label: client.name },
        ]}
        lede="Asks the very decision that the token endpoint makes, at this moment, without issuing anything."
      />
      <ErrorSummary errors={errors} fields={labels} />
      <form method="get" action={clientCheckHref(client.clientId)} class="form panel plain check-form" novalidate>
        <HiddenFields fields={hidden} />
        <div class="panel-body">
          <TextField
            name="address"
            label={labels.address}
            hint={
              yourAddress === null ? (
                'Your own address can’t be told.'
              ) : (
                <>
                  Your address now is <code>{yourAddress}</code>.
                </>
              )
            }
            value={values.address}
            errors={errors}
            width="half"
            mono
            spellcheck={false}
            autocomplete="off"
          />
          <TextField
            name="scope"
            label={labels.scope}
            hint="Separated by spaces; empty for all that its role has."
            value={values.scope}
            errors={errors}
            mono
            spellcheck={false}
            autocomplete="off"
            optional
          />
          {apis.length > 2 && (
            <SelectField
              name="resource"
              label={labels.resource}
              value={values.resource}
              options={apis}
              errors={errors}
              width="half"
              optional
            />
          )}
          <button type="submit" class="button primary">
            <span>Check</span>
          </button>
        </div>
      </form>
      {answer && <Answer answer={answer} />}
    </AppShell>
  );
}

// The editor of an IP restriction: from anywhere, from listed addresses, or trying a list out. Clients and companies share it.

import type { ComponentChildren } from 'preact';
import { TextAreaField, type FieldErrors } from './field.tsx';
import { Icon } from './icon.tsx';
import { RadioField, type RadioOption } from './radio-field.tsx';
import { ExactTime, RelativeTime } from './time.tsx';

export type IpRestrictionProps = {
  /** `ip_mode` is `off`, `enforce` or `report`; `ip_rules` are entries separated by commas, spaces or lines, as they were typed. */
  values: { ip_mode: string; ip_rules: string };
  errors: FieldErrors;
  /** Where the administrator's own request came from. */
  yourAddress: string | null;
  /** Stands beside the help with one's own address. */
  help?: ComponentChildren;
  /** What each mode means, in the words of whatever is restricted. */
  hints: { off: string; enforce: string; report: string };
  /** Stands below the list. */
  children?: ComponentChildren;
};

export const ipLabels = { ip_mode: 'IP restriction', ip_rules: 'Allowed addresses' };

function optionsOf(hints: IpRestrictionProps['hints']): readonly RadioOption[] {
  return [
    { value: 'off', label: 'Allow all IPs', hint: hints.off },
    { value: 'enforce', label: 'Restrict access by IP address', hint: hints.enforce },
    { value: 'report', label: 'Report only', hint: hints.report },
  ];
}

function AddressHelp({ yourAddress }: { yourAddress: string | null }) {
  if (yourAddress === null) return null;
  return (
    <p class="address-help">
      <span>
        Your address now is <code>{yourAddress}</code>
      </span>
      <button
        type="button"
        class="button secondary small script-only"
        data-add-address={yourAddress}
        data-add-to="f-ip_rules"
      >
        <Icon name="plus" />
        <span>Add it</span>
      </button>
    </p>
  );
}

export function IpRestrictionFields({ values, errors, yourAddress, help, hints, children }: IpRestrictionProps) {
  return (
    <>
      <RadioField
        name="ip_mode"
        legend={ipLabels.ip_mode}
        legendHidden
        value={values.ip_mode}
        options={optionsOf(hints)}
        errors={errors}
      />
      <div class="ip-list">
        <TextAreaField
          name="ip_rules"
          label={ipLabels.ip_rules}
          hint={
            <>
              Addresses, networks, ranges or host names, separated by lines, commas or spaces: <code>203.0.113.7</code>,{' '}
              <code>10.0.0.0/8</code>, <code>2001:db8::/32</code>, <code>192.0.2.10-192.0.2.40</code>,{' '}
              <code>gw.example.com</code>
            </>
          }
          mono
          rows={5}
          value={values.ip_rules}
          errors={errors}
          after={
            <>
              <AddressHelp yourAddress={yourAddress} />
              {help}
            </>
          }
        />
      </div>
      {children}
    </>
  );
}

const modeWords = {
  off: 'All addresses allowed',
  enforce: 'Restricted to',
  report: 'Report only; nothing is refused. List:',
} as const;

const rulesShown = 12;

function Rules({ rules }: { rules: readonly string[] }) {
  return (
    <ul class="chips">
      {rules.map((rule) => (
        <li key={rule}>
          <code>{rule}</code>
        </li>
      ))}
    </ul>
  );
}

/** What a host name among the rules stands for now. */
export type HostView = {
  name: string;
  /** A sentence. */
  words: string;
  /** `good`: it matches somebody. */
  tone: 'good' | 'warn' | 'bad';
  /** Since when it stands for that; null while nothing has been heard. */
  since: Date | null;
  /** From when on it matches nobody if the DNS stays silent. */
  closesAt: Date | null;
};

function HostList({ hosts, now }: { hosts: readonly HostView[]; now: Date }) {
  return (
    <dl class="hosts" aria-label="Host names">
      {hosts.map(({ name, words, tone, since, closesAt }) => (
        <div key={name}>
          <dt class={tone}>
            <Icon name={tone === 'good' ? 'success' : tone === 'warn' ? 'warning' : 'stop'} />
            <code>{name}</code>
          </dt>
          <dd>
            {words}
            {since && (
              <span class="muted">
                {' '}
                So since <ExactTime at={since} />.
              </span>
            )}
            {closesAt && (
              <span class="muted">
                {' '}
                If the DNS stays silent it closes <RelativeTime at={closesAt} now={now} />.
              </span>
            )}
          </dd>
        </div>
      ))}
    </dl>
  );
}

type StoredRestriction = {
  mode: 'off' | 'enforce' | 'report';
  rules: readonly string[];
  /** Of the host names among the rules. */
  hosts?: readonly HostView[];
  now: Date;
};

/** A stored restriction, for reading. */
export function IpRestriction({ mode, rules, hosts = [], now }: StoredRestriction) {
  if (mode === 'off') return <>{modeWords.off}</>;
  const hidden = rules.slice(rulesShown);
  return (
    <>
      <span>{modeWords[mode]}</span>
      <Rules rules={rules.slice(0, rulesShown)} />
      {hidden.length > 0 && (
        <details class="disclosure">
          <summary>{`${hidden.length.toLocaleString('en')} more`}</summary>
          <Rules rules={hidden} />
        </details>
      )}
      {hosts.length > 0 && <HostList hosts={hosts} now={now} />}
    </>
  );
}

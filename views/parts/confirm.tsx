// Asking before an act that can't be taken back: as a dialog, and the same words on a page for browsers without script.

import type { ComponentChildren } from 'preact';
import { Icon } from './icon.tsx';

export type Confirmation = {
  /** Id of the dialog, and of nothing else on the page. */
  id: string;
  /** The question, naming what it is about: "Delete client siem-connector?" */
  question: ComponentChildren;
  /** What will happen and to whom, a sentence each. */
  consequences: readonly ComponentChildren[];
  /** Where the form posts to. */
  action: string;
  fields?: Readonly<Record<string, string>>;
  confirmLabel: string;
  /** `plain` for what gives rather than takes. */
  tone?: 'danger' | 'plain';
};

export function Consequences({ consequences }: Pick<Confirmation, 'consequences'>) {
  return (
    <ul class="consequences">
      {consequences.map((consequence, index) => (
        <li key={index}>{consequence}</li>
      ))}
    </ul>
  );
}

export function HiddenFields({ fields = {} }: Pick<Confirmation, 'fields'>) {
  return (
    <>
      {Object.entries(fields).map(([name, value]) => (
        <input type="hidden" name={name} value={value} key={name} />
      ))}
    </>
  );
}

export function confirmButtonClass(tone: Confirmation['tone']): string {
  return tone === 'plain' ? 'button primary' : 'button danger';
}

export function ConfirmDialog({ id, question, consequences, action, fields = {}, confirmLabel, tone }: Confirmation) {
  return (
    <dialog id={id} class="dialog" aria-labelledby={`${id}-question`} aria-describedby={`${id}-what`}>
      <form method="post" action={action}>
        <HiddenFields fields={fields} />
        <div class="dialog-body">
          <span class={tone === 'plain' ? 'dialog-icon plain' : 'dialog-icon'}>
            <Icon name={tone === 'plain' ? 'info' : 'warning'} />
          </span>
          <div>
            <h2 id={`${id}-question`}>{question}</h2>
            <div id={`${id}-what`}>
              <Consequences consequences={consequences} />
            </div>
          </div>
        </div>
        <div class="dialog-actions">
          <button type="submit" formmethod="dialog" class="button secondary" autofocus>
            <span>Cancel</span>
          </button>
          <button type="submit" class={confirmButtonClass(tone)}>
            <span>{confirmLabel}</span>
          </button>
        </div>
      </form>
    </dialog>
  );
}

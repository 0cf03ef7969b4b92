// Text to be copied: IDs, URLs, blocks of code. The copy buttons appear when scripts run.

import type { ComponentChildren } from 'preact';
import { Icon } from './icon.tsx';

export type CopyButtonProps = {
  /** The id of the element whose text is copied; parts of it that only mask a secret are left out. */
  target: string;
  /** What is copied, in the middle of a sentence: "client ID". */
  what: string;
  /** Shows the word beside the icon. */
  labelled?: boolean;
  kind?: 'primary' | 'secondary';
};

export function CopyButton({ target, what, labelled, kind = 'secondary' }: CopyButtonProps) {
  return (
    <button
      type="button"
      class={labelled ? `button ${kind} copy-button script-only` : 'icon-button copy-button script-only'}
      data-copy={target}
      data-copy-what={what}
      aria-label={`Copy ${what}`}
      title={labelled ? undefined : `Copy ${what}`}
    >
      <span class="copy-idle">
        <Icon name="copy" />
      </span>
      <span class="copy-done">
        <Icon name="check" />
      </span>
      {labelled && (
        <span class="copy-word">
          <span class="copy-idle">Copy</span>
          <span class="copy-done">Copied</span>
        </span>
      )}
    </button>
  );
}

export type CopyableProps = {
  id: string;
  value: string;
  what: string;
  /** Shows the beginning; the whole is on hover, and what is copied. */
  cut?: boolean;
};

/** One line of monospaced text with a copy button behind it. */
export function Copyable({ id, value, what, cut = false }: CopyableProps) {
  return (
    <span class={cut ? 'copyable cut' : 'copyable'}>
      <code id={id} dir="ltr" title={cut ? value : undefined}>
        {value}
      </code>
      <CopyButton target={id} what={what} />
    </span>
  );
}

export type CodeBlockProps = { id: string; what: string; label?: string; children: ComponentChildren };

/** A block of code that scrolls sideways by itself and can be focused for that. */
export function CodeBlock({ id, what, label, children }: CodeBlockProps) {
  return (
    <div class="code-block">
      <pre tabindex={0} role="region" aria-label={label ?? what}>
        <code id={id} dir="ltr">
          {children}
        </code>
      </pre>
      <CopyButton target={id} what={what} />
    </div>
  );
}

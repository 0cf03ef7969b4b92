// Buttons: links that look like buttons, and one-button forms.

import type { ComponentChildren } from 'preact';
import { Icon, type IconName } from './icon.tsx';

export type ButtonKind = 'primary' | 'secondary' | 'danger' | 'danger-quiet' | 'quiet';
export type ButtonSize = 'normal' | 'small';

type Look = {
  kind?: ButtonKind | undefined;
  size?: ButtonSize | undefined;
  icon?: IconName | undefined;
  children: ComponentChildren;
};

function classOf(kind: ButtonKind = 'secondary', size: ButtonSize = 'normal'): string {
  return size === 'small' ? `button ${kind} small` : `button ${kind}`;
}

export type LinkButtonProps = Look & { href: string; label?: string };

export function LinkButton({ kind, size, icon, children, href, label }: LinkButtonProps) {
  return (
    <a class={classOf(kind, size)} href={href} aria-label={label}>
      {icon && <Icon name={icon} />}
      <span>{children}</span>
    </a>
  );
}

export type DialogLinkProps = Look & { href: string; dialogId: string; label?: string };

/** Opens the dialog `dialogId`; without script it leads to the confirmation page at `href`. */
export function DialogLink({ kind, size, icon, children, href, dialogId, label }: DialogLinkProps) {
  return (
    <a class={classOf(kind, size)} href={href} data-dialog={dialogId} aria-label={label}>
      {icon && <Icon name={icon} />}
      <span>{children}</span>
    </a>
  );
}

export type PostButtonProps = Look & { action: string; fields?: Readonly<Record<string, string>>; label?: string };

/** A form of its own with a single button, for acts that need no input. */
export function PostButton({ action, fields = {}, kind, size, icon, children, label }: PostButtonProps) {
  return (
    <form method="post" action={action} class="post-button">
      {Object.entries(fields).map(([name, value]) => (
        <input type="hidden" name={name} value={value} key={name} />
      ))}
      <button type="submit" class={classOf(kind, size)} aria-label={label}>
        {icon && <Icon name={icon} />}
        <span>{children}</span>
      </button>
    </form>
  );
}

// A box that tells something beside the matter at hand: information, success, a warning, a fault.

import type { ComponentChildren } from 'preact';
import { Icon } from './icon.tsx';

export type NoticeTone = 'info' | 'good' | 'warn' | 'bad';

const icons = { info: 'info', good: 'success', warn: 'warning', bad: 'stop' } as const;

export type NoticeProps = {
  tone: NoticeTone;
  title?: ComponentChildren;
  children?: ComponentChildren;
  action?: ComponentChildren;
  /** Announced by screen readers when the page opens. */
  announced?: boolean;
};

export function Notice({ tone, title, children, action, announced }: NoticeProps) {
  return (
    <div class={`notice ${tone}`} role={announced ? 'status' : undefined}>
      <Icon name={icons[tone]} />
      <div class="notice-body">
        {title && <p class="notice-title">{title}</p>}
        {children && <div class="notice-text">{children}</div>}
      </div>
      {action && <div class="notice-action">{action}</div>}
    </div>
  );
}

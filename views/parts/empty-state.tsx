// What a list shows when there is nothing in it: what it is for, and the first step.

import type { ComponentChildren } from 'preact';
import { Icon, type IconName } from './icon.tsx';

export type EmptyStateProps = {
  icon: IconName;
  title: string;
  children: ComponentChildren;
  action?: ComponentChildren;
};

export function EmptyState({ icon, title, children, action }: EmptyStateProps) {
  return (
    <div class="empty">
      <span class="empty-icon">
        <Icon name={icon} />
      </span>
      <p class="empty-title">{title}</p>
      <p class="empty-text">{children}</p>
      {action && <div class="empty-action">{action}</div>}
    </div>
  );
}

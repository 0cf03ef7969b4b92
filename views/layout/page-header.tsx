// The top of a page: where one is, what it is called, and its one primary action at the right.

import type { ComponentChildren } from 'preact';

export type Crumb = { href: string; label: string };

export type PageHeaderProps = {
  title: ComponentChildren;
  /** The way from the section down to this page, without the page itself. */
  crumbs?: readonly Crumb[];
  /** Stands beside the title, such as a status. */
  mark?: ComponentChildren;
  lede?: ComponentChildren;
  actions?: ComponentChildren;
};

export function PageHeader({ title, crumbs = [], mark, lede, actions }: PageHeaderProps) {
  return (
    <div class="page-header">
      {crumbs.length > 0 && (
        <nav aria-label="Breadcrumb" class="crumbs">
          <ol>
            {crumbs.map((crumb) => (
              <li key={crumb.href}>
                <a href={crumb.href}>
                  <bdi>{crumb.label}</bdi>
                </a>
              </li>
            ))}
          </ol>
        </nav>
      )}
      <div class="page-title">
        <div class="page-title-text">
          <h1>{title}</h1>
          {mark}
        </div>
        {actions && <div class="page-actions">{actions}</div>}
      </div>
      {lede && <div class="page-lede">{lede}</div>}
    </div>
  );
}

// The row above a list: search, filters, and the way back to the whole list.

import type { ComponentChildren } from 'preact';
import { Select, type SelectOption } from './field.tsx';
import { Icon } from './icon.tsx';

export type FilterBarProps = {
  action: string;
  /** What is searched: "clients". */
  noun: string;
  q: string;
  searchLabel: string;
  /** Kept through the search, such as the sort order. */
  hidden?: Readonly<Record<string, string>>;
  /** Any filter is set, so that clearing makes sense. */
  filtered: boolean;
  /** Searching is what the page is for. */
  autofocus?: boolean;
  /** What the filters came to, below them. */
  note?: ComponentChildren;
  children?: ComponentChildren;
};

export function FilterBar({
  action,
  noun,
  q,
  searchLabel,
  hidden = {},
  filtered,
  autofocus,
  note,
  children,
}: FilterBarProps) {
  return (
    <search>
      <form method="get" action={action} class="filters">
        {Object.entries(hidden).map(([name, value]) => (
          <input type="hidden" name={name} value={value} key={name} />
        ))}
        <div class="filter grow">
          <label for="filter-q">{searchLabel}</label>
          <div class="search-input">
            <Icon name="search" />
            <input
              id="filter-q"
              class="input"
              type="search"
              name="q"
              value={q}
              autocomplete="off"
              spellcheck={false}
              autofocus={autofocus}
            />
          </div>
        </div>
        {children}
        <div class="filter-actions">
          <button type="submit" class="button secondary">
            <span>Search</span>
          </button>
          {filtered && (
            <a class="button quiet" href={action} aria-label={`Show all ${noun}`}>
              <span>Clear</span>
            </a>
          )}
        </div>
        {note}
      </form>
    </search>
  );
}

export type FilterSelectProps = {
  name: string;
  label: string;
  value: string;
  options: readonly SelectOption[];
  all: string;
  autofocus?: boolean;
  describedBy?: string | undefined;
};

export function FilterSelect({ name, label, value, options, all, autofocus, describedBy }: FilterSelectProps) {
  return (
    <div class="filter">
      <label for={`filter-${name}`}>{label}</label>
      <Select
        id={`filter-${name}`}
        name={name}
        value={value}
        options={options}
        prompt={all}
        autofocus={autofocus}
        aria-describedby={describedBy}
      />
    </div>
  );
}

export type FilterDateProps = { name: string; label: string; value: string; error?: string | undefined };

export function FilterDate({ name, label, value, error }: FilterDateProps) {
  const id = `filter-${name}`;
  return (
    <div class="filter">
      <label for={id}>{label}</label>
      <input
        id={id}
        class="input"
        type="date"
        name={name}
        value={value}
        aria-invalid={error ? 'true' : undefined}
        aria-describedby={error ? `${id}-error` : undefined}
      />
      {error && (
        <p class="filter-error" id={`${id}-error`}>
          {error}
        </p>
      )}
    </div>
  );
}

/** What is made new belongs to the company that the list is filtered by. */
export function newHref(path: string, companyId: string): string {
  return companyId === '' ? path : `${path}?company_id=${encodeURIComponent(companyId)}`;
}

// A number that says how things stand, leading to what it counts.

import type { ComponentChildren } from 'preact';

export type FigureProps = {
  label: string;
  value: ComponentChildren;
  /** undefined for a reader who may not go there. */
  href?: string | undefined;
  note: ComponentChildren;
};

export function Figure({ label, value, href, note }: FigureProps) {
  const words = (
    <>
      <span class="figure-label">{label}</span>
      <span class="figure-value">{value}</span>
      <span class="figure-note">{note}</span>
    </>
  );
  return href === undefined ? (
    <div class="figure">{words}</div>
  ) : (
    <a class="figure" href={href}>
      {words}
    </a>
  );
}

// A part of a long form: what it is about at the left, its fields at the right.

import type { ComponentChildren } from 'preact';

export type FormSectionProps = { title: string; lede?: ComponentChildren; children: ComponentChildren };

export function FormSection({ title, lede, children }: FormSectionProps) {
  return (
    <section class="form-section">
      <div class="form-section-head">
        <h2>{title}</h2>
        {lede && <p>{lede}</p>}
      </div>
      <div class="form-section-body">{children}</div>
    </section>
  );
}

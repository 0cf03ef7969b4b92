// A titled surface that groups what belongs together, and the list of facts that often fills it.

import type { ComponentChildren } from 'preact';

export type PanelProps = {
  id: string;
  title: string;
  lede?: ComponentChildren;
  actions?: ComponentChildren;
  tone?: 'plain' | 'danger';
  /** Tables and lists reach the edges of the panel. */
  flush?: boolean;
  children: ComponentChildren;
};

export function Panel({ id, title, lede, actions, tone = 'plain', flush, children }: PanelProps) {
  return (
    <section class={`panel ${tone}`} aria-labelledby={`${id}-title`} id={id}>
      <div class="panel-head">
        <div>
          <h2 id={`${id}-title`}>{title}</h2>
          {lede && <p>{lede}</p>}
        </div>
        {actions && <div class="panel-actions">{actions}</div>}
      </div>
      <div class={flush ? 'panel-body flush' : 'panel-body'}>{children}</div>
    </section>
  );
}

export type Fact = { term: string; value: ComponentChildren; wide?: boolean };

/** `rows`: one below the other, the term at the left, for long values such as addresses. */
export function Facts({ facts, layout = 'grid' }: { facts: readonly Fact[]; layout?: 'grid' | 'rows' }) {
  return (
    <dl class={layout === 'rows' ? 'fact-rows' : 'facts'}>
      {facts.map((fact) => (
        <div class={fact.wide ? 'fact wide' : 'fact'} key={fact.term}>
          <dt>{fact.term}</dt>
          <dd>{fact.value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** Text that people chose, kept from upsetting the direction of what stands around it. */
export function Chosen({ children }: { children: string }) {
  return <bdi class="chosen">{children}</bdi>;
}

/** A chosen name that leads somewhere, where the reader may go there. */
export function NameLink({ name, href }: { name: string; href?: string | undefined }) {
  if (href === undefined) return <Chosen>{name}</Chosen>;
  return (
    <a href={href}>
      <Chosen>{name}</Chosen>
    </a>
  );
}

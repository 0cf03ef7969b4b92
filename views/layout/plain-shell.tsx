// The frame of the pages before the sign-in: one card in the middle, nothing else.

import type { ComponentChildren } from 'preact';
import { Logo } from '../parts/icon.tsx';
import { Document } from './document.tsx';

export type PlainShellProps = {
  title: string;
  faulty?: boolean;
  /** Below the card. */
  footer?: ComponentChildren;
  children: ComponentChildren;
};

export function PlainShell({ title, faulty = false, footer, children }: PlainShellProps) {
  return (
    <Document title={[title]} faulty={faulty} bodyClass="plain">
      <header class="plain-brand">
        <a class="brand" href="/">
          <Logo />
          <span>Postern</span>
        </a>
      </header>
      <main id="main" class="card">
        {children}
      </main>
      {footer && <footer class="plain-footer">{footer}</footer>}
    </Document>
  );
}

// The frame of every page behind the sign-in: navigation at the left, header with company and user, main content.

import type { ComponentChildren } from 'preact';
import { Icon, Logo, type IconName } from '../parts/icon.tsx';
import { Notice } from '../parts/notice.tsx';
import { Document } from './document.tsx';

export type NavItem = { href: string; label: string; icon: IconName; current: boolean };

export type NavSection = { label?: string; items: readonly NavItem[] };

/** Said once after a redirect: what the last act did. */
export type Flash = { tone: 'good' | 'info' | 'warn' | 'bad'; text: string; details?: readonly string[] };

/** What all pages behind the sign-in need. */
export type AppFrame = {
  /** The instant of rendering; relative times count from it. */
  now: Date;
  nav: readonly NavSection[];
  /**
   * The company one acts for. `switchable`: the reader manages several and may act for another. `ownName`: it is not their own, and
   * that one is called so.
   */
  company: { name: string; switchable?: boolean; ownName?: string | undefined };
  user: { name: string; email: string };
  flash?: Flash | undefined;
};

export type AppShellProps = {
  frame: AppFrame;
  title: readonly string[];
  faulty?: boolean;
  children: ComponentChildren;
};

const navId = 'main-navigation';

function Navigation({ sections }: { sections: readonly NavSection[] }) {
  return (
    <nav class="sidebar" id={navId} popover="auto" aria-label="Main">
      <div class="sidebar-head">
        <a class="brand" href="/">
          <Logo />
          <span>Postern</span>
        </a>
        <button
          type="button"
          class="icon-button sidebar-close"
          popovertarget={navId}
          popovertargetaction="hide"
          aria-label="Close navigation"
        >
          <Icon name="close" />
        </button>
      </div>
      {sections.map((section, index) => (
        <div class="nav-section" key={index}>
          {section.label && <p class="nav-label">{section.label}</p>}
          <ul>
            {section.items.map((item) => (
              <li key={item.href}>
                <a href={item.href} aria-current={item.current ? 'page' : undefined}>
                  <Icon name={item.icon} />
                  <span>{item.label}</span>
                </a>
              </li>
            ))}
          </ul>
        </div>
      ))}
    </nav>
  );
}

/** The first letters of the first and the last word, for the round mark beside the user's name. */
function initials(name: string): string {
  const words = name.trim().split(/\s+/u);
  const first = [...(words[0] ?? '')][0] ?? '';
  const last = words.length > 1 ? ([...(words.at(-1) ?? '')][0] ?? '') : '';
  return (first + last).toUpperCase();
}

function TopBarCompany({ company: { name, switchable, ownName } }: Pick<AppFrame, 'company'>) {
  const words = (
    <>
      <Icon name="company" />
      <span class={ownName === undefined ? 'visually-hidden' : 'topbar-acting'}>
        {ownName === undefined ? 'Company: ' : 'Acting for '}
      </span>
      <bdi title={name}>{name}</bdi>
    </>
  );
  return (
    <div class={ownName === undefined ? 'topbar-company' : 'topbar-company acting'}>
      {switchable ? (
        <a class="company-switch" href="/companies/switch">
          {words}
          <span class="visually-hidden"> – switch company</span>
          <Icon name="switch" />
        </a>
      ) : (
        <p class="company-switch">{words}</p>
      )}
      {ownName !== undefined && (
        <form method="post" action="/companies/switch">
          <input type="hidden" name="company_id" value="" />
          <button type="submit" class="button small secondary" title={`Back to ${ownName}`}>
            <Icon name="back" />
            <span class="acting-back">
              Back to <bdi>{ownName}</bdi>
            </span>
          </button>
        </form>
      )}
    </div>
  );
}

function TopBar({ frame }: { frame: AppFrame }) {
  return (
    <header class="topbar">
      <button type="button" class="icon-button menu-button" popovertarget={navId} aria-label="Navigation">
        <Icon name="menu" />
      </button>
      <TopBarCompany company={frame.company} />
      <div class="topbar-user">
        <a class="user-link" href="/account" title={frame.user.email}>
          <span class="avatar" aria-hidden="true">
            {initials(frame.user.name)}
          </span>
          <span class="visually-hidden">Account of </span>
          <bdi class="user-name">{frame.user.name}</bdi>
        </a>
        <form method="post" action="/logout">
          <button type="submit" class="button quiet small sign-out">
            <Icon name="sign-out" />
            <span>Sign out</span>
          </button>
        </form>
      </div>
    </header>
  );
}

export function AppShell({ frame, title, faulty = false, children }: AppShellProps) {
  return (
    <Document title={title} faulty={faulty} bodyClass="app" now={frame.now}>
      <a class="skip-link" href="#main">
        Skip to content
      </a>
      <Navigation sections={frame.nav} />
      <div class="workspace">
        <TopBar frame={frame} />
        <main id="main" tabindex={-1}>
          {frame.flash && <FlashNotice flash={frame.flash} />}
          {children}
        </main>
      </div>
    </Document>
  );
}

function FlashNotice({ flash }: { flash: Flash }) {
  return (
    <div class="flash">
      <Notice tone={flash.tone} title={flash.text} announced>
        {flash.details && flash.details.length > 0 && (
          <ul>
            {flash.details.map((detail) => (
              <li key={detail}>{detail}</li>
            ))}
          </ul>
        )}
      </Notice>
    </div>
  );
}

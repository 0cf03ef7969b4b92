// Line icons on a 20 by 20 grid. They are decoration: the words beside them carry the meaning.

import type { JSX } from 'preact';

const shapes = {
  overview: (
    <>
      <rect x="3" y="3" width="5.6" height="5.6" rx="1.3" />
      <rect x="11.4" y="3" width="5.6" height="5.6" rx="1.3" />
      <rect x="3" y="11.4" width="5.6" height="5.6" rx="1.3" />
      <rect x="11.4" y="11.4" width="5.6" height="5.6" rx="1.3" />
    </>
  ),
  clients: (
    <>
      <rect x="2.5" y="3.75" width="15" height="12.5" rx="2.2" />
      <path d="M6 8l2.4 2.2L6 12.4M10.4 12.6h3.4" />
    </>
  ),
  roles: <path d="M10 2.6l6 2.2v4.7c0 3.9-2.4 6.6-6 7.9-3.6-1.3-6-4-6-7.9V4.8zM7.4 9.9l1.9 1.9 3.4-3.7" />,
  audit: (
    <>
      <path d="M3 4.8h14M3 9.8h6.4M3 14.8h4.4" />
      <circle cx="14" cy="13.4" r="3.6" />
      <path d="M14 11.7v1.8l1.2.9" />
    </>
  ),
  docs: (
    <path d="M10 5.3C8.2 4.1 5.8 3.7 3 4v11.2c2.8-.3 5.2.1 7 1.3 1.8-1.2 4.2-1.6 7-1.3V4c-2.8-.3-5.2.1-7 1.3zM10 5.3v11.2" />
  ),
  account: (
    <>
      <circle cx="10" cy="6.8" r="3.3" />
      <path d="M3.8 16.9c.7-3.1 3.1-4.7 6.2-4.7s5.5 1.6 6.2 4.7" />
    </>
  ),
  users: (
    <>
      <circle cx="7.6" cy="7" r="2.9" />
      <path d="M2.3 16.2c.6-2.8 2.7-4.2 5.3-4.2s4.7 1.4 5.3 4.2M12.6 4.4a2.9 2.9 0 0 1 0 5.2M14.4 12.3c1.7.6 2.9 1.9 3.3 3.9" />
    </>
  ),
  company: (
    <path d="M4 17V4.6C4 3.7 4.7 3 5.6 3h5.8c.9 0 1.6.7 1.6 1.6V17M13 8.2h1.9c.9 0 1.6.7 1.6 1.6V17M2.5 17h15M7 6.8h3M7 10.2h3M8.5 17v-3.2" />
  ),
  api: <path d="M6.6 5.2L2.4 10l4.2 4.8M13.4 5.2l4.2 4.8-4.2 4.8M11.3 3.6L8.7 16.4" />,
  token: (
    <>
      <rect x="2.5" y="5.5" width="15" height="9" rx="2.2" />
      <path d="M6.2 10h.1M10 10h.1M13.8 10h.1" />
    </>
  ),
  key: (
    <>
      <circle cx="6.9" cy="13.1" r="3.6" />
      <path d="M9.5 10.5l7-7M13.6 6.4l2.3 2.3M11.4 8.6l1.5 1.5" />
    </>
  ),
  copy: (
    <>
      <rect x="7" y="7" width="10" height="10" rx="2" />
      <path d="M13 4.6A1.7 1.7 0 0 0 11.3 3H4.7A1.7 1.7 0 0 0 3 4.7v6.6A1.7 1.7 0 0 0 4.6 13" />
    </>
  ),
  system: (
    <>
      <rect x="3" y="3.4" width="14" height="5.4" rx="1.6" />
      <rect x="3" y="11.2" width="14" height="5.4" rx="1.6" />
      <path d="M6.2 6.1h.1M6.2 13.9h.1M9 6.1h4.6M9 13.9h4.6" />
    </>
  ),
  check: <path d="M4 10.6l4 4 8-9.2" />,
  eye: (
    <>
      <path d="M2 10s2.8-5.4 8-5.4S18 10 18 10s-2.8 5.4-8 5.4S2 10 2 10z" />
      <circle cx="10" cy="10" r="2.4" />
    </>
  ),
  'eye-off': (
    <>
      <path d="M2 10s2.8-5.4 8-5.4S18 10 18 10s-2.8 5.4-8 5.4S2 10 2 10z" />
      <path d="M3.8 16.4L16.2 3.6" />
    </>
  ),
  download: <path d="M10 3v9.4M5.8 8.4L10 12.6l4.2-4.2M3.5 16.6h13" />,
  plus: <path d="M10 4v12M4 10h12" />,
  search: (
    <>
      <circle cx="9" cy="9" r="5.4" />
      <path d="M13.1 13.1L17 17" />
    </>
  ),
  warning: (
    <path d="M8.7 3.9L2.6 14.6a1.5 1.5 0 0 0 1.3 2.2h12.2a1.5 1.5 0 0 0 1.3-2.2L11.3 3.9a1.5 1.5 0 0 0-2.6 0zM10 8v3.4M10 14v.1" />
  ),
  info: (
    <>
      <circle cx="10" cy="10" r="7.4" />
      <path d="M10 9.4v4.2M10 6.5v.1" />
    </>
  ),
  stop: (
    <>
      <circle cx="10" cy="10" r="7.4" />
      <path d="M7.4 7.4l5.2 5.2M12.6 7.4l-5.2 5.2" />
    </>
  ),
  success: (
    <>
      <circle cx="10" cy="10" r="7.4" />
      <path d="M6.8 10.3l2.2 2.2 4.2-4.7" />
    </>
  ),
  trash: <path d="M3.4 5.6h13.2M7.8 5.6V3.4h4.4v2.2M5 5.6l.8 10.9h8.4L15 5.6M8.3 8.9v4.3M11.7 8.9v4.3" />,
  pause: <path d="M7 4.5v11M13 4.5v11" />,
  play: <path d="M6.4 4.1l9 5.9-9 5.9z" />,
  rotate: <path d="M16.2 10a6.2 6.2 0 1 1-1.8-4.4M16.4 2.9v3.3h-3.3" />,
  switch: <path d="M6.2 7.8L10 4l3.8 3.8M6.2 12.2L10 16l3.8-3.8" />,
  back: <path d="M8 4.6L3.4 9.2 8 13.8M3.8 9.2h8.4a4.2 4.2 0 0 1 0 8.4H10" />,
  next: <path d="M7.6 4.6L13 10l-5.4 5.4" />,
  previous: <path d="M12.4 4.6L7 10l5.4 5.4" />,
  menu: <path d="M3 5.4h14M3 10h14M3 14.6h14" />,
  close: <path d="M5 5l10 10M15 5L5 15" />,
  'sign-out': <path d="M8 3.4H5A1.6 1.6 0 0 0 3.4 5v10A1.6 1.6 0 0 0 5 16.6h3M12.6 6.4L16.2 10l-3.6 3.6M16 10H7.6" />,
  edit: <path d="M12.4 4.4l3.2 3.2-8.5 8.5-4 .8.8-4z" />,
  external: (
    <path d="M8 4.6H5A1.6 1.6 0 0 0 3.4 6.2V15A1.6 1.6 0 0 0 5 16.6h8.8a1.6 1.6 0 0 0 1.6-1.6v-3M11.6 3.4h5v5M16.4 3.6L9.4 10.6" />
  ),
} satisfies Record<string, JSX.Element>;

export type IconName = keyof typeof shapes;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 20 20" width="20" height="20" aria-hidden="true" focusable="false">
      {shapes[name]}
    </svg>
  );
}

/** The mark: a battlement wall with its small door to the side. Colours come from the style sheet. */
export function Logo() {
  return (
    <svg class="logo" viewBox="0 0 24 24" width="24" height="24" aria-hidden="true" focusable="false">
      <path
        fill-rule="evenodd"
        d="M2 5.2C2 4.5 2.5 4 3.2 4h2.6C6.5 4 7 4.5 7 5.2V7h2.5V5.2c0-.7.5-1.2 1.2-1.2h2.6c.7 0 1.2.5 1.2 1.2V7H17V5.2c0-.7.5-1.2 1.2-1.2h2.6c.7 0 1.2.5 1.2 1.2v14.1c0 .9-.8 1.7-1.7 1.7H3.7C2.8 21 2 20.2 2 19.3zM12 21v-5.7a3 3 0 0 1 6 0V21z"
      />
    </svg>
  );
}

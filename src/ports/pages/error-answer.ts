// Whatever went wrong, as a page: in words, with the request id that finds the log line and the audit event.
import { h } from 'preact';
import { ErrorPage, type ErrorPageProps } from '../../../views/pages/error.tsx';
import { renderPage } from '../../../views/render.ts';
import type { AppFrame } from '../../../views/layout/app-shell.tsx';
import type { Problem, ProblemCode } from '../../base/problem.ts';
import type { Place } from './page.ts';

interface ErrorFacts {
  /** undefined: a fault of ours, whose text stays in the log. */
  readonly problem: Problem | undefined;
  readonly requestId: string;
  readonly place: Place;
  /** The page to try again, where that makes sense: a GET. */
  readonly path: string | undefined;
  readonly frame: AppFrame | undefined;
}

type Action = NonNullable<ErrorPageProps['action']>;

const WAYS_BACK: Readonly<Record<Exclude<Place, null>, Action>> = {
  overview: { href: '/', label: 'Go to the overview' },
  clients: { href: '/clients', label: 'Go to the clients' },
  'api-tokens': { href: '/api-tokens', label: 'Go to the API tokens' },
  companies: { href: '/companies', label: 'Go to the companies' },
  apis: { href: '/apis', label: 'Go to the APIs' },
  roles: { href: '/roles', label: 'Go to the roles' },
  users: { href: '/users', label: 'Go to the users' },
  audit: { href: '/audit', label: 'Go to the audit log' },
  system: { href: '/system', label: 'System' },
  account: { href: '/account', label: 'Go to your account' },
};

const TITLES: Partial<Record<ProblemCode, string>> = {
  'resource.not_found': 'There is nothing here',
  'request.forbidden': 'You can’t do this',
};

export function errorHtml({ problem, requestId, place, path, frame }: ErrorFacts): string {
  const isPassing = problem?.code === 'service.unavailable' || problem?.code === 'request.too_many';
  const back = frame ? wayBack(place, problem) : { href: '/login', label: 'Sign in' };
  const action = isPassing && path !== undefined ? { href: path, label: 'Try again' } : back;
  return renderPage(
    h(ErrorPage, {
      frame,
      status: problem?.status ?? 500,
      title: problem ? (TITLES[problem.code] ?? problem.title) : 'Something went wrong',
      detail:
        problem?.detail ??
        'Postern failed to answer this request. The log of the server has the reason under the reference below.',
      requestId,
      action,
    }),
  );
}

/** A list that one may not see is no way back. */
function wayBack(place: Place, problem: Problem | undefined): Action {
  return place === null || problem?.code === 'request.forbidden' ? WAYS_BACK.overview : WAYS_BACK[place];
}

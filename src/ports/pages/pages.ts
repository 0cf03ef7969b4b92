// The pages as a middleware: finds the route, knows the visitor, guards the forms, and turns answers and problems into HTML.
import { Router, type RouterContext } from '@koa/router';
import type { Context, Middleware } from 'koa';
import { notFound, Problem } from '../../base/problem.ts';
import { requirePrivilege } from '../../domain/access/caller.ts';
import { runWithin } from '../../domain/access/reach-scope.ts';
import type { AccountService, PageVisitor } from '../../domain/user/account-service.ts';
import { toProblem } from '../http/problem-response.ts';
import type { RequestState } from '../http/request-context.ts';
import { createPageCookies, type PageCookies } from './cookies.ts';
import { refuseCrossOrigin } from './cross-origin.ts';
import { errorHtml } from './error-answer.ts';
import { openFlash, sealFlash, toFlash } from './flash.ts';
import { readPostedForm, readUploadedForm } from './form.ts';
import { createFrame } from './frame.ts';
import { signInPath } from './next-path.ts';
import type { Answer, PageMethod, PageParts, PageRoute, Place, Visit } from './page.ts';
import { routes } from './routes.ts';
import { setSecurityHeaders } from './security-headers.ts';

interface PageState extends RequestState {
  progress: Progress;
}

type PageContext = Context & { state: PageState };

/** What is known of a request while it is answered; error pages use as much of it as there is. */
interface Progress {
  place: Place;
  /** A page of ours that was asked for and can be asked for again. */
  path: string | undefined;
  sessionToken: string | undefined;
  /** null: looked for in vain. undefined: not looked for yet. */
  visitor: PageVisitor | null | undefined;
}

/** Put it last: what no route knows gets the page *not found*. */
export function createPages(parts: PageParts): Middleware<RequestState> {
  const cookies = createPageCookies(parts.secureCookies);
  const isHttps = parts.issuer.startsWith('https:');
  const router = new Router<PageState>({ sensitive: true, strict: true });
  for (const route of routes) {
    router.all(route.path, (ctx) => serve(route, ctx as unknown as PageContext & RouterContext, parts, cookies));
  }
  const dispatch = router.routes() as unknown as Middleware<PageState>;
  return async (ctx) => {
    const context = ctx as unknown as PageContext & Parameters<typeof dispatch>[0];
    setSecurityHeaders(context, isHttps);
    const sessionToken = cookies.readSession(context);
    context.state.progress = { place: null, path: undefined, sessionToken, visitor: undefined };
    try {
      await dispatch(context, () => {
        throw notFound('page');
      });
    } catch (error) {
      await refuse(context, error, parts);
    }
  };
}

/** Whether the request comes from somebody signed in; false, too, while that cannot be known. For pages of other ports. */
export function createSignedInCheck(parts: {
  readonly secureCookies: boolean;
  readonly accounts: Pick<AccountService, 'findVisitor'>;
}): (ctx: Context) => Promise<boolean> {
  const cookies = createPageCookies(parts.secureCookies);
  return async (ctx) => {
    const token = cookies.readSession(ctx);
    if (token === undefined) return false;
    try {
      return (await parts.accounts.findVisitor(token, (ctx as PageContext).state.origin)) !== undefined;
    } catch (error) {
      if (error instanceof Problem) return false;
      throw error;
    }
  };
}

async function serve(
  route: PageRoute,
  ctx: PageContext & RouterContext,
  parts: PageParts,
  cookies: PageCookies,
): Promise<void> {
  const { progress } = ctx.state;
  progress.place = route.place;
  if (ctx.method === 'GET') progress.path = ctx.path + ctx.search;
  const method = methodOf(route, ctx);
  if (ctx.method === 'POST') refuseCrossOrigin(sourceOf(ctx), parts.issuer);
  const visit: Visit = {
    parts,
    services: parts.services,
    now: parts.clock.now(),
    origin: ctx.state.origin,
    params: ctx.params,
    querystring: ctx.querystring,
    sessionToken: progress.sessionToken,
    readForm: (limits) => readPostedForm(ctx, limits),
    readUpload: () => readUploadedForm(ctx),
  };
  if (method.kind === 'open') return send(ctx, await method.handle(visit), parts, cookies);
  const visitor = await findVisitor(ctx, parts);
  if (!visitor) return send(ctx, toSignIn(route, ctx), parts, cookies);
  if (method.privilege !== null) requirePrivilege(visitor.caller, method.privilege);
  const answer = await runWithin(visitor.caller.reach, () =>
    method.handle({ ...visit, visitor, caller: visitor.caller }),
  );
  send(ctx, answer, parts, cookies);
}

function methodOf(route: PageRoute, ctx: PageContext): PageMethod {
  const method = ctx.method === 'POST' ? route.post : ['GET', 'HEAD'].includes(ctx.method) ? route.get : undefined;
  if (method) return method;
  const allowed = [...(route.get ? ['GET', 'HEAD'] : []), ...(route.post ? ['POST'] : [])];
  ctx.set('Allow', allowed.join(', '));
  throw new Problem(
    'request.method_not_allowed',
    'This address can’t be used in this way. Start from the page instead.',
  );
}

function sourceOf(ctx: PageContext) {
  return { fetchSite: ctx.get('sec-fetch-site'), origin: ctx.get('origin'), host: ctx.get('host') };
}

async function findVisitor(ctx: PageContext, { services }: PageParts): Promise<PageVisitor | null> {
  const { progress } = ctx.state;
  if (progress.visitor !== undefined) return progress.visitor;
  const { sessionToken } = progress;
  // Set first, so that an error page does not ask again when the question itself failed.
  progress.visitor = null;
  if (sessionToken !== undefined) {
    progress.visitor = (await services.accounts.findVisitor(sessionToken, ctx.state.origin)) ?? null;
  }
  return progress.visitor;
}

function toSignIn(route: PageRoute, ctx: PageContext & RouterContext): Answer {
  const next = ctx.method === 'POST' ? (route.formAt?.(ctx.params) ?? '/') : ctx.path + ctx.search;
  if (ctx.state.progress.sessionToken === undefined) return { kind: 'redirect', to: signInPath({ next }) };
  return { kind: 'redirect', to: signInPath({ next, notice: 'session-ended' }), session: null };
}

function send(ctx: PageContext, answer: Answer, parts: PageParts, cookies: PageCookies): void {
  if (answer.kind === 'redirect') return redirect(ctx, answer, cookies);
  if (answer.retryAfterSeconds !== undefined) ctx.set('Retry-After', String(answer.retryAfterSeconds));
  ctx.status = answer.status;
  ctx.type = 'text/html; charset=utf-8';
  if (answer.kind === 'plain') {
    ctx.body = answer.html;
    return;
  }
  const { visitor, sessionToken, place } = ctx.state.progress;
  if (!visitor) throw new Error('a page behind the sign-in was answered to nobody');
  const sealed = ctx.method === 'GET' ? cookies.readFlash(ctx) : undefined;
  const flash = sealed !== undefined && sessionToken !== undefined ? openFlash(sealed, sessionToken) : undefined;
  if (sealed !== undefined) cookies.writeFlash(ctx, null);
  ctx.body = answer.html(createFrame(visitor, place, parts.clock.now(), flash && toFlash(flash)));
}

function redirect(
  ctx: PageContext,
  { to, session, flash }: Extract<Answer, { kind: 'redirect' }>,
  cookies: PageCookies,
): void {
  if (session !== undefined) cookies.writeSession(ctx, session);
  const token = session === undefined ? ctx.state.progress.sessionToken : session;
  if (flash && token) cookies.writeFlash(ctx, sealFlash(flash, token));
  ctx.status = 303;
  ctx.set('Location', to);
  ctx.type = 'text/plain; charset=utf-8';
  ctx.body = `See ${to}\n`;
}

async function refuse(ctx: PageContext, error: unknown, parts: PageParts): Promise<void> {
  const { progress } = ctx.state;
  const problem = toProblem(error, parts.log, ctx.state.requestId);
  if (problem?.retryAfterSeconds !== undefined) ctx.set('Retry-After', String(problem.retryAfterSeconds));
  const visitor = await findVisitor(ctx, parts).catch(() => null);
  const frame = visitor ? createFrame(visitor, progress.place, parts.clock.now(), undefined) : undefined;
  ctx.status = problem?.status ?? 500;
  ctx.type = 'text/html; charset=utf-8';
  ctx.body = errorHtml({ problem, requestId: ctx.state.requestId, place: progress.place, path: progress.path, frame });
}

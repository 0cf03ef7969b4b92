// The Management API as a middleware: finds the route, knows the caller, validates what came in, answers in JSON.
import { Router, type RouterContext } from '@koa/router';
import type { Context, Middleware } from 'koa';
import { z } from 'zod';
import type { Log } from '../../base/log.ts';
import { conflict, invalid, notFound, Problem } from '../../base/problem.ts';
import { OwnAddressProblem } from '../../domain/access/own-address.ts';
import { runWithin } from '../../domain/access/reach-scope.ts';
import { hasSeen } from '../http/entity-tag-list.ts';
import { sendProblemJson, toProblem } from '../http/problem-response.ts';
import type { RequestState } from '../http/request-context.ts';
import { ApiProblem } from './api-problem.ts';
import { authenticate, type BearerAuthenticator, challengeOf, requireScope } from './authentication.ts';
import type { ApiServices, Call, Reply, Route } from './contract.ts';
import { entityTagOf, requireMatch, versionGuard } from './entity-tag.ts';
import { findUnstorable, firstPerPointer, type InputPlace, toFaults } from './faults.ts';
import { readDocument, readJsonBody } from './json-body.ts';
import { parseQuery } from './query.ts';
import { routes } from './routes.ts';

export interface ApiParts {
  /** Where tokens come from, for the hint in a 401. */
  readonly issuer: string;
  readonly services: ApiServices;
  readonly authenticator: BearerAuthenticator;
  readonly log: Log;
  /** For tests: an answer that does not fit its own schema becomes a 500. */
  readonly checksReplies?: boolean;
}

type ApiContext = Context & { state: RequestState };

/** Answers everything at and below `/api`; put documents such as `/api/openapi.json` in front of it. */
export function createApi(parts: ApiParts): Middleware<RequestState> {
  const dispatch = createRouter(parts).routes() as unknown as Middleware<RequestState>;
  return async (ctx, next) => {
    if (ctx.path !== '/api' && !ctx.path.startsWith('/api/')) return next();
    ctx.set('Cache-Control', 'no-store');
    ctx.set('X-Content-Type-Options', 'nosniff');
    try {
      await dispatch(ctx, () => {
        throw notFound('endpoint');
      });
    } catch (error) {
      refuse(ctx, toProblem(error, parts.log, ctx.state.requestId));
    }
  };
}

/** One entry per path, for all methods, so that a wrong method is told from a wrong path. */
export function createRouter(parts: ApiParts): Router<RequestState> {
  const router = new Router<RequestState>({ sensitive: true, strict: true });
  const paths = new Map<string, Route[]>();
  for (const route of routes) paths.set(route.path, [...(paths.get(route.path) ?? []), route]);
  for (const [path, ofPath] of paths) {
    const methods = new Map<string, Route>(
      ofPath.flatMap((route) =>
        (route.method === 'GET' ? ['GET', 'HEAD'] : [route.method]).map((method) => [method, route]),
      ),
    );
    router.all(path.replaceAll(/\{(\w+)\}/g, ':$1'), async (ctx) => {
      const route = methods.get(ctx.method);
      if (!route) throw methodNotAllowed(ctx.method, [...methods.keys()]);
      await answer(route, ctx, parts);
    });
  }
  return router;
}

async function answer(route: Route, ctx: ApiContext & RouterContext, parts: ApiParts): Promise<void> {
  const bearer = await authenticate(ctx, parts.authenticator, parts.issuer);
  ctx.state.callerId = bearer.caller.id;
  requireScope(bearer.caller, route.privilege);
  const ifMatch = ctx.get('if-match');
  const isChange = route.method !== 'GET';
  if (isChange && !(route.hasEntityTag && route.params)) requireMatch(ifMatch, undefined);
  const call: Call<unknown, unknown, unknown> = {
    bearer,
    caller: bearer.caller,
    services: parts.services,
    issuer: parts.issuer,
    params: readParams(route, ctx.params),
    query: readQuery(route, ctx.querystring),
    body: await readBody(route, ctx),
    document: route.document ? await readDocument(ctx, route.document) : NO_DOCUMENT,
    guard: versionGuard(isChange ? ifMatch : ''),
  };
  const reply = await handle(route, call);
  if (parts.checksReplies) route.success.schema?.parse(reply.body);
  if (!isChange) requireMatch(ifMatch, reply.entity?.version);
  send(ctx, route, reply);
}

async function handle(route: Route, call: Call<unknown, unknown, unknown>): Promise<Reply<unknown>> {
  try {
    return await runWithin(call.caller.reach, () => route.handle(call));
  } catch (error) {
    // The domain points at `/cursor`, knowing nothing of where that was sent.
    if (error instanceof Problem && error.code === 'request.invalid' && !route.body && !route.document) {
      throw invalid(error.errors.map((fault) => ({ ...fault, pointer: `/query${fault.pointer}` })));
    }
    if (error instanceof OwnAddressProblem) {
      throw conflict(`${error.detail} To confirm, send the request again with ?confirm=true.`, error.errors);
    }
    throw error;
  }
}

function send(ctx: ApiContext, route: Route, reply: Reply<unknown>): void {
  if (reply.location) ctx.set('Location', reply.location);
  const tag = reply.entity && entityTagOf(reply.entity);
  if (tag) ctx.set('ETag', tag);
  if (route.method === 'GET' && tag && hasSeen(ctx.get('if-none-match'), tag)) {
    ctx.status = 304;
    return;
  }
  ctx.status = route.success.status;
  if (reply.body === undefined) return;
  ctx.type = 'application/json';
  ctx.body = JSON.stringify(reply.body);
}

function refuse(ctx: ApiContext, problem: Problem | undefined): void {
  ctx.remove('ETag');
  ctx.remove('Location');
  if (problem instanceof ApiProblem) ctx.set({ ...problem.headers });
  const challenge = problem && challengeOf(problem);
  if (challenge && !ctx.response.get('WWW-Authenticate')) ctx.set('WWW-Authenticate', challenge);
  sendProblemJson(ctx, problem, ctx.state.requestId);
}

function readParams(route: Route, params: Record<string, string>): unknown {
  if (!route.params) return undefined;
  const result = route.params.safeParse(params);
  if (result.success) return result.data;
  throw new Problem('resource.not_found', result.error.issues[0]?.message ?? 'There is no such thing.');
}

const noQuery = z.strictObject({});
const NO_DOCUMENT = new Uint8Array();

function readQuery(route: Route, querystring: string): unknown {
  return validated(route.query ?? noQuery, parseQuery(querystring), { prefix: '/query' });
}

async function readBody(route: Route, ctx: ApiContext): Promise<unknown> {
  const { body } = route;
  if (!body) return undefined;
  const given = await readJsonBody(ctx, body.required, body.maxBytes);
  return validated(body.schema, given, { prefix: '', ...(body.readOnly ? { readOnly: body.readOnly } : {}) });
}

function validated(schema: z.ZodType, given: unknown, place: InputPlace): unknown {
  const unstorable = place.prefix === '' ? findUnstorable(given) : [];
  const result = schema.safeParse(given);
  if (result.success && unstorable.length === 0) return result.data;
  const faults = [...unstorable, ...(result.success ? [] : toFaults(result.error.issues, given, place))];
  throw invalid(firstPerPointer(faults));
}

function methodNotAllowed(method: string, allowed: readonly string[]): Problem {
  const list = allowed.join(', ');
  return new ApiProblem('request.method_not_allowed', `${method} is not possible here. Possible: ${list}.`, {
    Allow: list,
  });
}

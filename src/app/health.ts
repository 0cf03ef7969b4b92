// GET /healthz: is this process alive? GET /readyz: would a request be answered here?
import type { Context, Middleware } from 'koa';
import type { Log } from '../base/log.ts';

export interface ReadinessChecks {
  /** Rejects when the database does not answer within two seconds. */
  readonly database: () => Promise<void>;
  /** Whether changes on other instances are heard of here. */
  readonly feed: () => boolean;
  readonly keys: () => boolean;
}

export interface Health {
  readonly middleware: Middleware;
  /** Not ready from now on: whoever balances the load sends it elsewhere. */
  startStopping(): void;
}

export function createHealth(checks: ReadinessChecks, log: Log): Health {
  let isStopping = false;
  let asked: Promise<readonly string[]> | undefined;
  // One question at a time, however many ask: this is open to everybody.
  const findFailures = () => {
    asked ??= runChecks(checks, log).finally(() => {
      asked = undefined;
    });
    return asked;
  };
  return {
    async middleware(ctx, next) {
      if (ctx.path === '/healthz') return answer(ctx, 200, { status: 'ok' });
      if (ctx.path !== '/readyz') return next();
      if (isStopping) return answer(ctx, 503, { status: 'stopping' });
      const failures = await findFailures();
      if (failures.length === 0) return answer(ctx, 200, { status: 'ready' });
      answer(ctx, 503, { status: 'not_ready', failed: failures });
    },
    startStopping() {
      isStopping = true;
    },
  };
}

async function runChecks(checks: ReadinessChecks, log: Log): Promise<readonly string[]> {
  const failures: string[] = [];
  try {
    await checks.database();
  } catch (error) {
    log.debug({ err: error }, 'not ready: the database does not answer');
    failures.push('database');
  }
  if (!checks.feed()) failures.push('change_feed');
  if (!checks.keys()) failures.push('signing_keys');
  return failures;
}

function answer(ctx: Context, status: number, body: object): void {
  if (ctx.method !== 'GET' && ctx.method !== 'HEAD') {
    ctx.status = 405;
    ctx.set('Allow', 'GET, HEAD');
    return;
  }
  ctx.status = status;
  ctx.set('Cache-Control', 'no-store');
  if (status === 503) ctx.set('Retry-After', '1');
  ctx.type = 'application/json';
  ctx.body = JSON.stringify(body);
}

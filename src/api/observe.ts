import type { Context } from 'koa';
import type { Log } from '../log.js';
import { httpRequests } from '../metrics.js';

/** Counts an answer and, for those who look closely, logs it: never its query, headers or body. */
export function observe(ctx: Context, log: Log, millis: number): void {
  const route: string = ctx.state.route ?? 'none';
  const method = ctx.state.route ? ctx.method : 'any';
  httpRequests.labels(method, route, String(ctx.status)).observe(millis / 1_000);
  if (!log.isLevelEnabled('debug')) return;
  const request: unknown = ctx.state.requestId;
  log.debug(
    { request, method: ctx.method, route, status: ctx.status, durationMs: Math.round(millis) },
    'Answered',
  );
}

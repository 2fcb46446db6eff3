import type { NewTimer } from '../db/timers.js';
import { mapActionSecrets } from '../domain/action-secrets.js';
import { type ChannelServers, refusalOf } from '../domain/channel-rules.js';
import { effectsOf, mapEffects } from '../domain/effects.js';
import type { StreamOwner } from '../domain/stream-owner.js';
import { plan } from '../domain/timer-plan.js';
import { sealing } from '../domain/url-secrets.js';
import { type GuardOptions, leadsInwards } from '../outbound/guard.js';
import type { ActionBundle } from '../schemas/action.js';
import type { TimerRequest } from '../schemas/timer.js';
import type { Vault } from '../secrets/vault.js';

/** A request that was checked against its schema, made into a row, or what about it cannot be. */
export type Prepared =
  | { kind: 'ready'; timer: NewTimer }
  | { kind: 'refused'; errors: { path: string; message: string }[] };

export interface PrepareOptions {
  vault: Vault;
  guard: GuardOptions;
  /** Which servers there are for channels that need one, and the stream that takes what names none. */
  config: ChannelServers & StreamOwner & { RESULT_STREAM: string };
}

type Where = Pick<PrepareOptions, 'guard' | 'config'> & { orgId: string };

/** What the actions of a bundle cannot do; `path` is that of their list. */
export function refusalsOf(
  bundle: Pick<ActionBundle, 'actions'>,
  path: string,
  { orgId, guard, config }: Where,
): { path: string; message: string }[] {
  const surroundings = { orgId, config, leadsInwards: (url: string) => leadsInwards(url, guard) };
  return effectsOf(bundle, path).flatMap(({ path: at, effect }) => {
    const refusal = refusalOf(effect.type, effect, surroundings);
    if (!refusal) return [];
    const field = refusal.field === 'channel' ? 'type' : refusal.field;
    return [{ path: `${at}.${field}`, message: refusal.message }];
  });
}

/** Checks times and targets, seals secrets. `now` is ms since 1970. */
export function prepare(
  request: TimerRequest,
  { orgId, id, now }: { orgId: string; id: string; now: number },
  { vault, guard, config }: PrepareOptions,
): Prepared {
  const due = plan(request, now);
  const errors = request.actionBundle
    ? refusalsOf(request.actionBundle, 'actionBundle.actions', { orgId, guard, config })
    : [];
  if (due.kind === 'refused') errors.unshift({ path: due.path, message: due.message });
  if (due.kind === 'refused' || errors.length > 0) return { kind: 'refused', errors };
  const { fireAt, durationMs, windowAt } = due;
  const { tenantId, requestedBy, name, metadata = {}, labels = {}, repeat, actionBundle } = request;
  return {
    kind: 'ready',
    timer: {
      ...{ orgId, id, tenantId, requestedBy, name, durationMs, fireAt, windowAt, metadata, labels },
      actionBundle: actionBundle ? sealed(actionBundle, { vault, config }) : null,
      everyMs: repeat?.every ?? null,
      repeatCount: repeat?.count ?? null,
      repeatUntil: repeat?.until ?? null,
      createdAt: new Date(now),
    },
  };
}

/** A bundle as it is stored: complete; header values, tokens, and URLs with credentials, sealed. */
export function sealed<B extends Pick<ActionBundle, 'actions'>>(
  bundle: B,
  { vault, config }: Pick<PrepareOptions, 'vault' | 'config'>,
): B {
  const complete = mapEffects(bundle, (effect) =>
    effect.type === 'redis_stream' ? { response_stream: config.RESULT_STREAM, ...effect } : effect,
  );
  return mapActionSecrets(complete, sealing(vault));
}

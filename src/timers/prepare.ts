import type { NewTimer } from '../db/timers.js';
import { mapActionSecrets } from '../domain/action-secrets.js';
import { type ChannelServers, lackOf } from '../domain/channel-lack.js';
import { effectsOf, mapEffects } from '../domain/effects.js';
import { hasSecrets } from '../domain/mask-webhooks.js';
import { isSignalTarget } from '../domain/signal-target.js';
import { type StreamOwner, streamRefusal } from '../domain/stream-owner.js';
import { plan } from '../domain/timer-plan.js';
import { type GuardOptions, leadsInwards } from '../outbound/guard.js';
import type { ActionBundle, Effect } from '../schemas/action.js';
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

const SIGNAL_REFUSED =
  "must be a workflow of your organisation's own: <kind>/<organisation>/…, where the kind is none of Mainspring's own (timers, endpoint, agent)";

type Where = Pick<PrepareOptions, 'guard' | 'config'> & { orgId: string };

const INWARDS = 'leads to an address that is not allowed';

/** What a schema cannot know of an effect: where it leads, and whether there is a server for it. */
function refusalOf(
  effect: Effect,
  { orgId, guard, config }: Where,
): { field: string; message: string } | null {
  switch (effect.type) {
    case 'webhook':
      return leadsInwards(effect.url, guard) ? { field: 'url', message: INWARDS } : null;
    case 'teams':
      return leadsInwards(effect.teams_webhook_url, guard)
        ? { field: 'teams_webhook_url', message: INWARDS }
        : null;
    case 'signal':
      return isSignalTarget(effect.workflowId, orgId)
        ? null
        : { field: 'workflowId', message: SIGNAL_REFUSED };
    default: {
      const lack = lackOf(effect.type, config);
      if (lack !== null) return { field: 'type', message: lack };
      if (effect.type !== 'redis_stream') return null;
      const refusal = streamRefusal(orgId, effect.response_stream, config);
      return refusal && { ...refusal, field: refusal.field === 'channel' ? 'type' : refusal.field };
    }
  }
}

/** What the actions of a bundle cannot do; `path` is that of their list. */
export function refusalsOf(
  bundle: Pick<ActionBundle, 'actions'>,
  path: string,
  where: Where,
): { path: string; message: string }[] {
  return effectsOf(bundle, path).flatMap(({ path: at, effect }) => {
    const refusal = refusalOf(effect, where);
    return refusal ? [{ path: `${at}.${refusal.field}`, message: refusal.message }] : [];
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
  return mapActionSecrets(complete, {
    secret: (text) => vault.seal(text),
    url: (text) => (hasSecrets(text) ? vault.seal(text) : text),
  });
}

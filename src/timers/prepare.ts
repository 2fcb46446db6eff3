import type { NewTimer } from '../db/timers.js';
import { effectsOf, hasSecrets, mapValues, mapWebhooks } from '../domain/mask-webhooks.js';
import { isSignalTarget } from '../domain/signal-target.js';
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
}

const SIGNAL_REFUSED =
  "must be a workflow of your organisation's own: <kind>/<organisation>/…, where the kind is none of Mainspring's own (timers, endpoint, agent)";

/** What a schema cannot know of an effect: where it leads. */
function refusalOf(effect: Effect, orgId: string, guard: GuardOptions): string | null {
  switch (effect.type) {
    case 'webhook':
      return leadsInwards(effect.url, guard) ? 'leads to an address that is not allowed' : null;
    case 'signal':
      return isSignalTarget(effect.workflowId, orgId) ? null : SIGNAL_REFUSED;
    case 'log':
      return null;
  }
}

/** Where the actions of a bundle lead that must not lead there; `path` is that of their list. */
export function refusalsOf(
  bundle: Pick<ActionBundle, 'actions'>,
  path: string,
  { orgId, guard }: { orgId: string; guard: GuardOptions },
): { path: string; message: string }[] {
  return effectsOf(bundle, path).flatMap(({ path: at, effect }) => {
    const message = refusalOf(effect, orgId, guard);
    return message ? [{ path: `${at}.${effect.type === 'webhook' ? 'url' : 'workflowId'}`, message }] : [];
  });
}

/** Checks times and targets, seals secrets. `now` is ms since 1970. */
export function prepare(
  request: TimerRequest,
  { orgId, id, now }: { orgId: string; id: string; now: number },
  { vault, guard }: PrepareOptions,
): Prepared {
  const due = plan(request, now);
  const errors = request.actionBundle
    ? refusalsOf(request.actionBundle, 'actionBundle.actions', { orgId, guard })
    : [];
  if (due.kind === 'refused') errors.unshift({ path: due.path, message: due.message });
  if (due.kind === 'refused' || errors.length > 0) return { kind: 'refused', errors };
  const { fireAt, durationMs, windowAt } = due;
  const { tenantId, requestedBy, name, metadata = {}, labels = {}, repeat, actionBundle } = request;
  return {
    kind: 'ready',
    timer: {
      ...{ orgId, id, tenantId, requestedBy, name, durationMs, fireAt, windowAt, metadata, labels },
      actionBundle: actionBundle ? sealed(actionBundle, vault) : null,
      everyMs: repeat?.every ?? null,
      repeatCount: repeat?.count ?? null,
      repeatUntil: repeat?.until ?? null,
      createdAt: new Date(now),
    },
  };
}

/** A bundle as it is stored: header values, and URLs with credentials, sealed. */
export const sealed = <B extends Pick<ActionBundle, 'actions'>>(bundle: B, vault: Vault): B =>
  mapWebhooks(bundle, (webhook) => ({
    ...webhook,
    url: hasSecrets(webhook.url) ? vault.seal(webhook.url) : webhook.url,
    ...(webhook.headers ? { headers: mapValues(webhook.headers, (value) => vault.seal(value)) } : {}),
  }));

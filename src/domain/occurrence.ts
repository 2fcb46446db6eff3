import type { Action, RetryPolicy } from '../schemas/action.js';
import type { Channel } from '../schemas/delivery.js';
import { targetOf } from './channel-rules.js';
import type { ChannelTarget, Open } from './channel-target.js';
import { timerMessage } from './timer-message.js';

/** One firing of a timer, with what its bodies tell of it. */
export interface Occurrence {
  orgId: string;
  timerId: string;
  tenantId: string;
  requestedBy: string;
  name: string;
  number: number;
  /** Occurrences that an outage swallowed and that this one stands for. */
  missed: number;
  isRepeating: boolean;
  fireAt: Date;
  firedAt: Date;
  actions: readonly Action[];
  retryPolicy: RetryPolicy;
}

/** A delivery as it is frozen: whatever is sent later, under this id it is these bytes. */
export interface FrozenDelivery extends ChannelTarget {
  id: string;
  channel: Channel;
  body: string;
  policy: RetryPolicy;
  escalation: { afterAttempts: number; action: Action } | null;
  /** Which firing it belongs to. */
  occurrence: number;
  dueAt: Date;
  firedAt: Date;
}

/** The action's own data as given, then what is known of the timer where the data does not use those names. */
function tellingBody(occurrence: Occurrence, data: Record<string, unknown> = {}): string {
  const facts = {
    timer_id: occurrence.timerId,
    tenant_id: occurrence.tenantId,
    name: occurrence.name,
    fire_at: occurrence.fireAt.toISOString(),
    fired_at: occurrence.firedAt.toISOString(),
    ...(occurrence.isRepeating ? { occurrence: occurrence.number } : {}),
    ...(occurrence.missed > 0 ? { missed_occurrences: occurrence.missed } : {}),
  };
  const free = Object.entries(facts).filter(([name]) => !Object.hasOwn(data, name));
  return JSON.stringify({ ...data, ...Object.fromEntries(free) });
}

/** A timer that another one starts: whose it is and its name come from the first where they are left out. */
function childTimerBody(occurrence: Occurrence, action: Extract<Action, { type: 'timer' }>): string {
  const { type, escalation, ...asked } = action;
  const { tenantId, requestedBy, name } = occurrence;
  return JSON.stringify({ tenantId, requestedBy, name, ...asked });
}

/** A task that a timer gives; what is known of the timer is its metadata, where that does not use those names itself. */
function taskBody(occurrence: Occurrence, action: Extract<Action, { type: 'task' }>): string {
  const { type, escalation, metadata, ...asked } = action;
  const known = { timer_id: occurrence.timerId, tenant_id: occurrence.tenantId, timer_name: occurrence.name };
  return JSON.stringify({ ...asked, metadata: { ...known, ...metadata } });
}

function bodyOf(occurrence: Occurrence, action: Action): string {
  switch (action.type) {
    case 'webhook':
    case 'log':
    case 'redis_stream':
    case 'message':
      return tellingBody(occurrence, action.data);
    case 'signal':
      return JSON.stringify(action.args);
    case 'timer':
      return childTimerBody(occurrence, action);
    case 'task':
      return taskBody(occurrence, action);
    case 'telegram':
    case 'teams':
    case 'email':
      return timerMessage(occurrence, action);
  }
}

/** Whom an action calls: scheme, host and port, a bot, or the channel's name. */
export const receiverOf = (action: Action, open: Open): string =>
  targetOf(action.type, action, open).receiver;

/**
 * The deliveries of one occurrence, one an action: `<timer id>.<occurrence>.<action, from 0>`.
 * `open` reads what may be sealed.
 */
export function freeze(occurrence: Occurrence, open: Open): FrozenDelivery[] {
  return occurrence.actions.map((action, index) => ({
    id: `${occurrence.timerId}.${occurrence.number}.${index}`,
    channel: action.type,
    ...targetOf(action.type, action, open),
    body: bodyOf(occurrence, action),
    policy: occurrence.retryPolicy,
    escalation: action.escalation ?? null,
    occurrence: occurrence.number,
    dueAt: occurrence.fireAt,
    firedAt: occurrence.firedAt,
  }));
}

import type { Action, RetryPolicy } from '../schemas/action.js';
import type { Channel } from '../schemas/delivery.js';

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
export interface FrozenDelivery {
  id: string;
  channel: Channel;
  receiver: string;
  request: {
    method?: string;
    url?: string;
    headers?: Record<string, string>;
    workflowId?: string;
    signal?: string;
  };
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

function frozen(occurrence: Occurrence, action: Action, originOf: (storedUrl: string) => string) {
  switch (action.type) {
    case 'webhook': {
      const { method, url, headers } = action;
      const request = { method, url, ...(headers ? { headers } : {}) };
      return { receiver: originOf(url), request, body: tellingBody(occurrence, action.data) };
    }
    case 'log':
      return { receiver: 'log', request: {}, body: tellingBody(occurrence, action.data) };
    case 'signal': {
      const { workflowId, signal, args } = action;
      return { receiver: 'signal', request: { workflowId, signal }, body: JSON.stringify(args) };
    }
    case 'timer':
      return { receiver: 'timer', request: {}, body: childTimerBody(occurrence, action) };
  }
}

/**
 * The deliveries of one occurrence, one an action: `<timer id>.<occurrence>.<action, from 0>`.
 * `originOf` reads scheme, host and port of a stored URL, which may be sealed.
 */
export function freeze(occurrence: Occurrence, originOf: (storedUrl: string) => string): FrozenDelivery[] {
  return occurrence.actions.map((action, index) => ({
    id: `${occurrence.timerId}.${occurrence.number}.${index}`,
    channel: action.type,
    ...frozen(occurrence, action, originOf),
    policy: occurrence.retryPolicy,
    escalation: action.escalation ?? null,
    occurrence: occurrence.number,
    dueAt: occurrence.fireAt,
    firedAt: occurrence.firedAt,
  }));
}

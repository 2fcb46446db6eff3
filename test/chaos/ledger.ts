/** A timer that was wanted, and what we know of it. */
export interface Intent {
  order: number;
  fireAtMs: number;
  /** The API answered 201 with this id. */
  id: string | null;
  /** The API said that it does not take it (4xx). */
  isRefused: boolean;
  /** `cancelled`: answered 200. `refused`: answered 409. `unknown`: asked, and never answered for certain. */
  cancel: 'none' | 'unknown' | 'cancelled' | 'refused';
}

/** A request as the receiver got it. */
export interface Arrival {
  order: number;
  webhookId: string;
  /** Of the body's bytes. */
  hash: string;
  atMs: number;
  status: number;
  isSigned: boolean;
}

export interface Findings {
  wanted: number;
  acknowledged: number;
  cancelled: number;
  arrived: number;
  /** Acknowledged, not cancelled, never arrived. */
  lost: string[];
  early: string[];
  /** Cancelled for certain, and called nevertheless. */
  calledAfterCancel: string[];
  /** Further requests for a `webhook-id` that was answered 2xx already. */
  duplicates: number;
  /** One timer under several ids, or one id with several bodies. */
  unmarked: string[];
  unsigned: string[];
  /** Ms from the due moment to the first arrival; what arrived by way of a planned failure is left out. */
  lateness: number[];
}

/** What was sent, what was acknowledged, what arrived. */
export interface Ledger {
  intents: Map<number, Intent>;
  want(fireAtMs: number): Intent;
  /** Answers what the receiver answers. */
  arrive(arrival: Omit<Arrival, 'status'>): number;
  arrivalsOf(order: number): readonly Arrival[];
  isServed(order: number): boolean;
  /** How many requests came after a moment. */
  arrivedSince(ms: number): number;
  /** Acknowledged, not cancelled, not there. */
  missing(): Intent[];
  findings(): Findings;
}

export interface LedgerOptions {
  /** Whether the first request for this timer is answered 500. */
  failsFirst?: (order: number) => boolean;
}

export function createLedger({ failsFirst = () => false }: LedgerOptions = {}): Ledger {
  const intents = new Map<number, Intent>();
  const arrivals = new Map<number, Arrival[]>();

  const arrivalsOf = (order: number): readonly Arrival[] => arrivals.get(order) ?? [];
  const isServed = (order: number) => arrivalsOf(order).some(({ status }) => status < 300);
  // A cancel that was never answered may have worked.
  const missing = () =>
    [...intents.values()].filter(
      ({ id, cancel, order }) =>
        id !== null && (cancel === 'none' || cancel === 'refused') && !isServed(order),
    );

  return {
    intents,
    want(fireAtMs) {
      const intent: Intent = { order: intents.size, fireAtMs, id: null, isRefused: false, cancel: 'none' };
      intents.set(intent.order, intent);
      return intent;
    },
    arrive(arrival) {
      const before = arrivals.get(arrival.order) ?? [];
      const status = before.length === 0 && failsFirst(arrival.order) ? 500 : 204;
      arrivals.set(arrival.order, [...before, { ...arrival, status }]);
      return status;
    },
    arrivalsOf,
    isServed,
    arrivedSince: (ms) => [...arrivals.values()].flat().filter(({ atMs }) => atMs > ms).length,
    missing,
    findings() {
      const found: Findings = {
        wanted: intents.size,
        acknowledged: 0,
        cancelled: 0,
        arrived: 0,
        lost: missing().map(describe),
        early: [],
        calledAfterCancel: [],
        duplicates: 0,
        unmarked: [],
        unsigned: [],
        lateness: [],
      };
      for (const intent of intents.values()) judge(intent, arrivalsOf(intent.order), found);
      return found;
    },
  };
}

const describe = ({ order, id, fireAtMs }: Intent) =>
  `#${order} ${id} due ${new Date(fireAtMs).toISOString()}`;

function judge(intent: Intent, calls: readonly Arrival[], found: Findings): void {
  const what = describe(intent);
  if (intent.id !== null) found.acknowledged++;
  if (intent.cancel === 'cancelled') found.cancelled++;
  const [first] = calls;
  if (!first) return;
  found.arrived++;
  if (calls.some(({ atMs }) => atMs < intent.fireAtMs)) found.early.push(what);
  if (intent.cancel === 'cancelled') found.calledAfterCancel.push(what);
  const served = calls.findIndex(({ status }) => status < 300);
  if (served >= 0) found.duplicates += calls.length - served - 1;
  const isMarked = calls.every(({ webhookId, hash }) => webhookId === first.webhookId && hash === first.hash);
  const isOurs = intent.id === null || first.webhookId.startsWith(`${intent.id}.`);
  if (!isMarked || !isOurs) found.unmarked.push(what);
  if (calls.some(({ isSigned }) => !isSigned)) found.unsigned.push(what);
  if (first.status < 300) found.lateness.push(first.atMs - intent.fireAtMs);
}

export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

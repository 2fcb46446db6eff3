import { Gauge } from 'prom-client';
import {
  type BrokerCount,
  countBrokerStates,
  countMail,
  countTroubles,
  countUnended,
  type Troubles,
} from '../db/service-figures.js';
import { registry } from '../metrics.js';
import type { Services } from './services.js';

/** A database that is away must not take the metrics along, which tell of that. */
const LONGEST_COUNT_MS = 500;
/** As the sweep sees it: what is later than this has lost its owner, or its owner is late. */
const OVERDUE_MS = 10_000;

const registers = [registry];

const isUp = new Gauge({
  name: 'mainspring_up',
  help: 'Whether the database (database) and Temporal (temporal) answer this process: 1 or 0',
  labelNames: ['part'] as const,
  registers,
});
const unended = new Gauge({
  name: 'mainspring_tasks_unended',
  help: 'Tasks of all organisations that wait to begin, or have begun, when this is read',
  labelNames: ['state'] as const,
  registers,
});
const mailboxes = new Gauge({
  name: 'mainspring_mailbox_messages',
  help: 'Messages of all organisations that wait, or are with their agents, when this is read',
  labelNames: ['state'] as const,
  registers,
});
const overdue = new Gauge({
  name: 'mainspring_overdue',
  help: 'What was due more than 10 s ago, of all organisations, and has not begun when this is read',
  labelNames: ['kind'] as const,
  registers,
});
const endpointsOff = new Gauge({
  name: 'mainspring_endpoints_off',
  help: 'Receivers of all organisations that are not called any more until somebody asks, when this is read',
  registers,
});
const brokers = new Gauge({
  name: 'mainspring_brokers',
  help: 'Brokers outside of all organisations, when this is read',
  labelNames: ['kind', 'status'] as const,
  registers,
});

/** What is counted in time, or null. */
async function inTime<T>(counting: Promise<T>, log: Services['log']): Promise<T | null> {
  const late = new Promise<null>((resolve) => setTimeout(resolve, LONGEST_COUNT_MS, null).unref());
  const counted = counting.catch((error: unknown) => {
    log.debug({ error }, 'What waits could not be counted');
    return null;
  });
  return Promise.race([counted, late]);
}

/** Figures that are not known are left out: an old one would look like a new one. */
function setStates(gauge: Gauge<'state'>, counts: Record<string, number> | null): void {
  gauge.reset();
  for (const [state, count] of Object.entries(counts ?? {})) gauge.set({ state }, count);
}

function setTroubles(troubles: Troubles | null): void {
  overdue.reset();
  endpointsOff.remove();
  if (troubles === null) return;
  overdue.set({ kind: 'timer' }, troubles.overdueTimers);
  overdue.set({ kind: 'delivery' }, troubles.overdueDeliveries);
  endpointsOff.set(troubles.endpointsOff);
}

function setBrokers(counts: BrokerCount[] | null): void {
  brokers.reset();
  for (const { kind, status, count } of counts ?? []) brokers.set({ kind, status }, count);
}

/** Measures what stands in the database, and whether everything answers, for who reads the metrics next. */
export async function measure({ db, log, probes, clock }: Services): Promise<void> {
  const [tasks, mail, troubles, brokerCounts, hasDatabase, hasEngine] = await Promise.all([
    inTime(countUnended(db), log),
    inTime(countMail(db), log),
    inTime(countTroubles(db, new Date(clock() - OVERDUE_MS)), log),
    inTime(countBrokerStates(db), log),
    probes.isUp('database'),
    probes.isUp('engine'),
  ]);
  setStates(unended, tasks);
  setStates(mailboxes, mail);
  setTroubles(troubles);
  setBrokers(brokerCounts);
  isUp.set({ part: 'database' }, hasDatabase ? 1 : 0);
  isUp.set({ part: 'temporal' }, hasEngine ? 1 : 0);
}

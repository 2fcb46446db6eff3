import {
  type Agent,
  type DeliverySummary,
  type Event,
  type Listing,
  type MainspringClient,
  MainspringError,
  type ServiceStatus,
  type Statistics,
  type TaskSummary,
  type Timer,
  type TimerMetrics,
} from '../../client/index.js';
import { now } from '../clock.js';
import { isLimited } from '../session.js';

/** What the overview is made of; undefined is what the key may not see, and `status` while Temporal is away. */
export interface OverviewData {
  status: ServiceStatus | undefined;
  statistics: Statistics | undefined;
  agents: Agent[] | undefined;
  awaiting: TaskSummary[] | undefined;
  dead: DeliverySummary[];
  /** Of the timers of the last 24 hours, where `statistics` is not for the key. */
  timers: TimerMetrics | undefined;
  /** The latest, the newest first. */
  events: Event[] | undefined;
  overdue: Timer[];
  /** Due within the hour, the next first. */
  soon: Timer[];
}

/** So many of what is latest and next are shown. */
export const SHOWN = 7;
/** So many are looked at of each; where there are more, that is said. */
export const LOOKED_AT = 200;
/** A timer that is due is claimed within a second; behind this it hangs. */
const OVERDUE_MS = 15_000;
const SOON_MS = 3_600_000;
const DAY_MS = 86_400_000;

async function firstPage<Item>(listing: Listing<Item>): Promise<Item[]> {
  for await (const page of listing.pages()) return page;
  return [];
}

/** What is of the whole organisation is not read with a key that is limited to tenants. */
const unlessLimited = <Data>(read: () => Promise<Data>): Promise<Data | undefined> =>
  isLimited.peek() ? Promise.resolve(undefined) : read();

/** Temporal is asked how workers stand. While it is away, the rest is what somebody comes to look at. */
const readStatus = (client: MainspringClient, signal: AbortSignal): Promise<ServiceStatus | undefined> =>
  client.getStatus({ signal }).catch((error: unknown) => {
    if (error instanceof MainspringError && error.status >= 500) return undefined;
    throw error;
  });

const byDue = (one: Timer, other: Timer) => Date.parse(one.fireAt) - Date.parse(other.fireAt);

export async function readOverview(client: MainspringClient, signal: AbortSignal): Promise<OverviewData> {
  const at = now.peek();
  const page = { limit: LOOKED_AT };
  const waiting = { ...page, status: 'scheduled' as const };
  const lastDay = new Date(at - DAY_MS);
  const [status, statistics, agents, awaiting, dead, events, overdue, soon, timers] = await Promise.all([
    unlessLimited(() => readStatus(client, signal)),
    unlessLimited(() => client.statistics({ period: '24h' }, { signal })),
    unlessLimited(() => firstPage(client.agents.list(page, { signal }))),
    unlessLimited(() => firstPage(client.tasks.list({ ...page, status: 'awaiting_approval' }, { signal }))),
    firstPage(client.deliveries.list({ ...page, status: 'dead' }, { signal })),
    unlessLimited(() => firstPage(client.events.list({ limit: SHOWN, order: 'desc' }, { signal }))),
    firstPage(client.timers.list({ ...waiting, fireBefore: new Date(at - OVERDUE_MS) }, { signal })),
    firstPage(
      client.timers.list(
        { ...waiting, fireAfter: new Date(at), fireBefore: new Date(at + SOON_MS) },
        { signal },
      ),
    ),
    isLimited.peek() ? client.timers.metrics({ period: '24h' }, { signal }) : undefined,
  ]);
  return {
    status,
    statistics,
    agents,
    awaiting,
    dead: dead.filter(({ endedAt, createdAt }) => Date.parse(endedAt ?? createdAt) >= lastDay.getTime()),
    events,
    overdue,
    soon: soon.toSorted(byDue),
    timers,
  };
}

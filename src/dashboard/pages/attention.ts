import type { Agent } from '../../client/index.js';
import { several } from '../amounts.js';
import { hrefOf } from '../place.js';
import type { OverviewData } from './overview-data.js';

/** Something that somebody should look at. */
export interface Concern {
  tone: 'bad' | 'warn';
  text: string;
  href: string;
}

/** It should be there and is not. */
export const isSilent = ({ lifecycle, connection, lastHeartbeatAt }: Agent) =>
  lifecycle === 'running' && connection === 'offline' && lastHeartbeatAt !== null;

/** What is wrong now, the worst first. */
export function concernsOf({ status, agents, awaiting, dead, overdue }: OverviewData): Concern[] {
  const concerns: (Concern | undefined)[] = [];
  const add = (amount: number, tone: Concern['tone'], href: string, text: string) =>
    concerns.push(amount > 0 ? { tone, text, href } : undefined);
  const silent = agents?.filter(isSilent).length ?? 0;
  const awaited = awaiting?.length ?? 0;
  const died = dead.length;

  add(
    status?.running === false ? 1 : 0,
    'bad',
    hrefOf('tasks'),
    'No worker takes tasks: they wait until one does (npm run worker).',
  );
  add(
    overdue.length,
    'bad',
    hrefOf('timers', undefined, { status: 'scheduled' }),
    `${several(overdue.length, 'timer is', 'timers are')} overdue: due for more than 15 s and not fired.`,
  );
  add(
    died,
    'bad',
    hrefOf('deliveries', undefined, { status: 'dead' }),
    `${several(died, 'delivery', 'deliveries')} died in the last 24 hours: their receivers did not take them.`,
  );
  add(
    silent,
    'warn',
    hrefOf('agents'),
    `${several(silent, 'agent is', 'agents are')} silent: running, and not connected.`,
  );
  add(
    awaited,
    'warn',
    hrefOf('tasks', undefined, { status: 'awaiting_approval' }),
    `${several(awaited, 'task waits', 'tasks wait')} for somebody to approve or reject.`,
  );
  return concerns.filter((concern) => concern !== undefined);
}

import { type AgentColumns, type AgentRow, updateAgent } from '../db/agents.js';
import type { Db } from '../db/database.js';
import { appendEvents } from '../db/events.js';
import { notify } from '../db/notify.js';
import { type LifecycleVerb, moved, startsOf } from '../domain/agent-lifecycle.js';
import { hasEndedForGood } from '../domain/supervision.js';
import type { EventType } from '../schemas/event.js';
import { eventOf, statusEvents, statusOf } from './connections.js';

const EVENTS: Record<LifecycleVerb, EventType> = {
  start: 'agent.started',
  pause: 'agent.paused',
  resume: 'agent.resumed',
  stop: 'agent.stopped',
};

/** What came of moving an agent: its row, or why it cannot be moved so. */
export type Move = { kind: 'moved'; row: AgentRow } | { kind: 'refused'; reason: string };

/** A container that waits for its restart, or ended for good, is started anew and soon; what runs stays as it is. */
export const restartSoon = ({ container }: AgentRow, at: Date): Pick<AgentColumns, 'container'> =>
  container?.status === 'restarting' || hasEndedForGood(container)
    ? { container: JSON.stringify({ ...container, status: 'restarting', restarts: 0, at: at.toISOString() }) }
    : {};

/** Moves an agent that the transaction has locked, with its events; whoever asks: the API, a signal. */
export async function moveLifecycle(tx: Db, agent: AgentRow, verb: LifecycleVerb, at: Date): Promise<Move> {
  const { lifecycle: from } = agent;
  const to = moved(from, verb);
  if (to === null) {
    const possible = startsOf(verb).join(' or ');
    return { kind: 'refused', reason: `the agent is ${from}: to ${verb} it, it must be ${possible}` };
  }
  // Its supervisor may not have seen the stop before.
  const columns = { lifecycle: to, ...(verb === 'start' ? restartSoon(agent, at) : {}) };
  const row = await updateAgent(tx, agent, columns, { raisesConfig: false });
  await appendEvents(tx, [
    eventOf(agent, EVENTS[verb], { from }, at),
    ...statusEvents(agent, statusOf({ ...agent, lifecycle: to }), at),
  ]);
  // Its mail may go out now, or no longer.
  await notify(tx, 'mail', `${agent.org_id}/${agent.id}`);
  return { kind: 'moved', row };
}

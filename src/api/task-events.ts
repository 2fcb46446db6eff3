import { type EventQuery, isAfter, readEvents } from '../db/events.js';
import { followEvents } from '../db/follow-events.js';
import { hasEnded, type TaskRow } from '../db/tasks.js';
import type { Event } from '../schemas/event.js';
import { STREAMED_AT_ONCE } from './event-stream.js';
import type { Services } from './services.js';

const ENDS = new Set<string>(['task.completed', 'task.failed', 'task.cancelled', 'task.timed_out']);
/** Until then a transaction that runs long may hide the event of an end from readers. */
const HIDDEN_MS = 60_000;

export const aboutTask = ({ org_id: orgId, id: subject }: TaskRow) => ({
  orgId,
  subject,
  limit: STREAMED_AT_ONCE,
});

/** Whether a reader has seen the end of a task: then there is nothing to come back for. */
export async function hasSeenEnd(
  { db }: Services,
  task: TaskRow,
  lastId: string | undefined,
): Promise<boolean> {
  if (lastId === undefined || !hasEnded(task.status)) return false;
  const [end] = await readEvents(db, { ...aboutTask(task), type: `task.${task.status}`, limit: 1 });
  return end !== undefined && !isAfter(end.id, lastId);
}

/** Pages of what is left to be told of a task, until its end has been told. */
export async function* eventsOf(
  { database, clock }: Services,
  task: TaskRow,
  { signal, ...query }: EventQuery & { signal: AbortSignal },
): AsyncGenerator<Event[]> {
  const isLongOver = task.completed_at !== null && clock() - task.completed_at.getTime() > HIDDEN_MS;
  if (!isLongOver) {
    for await (const page of followEvents(database, { ...query, signal })) {
      yield page;
      if (page.some(({ type }) => ENDS.has(type))) return;
    }
    return;
  }
  let { cursor } = query;
  for (;;) {
    const page = await readEvents(database.db, { ...query, cursor });
    if (page.length > 0) yield page;
    cursor = page.at(-1)?.id ?? cursor;
    if (page.length < query.limit || signal.aborted) return;
  }
}

import type { StreamResponse } from '@a2a-js/sdk';
import { readEvents } from '../../db/events.js';
import type { Event } from '../../schemas/event.js';
import type { TaskStatus } from '../../schemas/task.js';
import { readTask } from '../read-task.js';
import type { Services } from '../services.js';
import { aboutTask as eventsAbout, eventsOf } from '../task-events.js';
import { a2aTask, aboutTask, artifactsOf, hasEnded, type OwnTask, statusOf } from './a2a-task.js';

/** What a task was when something happened to it; all other events are of its end. */
const STATUS_AT: Record<string, TaskStatus> = {
  'task.queued': 'queued',
  'task.started': 'running',
  'task.model_called': 'running',
  'task.tool_called': 'running',
  'task.awaiting_approval': 'awaiting_approval',
  'task.approval_decided': 'running',
};

const statusUpdate = (task: OwnTask, { type, at, data }: Event): StreamResponse => {
  const status = { ...statusOf(task), timestamp: at };
  const value = { ...aboutTask(task), status, metadata: { event: type, at, ...data } };
  return { payload: { $case: 'statusUpdate', value } };
};

const artifactUpdate = (task: OwnTask, artifact: ReturnType<typeof artifactsOf>[number]): StreamResponse => {
  const value = { ...aboutTask(task), artifact, append: false, lastChunk: true, metadata: undefined };
  return { payload: { $case: 'artifactUpdate', value } };
};

/** How a task is, and what comes of it until it has ended: the events of the ledger, its output, its end. */
export async function* updatesOf(
  read: () => Promise<OwnTask>,
  { orgId, id, signal }: { orgId: string; id: string; signal: AbortSignal },
  services: Services,
): AsyncGenerator<StreamResponse, void, undefined> {
  const row = await readTask(services, { orgId, id, word: 'task' });
  const about = { ...eventsAbout(row), type: 'task.*' };
  // Before the task is read: what happens in between is told twice rather than not at all.
  const [latest] = await readEvents(services.db, { ...about, cursor: undefined, limit: 1, order: 'desc' });
  const first = await read();
  yield { payload: { $case: 'task', value: a2aTask(first) } };
  if (hasEnded(first)) return;
  for await (const page of eventsOf(services, row, { ...about, cursor: latest?.id, signal })) {
    const task = await read();
    for (const event of page) {
      const status = STATUS_AT[event.type];
      if (status) yield statusUpdate({ ...task, status, result: null }, event);
      else {
        for (const artifact of artifactsOf(task)) yield artifactUpdate(task, artifact);
        yield statusUpdate(task, event);
      }
    }
  }
}

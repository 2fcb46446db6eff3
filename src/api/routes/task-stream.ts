import { textOfCall } from '../../db/task-texts.js';
import type { TaskRow } from '../../db/tasks.js';
import type { Event } from '../../schemas/event.js';
import { Problem } from '../../schemas/problem.js';
import { TaskText } from '../../schemas/task.js';
import { eventStream, lastEventIdOf, type StreamWriter } from '../event-stream.js';
import { readTask } from '../read-task.js';
import { Reply, route, type Stream } from '../route.js';
import type { Services } from '../services.js';
import { aboutTask, eventsOf, hasSeenEnd } from '../task-events.js';
import { callers, tag } from './tasks.js';

/** What a model says while it says it. One that is not understood is not for us. */
function textIn(notice: string | null, { org_id: orgId, id }: TaskRow): string | null {
  if (notice === null || !notice.includes(id)) return null;
  const { success, data } = TaskText.safeParse(JSON.parse(notice));
  return success && data.org === orgId && data.task === id ? data.text : null;
}

async function tell(event: Event, task: TaskRow, to: StreamWriter, { db }: Services): Promise<void> {
  to.event(event);
  const { place } = event.data;
  if (event.type !== 'task.model_called' || typeof place !== 'string') return;
  const text = await textOfCall(db, task, place);
  if (text !== null) to.passing('answer', { place, text });
}

interface StreamRequest {
  lastId: string | undefined;
  signal: AbortSignal;
}

function stream(task: TaskRow, { lastId, signal }: StreamRequest, services: Services): Stream {
  const { database, log } = services;
  return eventStream({ orgId: task.org_id, signal, log }, async (to) => {
    const stopListening = database.listen('task_text', (notice) => {
      const text = textIn(notice, task);
      if (text !== null) to.passing('text', { text });
    });
    try {
      const wish = { ...aboutTask(task), type: 'task.*', cursor: lastId, signal };
      for await (const page of eventsOf(services, task, wish)) {
        for (const event of page) await tell(event, task, to, services);
        await to.drained();
      }
    } finally {
      stopListening();
    }
  });
}

const streamRoute = route({
  method: 'get',
  path: '/tasks/:id/stream',
  callers,
  orgWide: true,
  tag,
  summary: 'What happens to a task, as it happens',
  description: [
    'Server-sent events: what the ledger says of the task, from its beginning or after `Last-Event-ID`;',
    '`text` with what its model says, as it says it; `answer` with the whole of it, once it has;',
    'it ends with the task, and is 204 for a reader that has seen the end.',
  ].join(' '),
  answers: {
    200: { description: 'The stream', mediaTypes: ['text/event-stream'] },
    204: { description: 'There is nothing after `Last-Event-ID`' },
    404: Problem,
  },
  async handle({ params: { id }, caller: { orgId }, signal, header }, services) {
    const lastId = lastEventIdOf(header);
    const task = await readTask(services, { orgId, id, word: 'task' });
    if (await hasSeenEnd(services, task, lastId)) return new Reply(204, null);
    return stream(task, { lastId, signal }, services);
  },
});

export const taskStreamRoutes = [streamRoute];

import type { z } from 'zod';
import type { TaskAnswer } from '../../schemas/task.js';
import type { ToolWish } from './tool.js';

const params = { id: { name: 'task_id', description: 'Of the task, as submit_task answered it' } };
/** One that waits for a person comes no further by waiting for it. */
const SETTLED = ['completed', 'failed', 'cancelled', 'timed_out', 'awaiting_approval'];
const statusOf = (body: unknown) => (body as z.infer<typeof TaskAnswer>).task.status;

/** Tools for work of agents. Approving is not among them: that is for a person, not for the model that asks. */
export const taskTools: readonly ToolWish[] = [
  {
    name: 'submit_task',
    title: 'Give an agent a task',
    route: 'POST /tasks',
    reachesOut: true,
    description:
      'Has an agent of this organisation do something in the background: it is asked a prompt, or one of its methods with an input. Answers task_id at once; wait_for_task answers the result. list_agents says which agents there are.',
  },
  {
    name: 'get_task',
    title: 'Look at a task',
    route: 'GET /tasks/:id',
    params,
    description:
      'How a task is now: its status, its output once it has completed, why it failed, what tools it called. To wait for its end use wait_for_task.',
  },
  {
    name: 'wait_for_task',
    title: 'Wait for a task',
    route: 'GET /tasks/:id',
    params,
    waits: {
      byDefault: '45s',
      hasCome: (body) => SETTLED.includes(statusOf(body)),
      soFar: (body) => `The task is ${statusOf(body)}`,
    },
    description:
      'Waits until a task has completed, failed, timed out or was cancelled, and answers it with its output. Answers sooner where it is awaiting_approval: a person has to decide. Where it has not ended in the time given it answers it as it is: call it again to go on waiting.',
  },
  {
    name: 'list_tasks',
    title: 'List tasks',
    route: 'GET /tasks',
    description: 'Tasks, the newest first, by status, agent, session, schedule or priority.',
  },
  {
    name: 'cancel_task',
    title: 'Cancel a task',
    route: 'POST /tasks/:id/cancel',
    params,
    isDestructive: true,
    description: 'Ends a task that has not ended: what it is doing is stopped, and it has no result.',
  },
];

import type { Command } from 'commander';
import type { TaskSummary } from '../../client/index.js';
import { PRIORITIES, TaskStatus } from '../../schemas/task.js';
import { choice } from '../choice.js';
import { listing } from '../listing.js';
import { onApi } from '../session.js';
import { timeoutOption, type WaitOptions } from '../wait.js';
import { endOfTask } from './end-of-task.js';
import { followTask } from './task-stream.js';
import { TASK } from './task-view.js';
import { addTasksSubmit } from './tasks-submit.js';

interface Filter {
  status?: TaskSummary['status'];
  agent?: string;
  session?: string;
  schedule?: string;
  priority?: keyof typeof PRIORITIES;
}

function addList(tasks: Command): void {
  const list = tasks
    .command('list')
    .description('list tasks, the newest first')
    .addOption(choice('--status <status>', TaskStatus.options))
    .option('--agent <name>', 'of an agent')
    .option('--session <id>', 'of a session')
    .option('--schedule <id>', 'that a schedule started')
    .addOption(choice('--priority <name>', Object.keys(PRIORITIES)));
  listing<TaskSummary, Filter>(list, TASK, ({ client }, filter) => {
    const { status, agent, session, schedule, priority, limit } = filter;
    const of = { agent_name: agent, session_id: session, schedule_id: schedule };
    return client.tasks.list({ status, priority, limit, ...of });
  });
}

interface Deciding {
  call?: string;
  by?: string;
  reason?: string;
}

function addDecision(tasks: Command, verb: 'approve' | 'reject', description: string): void {
  onApi<Deciding>(
    tasks
      .command(`${verb} <id>`)
      .description(description)
      .option('--call <id>', 'only this call of a tool')
      .option('--by <who>', 'who decides')
      .option('--reason <text>', 'which the model is told of a rejection'),
    async ({ client, print }, { call, by, reason }, id) => {
      const decision = { tool_call_id: call, decided_by: by, reason };
      print.one(TASK, await client.tasks[verb](id, decision));
    },
  );
}

export function addTasks(program: Command): void {
  const tasks = program.command('tasks').description('give agents work, and see what becomes of it');
  addTasksSubmit(tasks);
  addList(tasks);
  onApi(
    tasks.command('get <id>').description('show a task with its calls of tools'),
    async ({ client, print }, _, id) => print.one(TASK, await client.tasks.get(id)),
  );
  onApi<WaitOptions>(
    tasks
      .command('wait <id>')
      .description('wait for its result; exit code 1 when it has none')
      .addOption(timeoutOption()),
    async (session, options, id) => endOfTask(session, await session.client.tasks.get(id), options),
  );
  onApi(
    tasks
      .command('stream <id>')
      .description('print what happens and what the model says, until it has ended'),
    followTask,
  );
  onApi<{ reason?: string }>(
    tasks.command('cancel <id>').description('cancel a task that has not ended').option('--reason <text>'),
    async ({ client, print }, { reason }, id) => print.one(TASK, await client.tasks.cancel(id, { reason })),
  );
  addDecision(tasks, 'approve', 'let it make the calls of tools that wait for a person');
  addDecision(tasks, 'reject', 'do not let it');
}

import { type Command, Option } from 'commander';
import type { NewTask } from '../../client/index.js';
import { PRIORITIES } from '../../schemas/task.js';
import { choice } from '../choice.js';
import { bodyOf, bodyOption, json, millis, object } from '../read-option.js';
import { onApi, type Session } from '../session.js';
import { timeoutOption } from '../wait.js';
import { endOfTask } from './end-of-task.js';
import { followTask } from './task-stream.js';
import { TASK } from './task-view.js';

interface SubmitOptions {
  id?: string;
  method?: string;
  input?: object;
  priority?: string;
  session?: string;
  user?: string;
  delivery?: unknown;
  at?: string;
  timeLimit?: number;
  metadata?: object;
  body?: object;
  idempotencyKey?: string;
  wait?: boolean;
  stream?: boolean;
  timeout?: number;
  json?: boolean;
  quiet?: boolean;
}

function taskOf(agent: string, prompt: string | undefined, options: SubmitOptions): NewTask {
  const { id, method, input, priority, session, user, delivery, at, timeLimit, metadata, body } = options;
  return bodyOf<NewTask>(body, {
    ...{ agent_name: agent, prompt, task_id: id, method_name: method, input, priority },
    ...{ session_id: session, user_id: user, delivery, scheduled_at: at, metadata },
    timeout_seconds: timeLimit === undefined ? undefined : timeLimit / 1_000,
  });
}

async function submit(
  session: Session,
  options: SubmitOptions,
  agent: string,
  prompt?: string,
): Promise<void> {
  const { idempotencyKey, wait, stream, timeout } = options;
  const keyed = idempotencyKey === undefined ? {} : { idempotencyKey };
  const { tasks } = session.client;
  const { task_id: id } = await tasks.submit(taskOf(agent, prompt, options), keyed);
  if (stream) await followTask(session, options, id);
  else if (wait) await endOfTask(session, await tasks.get(id), { timeout });
  else session.print.one(TASK, await tasks.get(id));
}

export function addTasksSubmit(tasks: Command): void {
  const command = tasks
    .command('submit <agent> [prompt]')
    .description('give an agent, by its name, a prompt or a method to carry out')
    .option('--method <name>', 'a method of the agent')
    .option('--input <json>', 'of the method; @file, - for stdin', object)
    .addOption(choice('--priority <name>', Object.keys(PRIORITIES)))
    .option('--session <id>', 'tasks of one session remember what was said')
    .option('--user <id>')
    .option('--delivery <json>', 'where the result goes: a channel with what it needs, or an array', json)
    .option('--at <moment>', 'it starts then: ISO 8601 with its offset or Z')
    .option('--time-limit <time>', 'of the task, from its start', millis)
    .option('--id <id>', 'your own: the same one is the same task')
    .option('--metadata <json>', 'what it carries along', object)
    .addOption(bodyOption())
    .option('--idempotency-key <key>', 'a repeat with the same key makes no second task')
    .option('--wait', 'wait for the result; exit code 1 when there is none')
    .addOption(
      new Option('--stream', 'print what happens and what the model says, until it has ended').conflicts([
        'wait',
        'timeout',
      ]),
    )
    .addOption(timeoutOption());
  onApi<SubmitOptions>(command, submit);
}

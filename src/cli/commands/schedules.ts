import type { Command } from 'commander';
import type { PreviewOf, Schedule } from '../../client/index.js';
import { Overlap } from '../../schemas/schedule.js';
import { choice } from '../choice.js';
import { UsageError } from '../failure.js';
import { listing } from '../listing.js';
import { count } from '../read-option.js';
import { onApi } from '../session.js';
import { text, type View } from '../view.js';
import { SCHEDULE } from './schedule-view.js';
import { addSchedulesCreate } from './schedules-create.js';
import { TASK } from './task-view.js';

const RUN: View<string> = {
  id: (at) => at,
  columns: [text('moment', (at) => at)],
  empty: 'It never runs again.',
};

function addList(schedules: Command): void {
  const list = schedules
    .command('list')
    .description('list schedules, the newest first')
    .option('--agent <name>', 'of an agent')
    .option('--paused', 'only those that are paused');
  listing<Schedule, { agent?: string; paused?: boolean }>(
    list,
    SCHEDULE,
    ({ client }, { agent, paused, limit }) =>
      client.schedules.list({
        limit,
        ...(agent === undefined ? {} : { agent_name: agent }),
        ...(paused ? { enabled: false } : {}),
      }),
  );
}

function addChanges(schedules: Command): void {
  for (const [verb, description] of [
    ['pause', 'have it start nothing'],
    ['resume', 'end a pause'],
  ] as const) {
    onApi(schedules.command(`${verb} <id>`).description(description), async ({ client, print }, _, id) =>
      print.one(SCHEDULE, await client.schedules[verb](id)),
    );
  }
  onApi<{ overlap?: Overlap }>(
    schedules
      .command('trigger <id>')
      .description('run it now; prints the task')
      .addOption(choice('--overlap <what>', Overlap.options, 'when one runs already')),
    async ({ client, print }, { overlap }, id) => {
      const taskId = await client.schedules.trigger(id, overlap === undefined ? {} : { overlap });
      if (taskId === null) print.done('None was started: the one before has not ended.', { task_id: null });
      else print.one(TASK, await client.tasks.get(taskId));
    },
  );
  onApi(
    schedules.command('delete <id>').description('delete it; its tasks stay'),
    async ({ client, print }, _, id) => {
      await client.schedules.delete(id);
      print.done('Deleted.', { id });
    },
  );
}

interface PreviewOptions {
  cron?: string;
  interval?: number;
  timezone?: string;
  endsAt?: string;
}

function previewed(
  id: string | undefined,
  { cron, interval, timezone, endsAt }: PreviewOptions,
): string | PreviewOf {
  const asked = { cron_expression: cron, interval_seconds: interval, timezone, ends_at: endsAt };
  const of: PreviewOf = Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined));
  const isDescribed = Object.keys(of).length > 0;
  const isOne = (cron === undefined) !== (interval === undefined);
  if (id === undefined ? !isOne : isDescribed)
    throw new UsageError('Name a schedule, or give one of --cron and --interval in its place.');
  return id ?? of;
}

export function addSchedules(program: Command): void {
  const schedules = program.command('schedules').description('have tasks come again and again');
  addSchedulesCreate(schedules);
  addList(schedules);
  onApi(schedules.command('get <id>').description('show a schedule'), async ({ client, print }, _, id) =>
    print.one(SCHEDULE, await client.schedules.get(id)),
  );
  addChanges(schedules);
  onApi<PreviewOptions>(
    schedules
      .command('preview [id]')
      .description('list the next ten runs of a schedule, or of an expression')
      .option('--cron <expression>', '"0 9 * * 1-5"')
      .option('--interval <seconds>', 'so often', count)
      .option('--timezone <zone>', 'of the expression (UTC)')
      .option('--ends-at <moment>', 'none from then on'),
    async ({ client, print }, options, id?: string) =>
      print.list(RUN, await client.schedules.preview(previewed(id, options))),
  );
  onApi<{ limit?: number }>(
    schedules
      .command('history <id>')
      .description('list the tasks that it started, the newest first')
      .option('--limit <n>', 'at most so many, 500 at the utmost', count),
    async ({ client, print }, { limit }, id) => {
      const { tasks } = await client.schedules.history(id, limit === undefined ? {} : { limit });
      print.list(TASK, tasks);
    },
  );
}

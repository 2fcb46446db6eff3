import type { Command } from 'commander';
import type { NewSchedule } from '../../client/index.js';
import { Overlap } from '../../schemas/schedule.js';
import { PRIORITIES } from '../../schemas/task.js';
import { choice } from '../choice.js';
import { bodyOf, bodyOption, count, json, object } from '../read-option.js';
import { onApi } from '../session.js';
import { SCHEDULE } from './schedule-view.js';

interface CreateOptions {
  cron?: string;
  interval?: number;
  timezone?: string;
  name?: string;
  method?: string;
  input?: object;
  priority?: string;
  delivery?: unknown;
  overlap?: string;
  jitter?: string;
  catchUp?: string;
  endsAt?: string;
  paused?: boolean;
  body?: object;
}

function scheduleOf(agent: string, prompt: string | undefined, options: CreateOptions): NewSchedule {
  const { cron, interval, timezone, name, method, input, priority, delivery, overlap } = options;
  const { jitter, catchUp, endsAt, paused, body } = options;
  return bodyOf<NewSchedule>(body, {
    ...{ agent_name: agent, prompt_template: prompt, name, method_name: method, input, priority },
    ...{ cron_expression: cron, interval_seconds: interval, timezone, delivery, overlap, jitter },
    ...{ catchup_window: catchUp, ends_at: endsAt, enabled: paused ? false : undefined },
  });
}

export function addSchedulesCreate(schedules: Command): void {
  const create = schedules
    .command('create <agent> [prompt]')
    .description('give an agent, by its name, a task again and again')
    .option('--cron <expression>', 'minute, hour, day of month, month, day of week: "0 9 * * 1-5"')
    .option('--interval <seconds>', 'or so often', count)
    .option('--timezone <zone>', 'as the IANA database names it (UTC)')
    .option('--name <name>', 'what people call it')
    .option('--method <name>', 'a method of the agent')
    .option('--input <json>', 'of the method; @file, - for stdin', object)
    .addOption(choice('--priority <name>', Object.keys(PRIORITIES), 'LOW by default'))
    .option('--delivery <json>', 'where results go: a channel with what it needs, or an array', json)
    .addOption(choice('--overlap <what>', Overlap.options, 'when one runs already: skip by default'))
    .option('--jitter <time>', 'each run comes later by chance, at most so much')
    .option('--catch-up <time>', 'what was missed runs afterwards if it is no older (1h)')
    .option('--ends-at <moment>', 'it starts nothing from then on')
    .option('--paused', 'it starts nothing until it is resumed')
    .addOption(bodyOption());
  onApi<CreateOptions>(create, async ({ client, print }, options, agent, prompt?: string) =>
    print.one(SCHEDULE, await client.schedules.create(scheduleOf(agent, prompt, options))),
  );
}

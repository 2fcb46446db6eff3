import { userInfo } from 'node:os';
import type { Command } from 'commander';
import type { NewTimer } from '../../client/index.js';
import { UsageError } from '../failure.js';
import { bodyOf, bodyOption, count, json, object, pair, several } from '../read-option.js';
import { onApi } from '../session.js';
import { timeoutOption } from '../wait.js';
import { type Due, dueOf } from './due.js';
import { endOfTimer } from './end-of-timer.js';
import { TIMER } from './timer-view.js';

interface CreateOptions extends Due {
  tenant?: string;
  by?: string;
  webhook?: string[];
  data?: object;
  actions?: unknown;
  every?: string;
  count?: number;
  until?: string;
  label?: Record<string, string>;
  metadata?: object;
  body?: object;
  idempotencyKey?: string;
  wait?: boolean;
  timeout?: number;
}

function ownName(): string {
  try {
    return userInfo().username;
  } catch {
    // In containers there may be no user of this number.
    return 'mainspring';
  }
}

function actionsOf({ webhook = [], data, actions = [] }: CreateOptions): unknown[] {
  if (!Array.isArray(actions)) throw new UsageError('--actions must be a JSON array of actions.');
  const called = webhook.map((url) => ({ type: 'webhook', url, ...(data ? { data } : {}) }));
  return [...called, ...actions];
}

function repeatOf({ every, count: times, until }: CreateOptions): object | undefined {
  if (every !== undefined) return { every, ...(times ? { count: times } : {}), ...(until ? { until } : {}) };
  if (times !== undefined || until !== undefined) throw new UsageError('--count and --until need --every.');
  return undefined;
}

function timerOf(name: string, options: CreateOptions): NewTimer {
  const { body, tenant, by, label, metadata } = options;
  const actions = actionsOf(options);
  const asked = { tenantId: 'default', requestedBy: ownName(), ...body };
  // A body may say when by itself.
  const isSaid = body !== undefined && options.in === undefined && options.at === undefined;
  return bodyOf<NewTimer>(asked, {
    ...{ name, tenantId: tenant, requestedBy: by, ...(isSaid ? {} : dueOf(options)) },
    ...{ labels: label, metadata, repeat: repeatOf(options) },
    actionBundle: actions.length > 0 ? { actions } : undefined,
  });
}

export function addTimersCreate(timers: Command): void {
  const create = timers
    .command('create <name>')
    .description('set a timer')
    .option('--in <time>', 'due after so long: 90s, 1h30m, PT5M')
    .option('--at <moment>', 'due then: ISO 8601 with its offset or Z')
    .option('--webhook <url>', 'call this when it fires; may be given several times', several)
    .option('--data <json>', 'what the webhooks are sent; @file, - for stdin', object)
    .option('--actions <json>', 'further actions, an array; @file, - for stdin', json)
    .option('--every <time>', 'fire again and again')
    .option('--count <n>', 'so often in all', count)
    .option('--until <moment>', 'not after this moment')
    .option('--tenant <tenant>', 'a label of yours (default)')
    .option('--by <who>', 'who requests it (your user name)')
    .option('--label <name=value>', 'may be given several times', pair)
    .option('--metadata <json>', 'what it carries along', object)
    .addOption(bodyOption())
    .option('--idempotency-key <key>', 'a repeat with the same key makes no second timer')
    .option('--wait', 'wait until it has fired; exit code 1 when it ends otherwise')
    .addOption(timeoutOption());
  onApi<CreateOptions>(create, async (session, options, name) => {
    const { idempotencyKey, wait, timeout } = options;
    const keyed = idempotencyKey === undefined ? {} : { idempotencyKey };
    const timer = await session.client.timers.create(timerOf(name, options), keyed);
    if (wait) await endOfTimer(session, timer, { timeout });
    else session.print.one(TIMER, timer);
  });
}

import type { Command } from 'commander';
import type { Timer } from '../../client/index.js';
import { TimerStatus } from '../../schemas/timer.js';
import { choice } from '../choice.js';
import { listing } from '../listing.js';
import { onApi } from '../session.js';
import { timeoutOption, type WaitOptions } from '../wait.js';
import { type Due, dueOf } from './due.js';
import { endOfTimer } from './end-of-timer.js';
import { TIMER } from './timer-view.js';
import { addTimersCreate } from './timers-create.js';

interface Filter {
  status?: Timer['status'];
  tenant?: string;
  name?: string;
  by?: string;
  dueBefore?: string;
  dueAfter?: string;
}

function addList(timers: Command): void {
  const list = timers
    .command('list')
    .description('list timers, the newest first')
    .addOption(choice('--status <status>', TimerStatus.options))
    .option('--tenant <tenant>')
    .option('--name <name>')
    .option('--by <who>', 'who requested them')
    .option('--due-before <moment>', 'ISO 8601 with its offset or Z')
    .option('--due-after <moment>');
  listing<Timer, Filter>(
    list,
    TIMER,
    ({ client }, { status, tenant, name, by, dueBefore, dueAfter, limit }) =>
      client.timers.list({
        ...{ status, tenantId: tenant, name, requestedBy: by, limit },
        ...{ fireBefore: dueBefore, fireAfter: dueAfter },
      }),
  );
}

interface Cancelling {
  reason?: string;
  by?: string;
}

function addChanges(timers: Command): void {
  onApi<Cancelling>(
    timers
      .command('cancel <id>')
      .description('cancel a timer that has not fired')
      .option('--reason <text>')
      .option('--by <who>'),
    async ({ client, print }, { reason, by }, id) =>
      print.one(TIMER, await client.timers.cancel(id, { reason, requestedBy: by })),
  );
  onApi<Due>(
    timers
      .command('move <id>')
      .description('give it another due moment')
      .option('--in <time>', 'from now on: 15m, 1h30m')
      .option('--at <moment>', 'ISO 8601 with its offset or Z'),
    async ({ client, print }, options, id) =>
      print.one(TIMER, await client.timers.reschedule(id, dueOf(options))),
  );
  onApi(
    timers.command('reset <id>').description('start its duration anew from now: still alive'),
    async ({ client, print }, _, id) => print.one(TIMER, await client.timers.reset(id)),
  );
  onApi(timers.command('fire <id>').description('fire it now'), async ({ client, print }, _, id) =>
    print.one(TIMER, await client.timers.fire(id)),
  );
}

export function addTimers(program: Command): void {
  const timers = program.command('timers').description('set timers, look at them, change them');
  addTimersCreate(timers);
  addList(timers);
  onApi(
    timers.command('get <id>').description('show a timer with its deliveries'),
    async ({ client, print }, _, id) => print.one(TIMER, await client.timers.get(id)),
  );
  addChanges(timers);
  onApi<WaitOptions>(
    timers
      .command('wait <id>')
      .description('wait until it has fired; exit code 1 when it ends otherwise')
      .addOption(timeoutOption()),
    async (session, options, id) => endOfTimer(session, await session.client.timers.get(id), options),
  );
}

import type { Command } from 'commander';
import type { Event } from '../../client/index.js';
import { UsageError } from '../failure.js';
import { firstOf, limitOption, USUAL_LIMIT } from '../listing.js';
import { onApi } from '../session.js';
import { asJson, moment, text, type View } from '../view.js';
import { follow } from '../watch.js';

const EVENT: View<Event> = {
  id: ({ id }) => id,
  columns: [
    moment('at', ({ at }) => at),
    text('type', ({ type }) => type),
    text('subject', ({ subject }) => subject),
    text('data', ({ data }) => asJson(data)),
  ],
  empty: 'No events.',
};

interface Options {
  type?: string;
  subject?: string;
  limit?: number;
  all?: boolean;
  watch?: boolean;
  after?: string;
}

export function addEvents(program: Command): void {
  const events = program.command('events').description('what happened, and what happens');
  const list = events
    .command('list', { isDefault: true })
    .description('list events, the newest first')
    .option('--type <type>', 'a type, or all that begin so: timer.*')
    .option('--subject <id>', 'of one timer, task, agent …')
    .addOption(limitOption())
    .option('--all', 'all that are kept')
    .option('--watch', 'each as it happens, from now on or after --after')
    .option('--after <id>', 'with --watch: after the event of this id');
  onApi<Options>(list, async ({ client, print }, options) => {
    const { type, subject, limit = USUAL_LIMIT, all, watch, after } = options;
    if (watch) {
      return follow(print, {
        view: EVENT,
        check: () => firstOf(client.events.list({ type, subject, limit: 1 }), 1),
        open: (lastId) => client.events.follow({ type, subject }, { lastId }),
        lastId: after,
      });
    }
    if (after !== undefined) throw new UsageError('--after needs --watch.');
    const most = all ? Number.POSITIVE_INFINITY : limit;
    print.list(EVENT, await firstOf(client.events.list({ type, subject, order: 'desc' }), most));
  });
}

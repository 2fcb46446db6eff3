import type { Schedule } from '../../client/index.js';
import { asJson, moment, status, text, type View } from '../view.js';

const cycle = ({ cron_expression: cron, interval_seconds: seconds, timezone }: Schedule) =>
  cron === null ? `every ${seconds} s` : `${cron} (${timezone})`;

export const SCHEDULE: View<Schedule> = {
  id: ({ id }) => id,
  columns: [
    text('id', ({ id }) => id),
    status('state', ({ enabled }) => (enabled ? 'active' : 'paused')),
    text('name', ({ name }) => name),
    text('agent', ({ agent_name: agent }) => agent),
    text('cycle', cycle),
    moment('next run', ({ next_run_at: next }) => next),
  ],
  more: [
    text('asked', ({ method_name: method, prompt_template: prompt }) => method ?? prompt),
    text('input', ({ input }) => asJson(input)),
    text('priority', ({ priority }) => priority),
    text('overlap', ({ overlap }) => overlap),
    text('jitter in ms', ({ jitter_ms: jitter }) => jitter),
    text('catch-up in ms', ({ catchup_window_ms: window }) => window),
    text('delivery', ({ delivery }) => delivery.map(({ channel }) => channel).join(', ')),
    text('declared', ({ declared }) => (declared ? 'yes' : 'no')),
    moment('ends', ({ ends_at: ends }) => ends),
    moment('created', ({ created_at: at }) => at),
    moment('updated', ({ updated_at: at }) => at),
  ],
  empty:
    'No schedules. The first one: mainspring schedules create ContentAgent "Three titles, please." --cron "0 8 * * 1"',
};

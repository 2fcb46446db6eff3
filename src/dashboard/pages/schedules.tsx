import type { Schedule } from '../../client/index.js';
import { useLiveList } from '../live.js';
import { Badge } from '../parts/badge.js';
import { Empty, requestOf } from '../parts/code.js';
import { Tabs, TextFilter } from '../parts/filters.js';
import { Moment } from '../parts/moment.js';
import { PageHead } from '../parts/page-head.js';
import { type Column, ListPanel } from '../parts/table.js';
import { Clip } from '../parts/words.js';
import { hrefOf, place } from '../place.js';
import { cycleOf, ScheduleActs } from './schedule-acts.js';
import { ScheduleDetail } from './schedule-detail.js';

const CHOICES = [
  ['', 'All'],
  ['true', 'enabled'],
  ['false', 'paused'],
] as const;

const EXAMPLE = {
  agent_name: 'MarketAgent',
  prompt_template: 'What was new on the market today?',
  cron_expression: '0 18 * * 1-5',
  timezone: 'Europe/Madrid',
};

const columnsOf = (onDone: () => void): readonly Column<Schedule>[] => [
  {
    title: 'Name',
    isMain: true,
    cell: ({ id, name }) => (
      <a href={hrefOf('schedules', id)}>
        <Clip text={name} />
      </a>
    ),
  },
  { title: 'Status', cell: ({ enabled }) => <Badge status={enabled ? 'enabled' : 'paused'} /> },
  { title: 'Comes round', isWide: true, cell: (schedule) => <Clip text={cycleOf(schedule)} /> },
  { title: 'Next run', cell: ({ next_run_at: at }) => <Moment at={at} /> },
  {
    title: 'Agent',
    cell: ({ agent_id, agent_name }) => <a href={hrefOf('agents', agent_id)}>{agent_name}</a>,
  },
  {
    title: 'Change',
    isTitleUnseen: true,
    align: 'end',
    cell: (schedule) => <ScheduleActs schedule={schedule} size="small" onDone={onDone} />,
  },
];

function ScheduleList() {
  const { query } = place.value;
  const enabled = query.get('enabled');
  const agent = query.get('agent_name');
  const filter = {
    ...(enabled !== null && { enabled: enabled === 'true' }),
    ...(agent !== null && { agent_name: agent }),
  };
  const live = useLiveList(`schedules ${query}`, ['task.queued'], (client, limit, signal) =>
    client.schedules.list({ ...filter, limit }, { signal }),
  );
  return (
    <>
      <PageHead title="Schedules" />
      <div class="filters">
        <Tabs name="enabled" label="Status" choices={CHOICES} />
        <TextFilter name="agent_name" label="Agent" hint="exactly" />
      </div>
      <ListPanel
        label="Schedules"
        caption="Schedules, the newest first"
        live={live}
        columns={columnsOf(live.reload)}
        keyOf={({ id }) => id}
        empty={
          query.size > 0 ? (
            <Empty title="No schedule is like that.">Take a filter away to see more.</Empty>
          ) : (
            <Empty title="No schedules yet" example={requestOf('/schedules', EXAMPLE)}>
              A schedule gives an agent a task again and again. This makes one for the end of each working
              day:
            </Empty>
          )
        }
      />
    </>
  );
}

/** All schedules, or one of them. */
export function Schedules() {
  const { part } = place.value;
  return part === undefined ? <ScheduleList /> : <ScheduleDetail id={part} />;
}

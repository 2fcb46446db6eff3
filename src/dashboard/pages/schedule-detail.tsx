import type { Schedule } from '../../client/index.js';
import { count } from '../amounts.js';
import { useLive } from '../live.js';
import { Act } from '../parts/act.js';
import { Badge } from '../parts/badge.js';
import { Json } from '../parts/code.js';
import { Exactly, Moment } from '../parts/moment.js';
import { PageHead } from '../parts/page-head.js';
import { Table } from '../parts/table.js';
import { Unread } from '../parts/unread.js';
import { type Fact, Facts, Failure, Panel } from '../parts/words.js';
import { goTo, hrefOf } from '../place.js';
import { period } from '../span.js';
import { cycleOf, ScheduleActs } from './schedule-acts.js';
import { priorityName, TASK_COLUMNS } from './task-columns.js';

const RECENT = 20;

function factsOf(schedule: Schedule): (Fact | undefined)[] {
  const { ends_at: endsAt, timeout_seconds: timeout, jitter_ms: jitter } = schedule;
  return [
    ['Id', <span class="mono">{schedule.id}</span>],
    ['Comes round', cycleOf(schedule)],
    ['Agent', <a href={hrefOf('agents', schedule.agent_id)}>{schedule.agent_name}</a>],
    schedule.method_name === null ? undefined : ['Method', schedule.method_name],
    schedule.prompt_template === null ? undefined : ['Prompt', schedule.prompt_template],
    ['Priority', priorityName(schedule.priority)],
    ['While one runs', schedule.overlap.replaceAll('_', ' ')],
    jitter === 0 ? undefined : ['Later by chance', `at most ${period(jitter)}`],
    ['Runs afterwards', `what was missed in the last ${period(schedule.catchup_window_ms)}`],
    timeout === null ? undefined : ['Time limit', period(timeout * 1_000)],
    endsAt === null ? undefined : ['Ends', <Exactly at={endsAt} />],
    schedule.declared ? ['Declared', 'in the file of MAINSPRING_CONFIG'] : undefined,
    ['Changed', <Exactly at={schedule.updated_at} />],
  ];
}

function NextRuns({ schedule }: { schedule: Schedule }) {
  const { id, enabled, next_run_at: next } = schedule;
  const { data, error, reload } = useLive(`next runs ${id} ${next}`, [], (client, signal) =>
    client.schedules.preview(id, { signal }),
  );
  return (
    <Panel title="Next runs">
      {error === undefined ? null : <Failure text={error} retry={reload} />}
      {enabled ? null : <p class="muted">It is paused. Resumed, it would run:</p>}
      <ol class="moments">
        {data?.map((at) => (
          <li key={at}>
            <Exactly at={at} /> <Moment at={at} />
          </li>
        ))}
      </ol>
    </Panel>
  );
}

function History({ id }: { id: string }) {
  const { data, error, reload } = useLive(`history of ${id}`, ['task.'], (client, signal) =>
    client.schedules.history(id, { limit: RECENT }, { signal }),
  );
  const counts = data
    ? `${count(data.runs)} runs, ${count(data.skipped)} left out, ${count(data.missed)} missed`
    : '';
  return (
    <Panel title="Runs" aside={<span class="muted">{counts}</span>} isBare>
      {error === undefined ? null : <Failure text={error} retry={reload} />}
      {data?.tasks.length === 0 ? (
        <p class="panel-body muted">It has not run yet.</p>
      ) : (
        <Table
          caption={`The latest ${RECENT} tasks that it started, the newest first`}
          columns={TASK_COLUMNS}
          keyOf={({ task_id: taskId }) => taskId}
          rows={data?.tasks}
        />
      )}
    </Panel>
  );
}

/** A declared one would come back at the next start. */
function Delete({ schedule: { id, name } }: { schedule: Schedule }) {
  return (
    <Act
      name="Delete"
      of={name}
      tone="danger"
      ask={{
        title: `Delete “${name}”?`,
        confirm: 'Delete the schedule',
        body: <p>Its tasks stay, and those that run go on. This cannot be taken back.</p>,
      }}
      run={async (client) => {
        await client.schedules.delete(id);
        goTo(hrefOf('schedules'));
        return `“${name}” is deleted.`;
      }}
    />
  );
}

/** One schedule: when it runs next, what it started. */
export function ScheduleDetail({ id }: { id: string }) {
  const back = { href: hrefOf('schedules'), title: 'Schedules' };
  const live = useLive(`schedule ${id}`, ['task.queued'], (client, signal) =>
    client.schedules.get(id, { signal }),
  );
  const { data: schedule, error, reload } = live;
  if (!schedule) return <Unread title="Schedule" back={back} live={live} />;
  const { name, enabled, declared, input, delivery, metadata } = schedule;
  return (
    <>
      <PageHead
        title={name}
        back={back}
        about={<Badge status={enabled ? 'enabled' : 'paused'} />}
        actions={
          <>
            <ScheduleActs schedule={schedule} onDone={reload} />
            {declared ? null : <Delete schedule={schedule} />}
          </>
        }
      />
      {error === undefined ? null : <Failure text={error} retry={reload} />}
      <div class="columns">
        <Panel title="About">
          <Facts facts={factsOf(schedule)} />
        </Panel>
        <div class="stack">
          <NextRuns schedule={schedule} />
          <Panel title="What its tasks get">
            <Json name="what its tasks get" value={{ input, delivery, metadata }} />
          </Panel>
        </div>
      </div>
      <History id={id} />
    </>
  );
}

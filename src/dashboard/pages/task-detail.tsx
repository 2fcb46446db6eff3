import type { TaskDetail as Task } from '../../client/index.js';
import { count, usd } from '../amounts.js';
import { now } from '../clock.js';
import { useLive } from '../live.js';
import { Badge } from '../parts/badge.js';
import { Json } from '../parts/code.js';
import { DELIVERY_COLUMNS } from '../parts/delivery-columns.js';
import { Exactly } from '../parts/moment.js';
import { PageHead } from '../parts/page-head.js';
import { Table } from '../parts/table.js';
import { Unread } from '../parts/unread.js';
import { type Fact, Facts, Failure, Panel, RunLink } from '../parts/words.js';
import { hrefOf } from '../place.js';
import { period, span } from '../span.js';
import { Approvals } from './approvals.js';
import { hasEnded, TaskActs } from './task-acts.js';
import { durationOf, priorityName, topicOf } from './task-columns.js';
import { TaskStream } from './task-stream.js';

const LONGEST_TITLE = 120;
const shortened = (text: string) => (text.length > LONGEST_TITLE ? `${text.slice(0, LONGEST_TITLE)}…` : text);

const linked = (name: string, page: string, id: string | null): Fact | undefined =>
  id === null ? undefined : [name, <a href={hrefOf(page, id)}>{id}</a>];

function factsOf(task: Task): (Fact | undefined)[] {
  const { session_id: session, user_id: user, scheduled_at: scheduledAt, model } = task;
  return [
    ['Id', <span class="mono">{task.task_id}</span>],
    ['Agent', <a href={hrefOf('agents', task.agent_id)}>{task.agent_name}</a>],
    task.method_name === null ? undefined : ['Method', task.method_name],
    ['Priority', priorityName(task.priority)],
    model === null ? undefined : ['Model', model],
    session === null
      ? undefined
      : ['Session', <a href={hrefOf('tasks', undefined, { session_id: session })}>{session}</a>],
    user === null ? undefined : ['User', user],
    linked('Schedule', 'schedules', task.schedule_id),
    linked('Part of', 'tasks', task.parent_task_id),
    scheduledAt === null ? undefined : ['Starts', <Exactly at={scheduledAt} />],
    ['Asked', <Exactly at={task.created_at} />],
    ['Time limit', period(task.timeout_seconds * 1_000)],
    ['Run', <RunLink run={task.run} />],
  ];
}

/** How long it takes, so far or in all. */
function Elapsed({ task }: { task: Task }) {
  const { started_at: from } = task;
  if (from === null) return <>not begun</>;
  return <>{hasEnded(task) ? durationOf(task) : span(now.value - Date.parse(from))}</>;
}

function Figures({ task }: { task: Task }) {
  const { token_usage: tokens, cost_usd: cost, tool_calls: calls } = task;
  return (
    <dl class="figures">
      <div>
        <dt>Time</dt>
        <dd>
          <Elapsed task={task} />
        </dd>
      </div>
      <div>
        <dt>Tokens</dt>
        <dd>
          {count(tokens.total)} <small>{`${count(tokens.input)} in, ${count(tokens.output)} out`}</small>
        </dd>
      </div>
      <div>
        <dt>Cost</dt>
        <dd>{usd(cost)}</dd>
      </div>
      <div>
        <dt>Calls of tools</dt>
        <dd>{count(calls.length)}</dd>
      </div>
    </dl>
  );
}

function Outcome({ task }: { task: Task }) {
  const { result } = task;
  if (result === null) return null;
  const { output, error } = result;
  return (
    <Panel title="What it came to">
      {error === null ? null : (
        <p class="failure">
          {error.message} ({error.category.replaceAll('_', ' ')})
        </p>
      )}
      {typeof output === 'string' ? (
        <p class="words" dir="auto">
          {output}
        </p>
      ) : null}
      {output === null || typeof output === 'string' ? null : <Json name="its output" value={output} />}
    </Panel>
  );
}

function Asked({ task: { prompt, input, metadata } }: { task: Task }) {
  const more = {
    ...(Object.keys(input).length > 0 && { input }),
    ...(Object.keys(metadata).length > 0 && { metadata }),
  };
  return (
    <Panel title="What was asked">
      {prompt === null ? null : (
        <p class="words" dir="auto">
          {prompt}
        </p>
      )}
      {Object.keys(more).length > 0 ? <Json name="its input and metadata" value={more} /> : null}
    </Panel>
  );
}

function ResultDeliveries({ task: { deliveries } }: { task: Task }) {
  if (deliveries.length === 0) return null;
  return (
    <Panel title="Deliveries of its result" isBare>
      <Table
        caption="Deliveries of its result"
        columns={DELIVERY_COLUMNS}
        keyOf={({ id }) => id}
        rows={deliveries}
      />
    </Panel>
  );
}

/** One task: what happens in it, live; what it came to. */
export function TaskDetail({ id }: { id: string }) {
  const back = { href: hrefOf('tasks'), title: 'Tasks' };
  const live = useLive(`task ${id}`, ['task.', 'delivery.'], (client, signal) =>
    client.tasks.get(id, { signal }),
  );
  const { data: task, error, reload } = live;
  if (!task) return <Unread title="Task" back={back} live={live} />;
  return (
    <>
      <PageHead
        title={shortened(topicOf(task))}
        back={back}
        about={<Badge status={task.status} />}
        actions={<TaskActs task={task} onDone={reload} />}
      />
      {error === undefined ? null : <Failure text={error} retry={reload} />}
      <Figures task={task} />
      <Approvals task={task} onDone={reload} />
      <div class="columns" data-wide="first">
        <div class="stack">
          <TaskStream id={id} calls={task.tool_calls} isLive={!hasEnded(task)} />
          <Outcome task={task} />
          <ResultDeliveries task={task} />
        </div>
        <div class="stack">
          <Panel title="About">
            <Facts facts={factsOf(task)} />
          </Panel>
          <Asked task={task} />
        </div>
      </div>
    </>
  );
}

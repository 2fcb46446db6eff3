import type { TaskQuery, TaskSummary } from '../../client/index.js';
import { useLiveList } from '../live.js';
import { Empty, requestOf } from '../parts/code.js';
import { choicesOf, chosenOf, Tabs, TextFilter } from '../parts/filters.js';
import { PageHead } from '../parts/page-head.js';
import { type Column, ListPanel } from '../parts/table.js';
import { hrefOf, place } from '../place.js';
import { TaskActs } from './task-acts.js';
import { PRIORITIES, priorityName, TASK_COLUMNS } from './task-columns.js';
import { TaskDetail } from './task-detail.js';
import { TaskQueue } from './task-queue.js';

const STATUSES = [
  'queued',
  'running',
  'awaiting_approval',
  'completed',
  'failed',
  'timed_out',
  'cancelled',
  'scheduled',
] as const;
const EXAMPLE = { agent_name: 'ContentAgent', prompt: 'A title for a used camera, please.', delivery: [] };

const columnsOf = (onDone: () => void): readonly Column<TaskSummary>[] => [
  ...TASK_COLUMNS,
  {
    title: 'Change',
    isTitleUnseen: true,
    align: 'end',
    cell: (task) => <TaskActs task={task} size="small" onDone={onDone} />,
  },
];

function filterOf(query: URLSearchParams): TaskQuery {
  const status = chosenOf(STATUSES, 'status');
  const priority = PRIORITIES.find(([number]) => String(number) === query.get('priority'))?.[0];
  const agent = query.get('agent_name');
  const session = query.get('session_id');
  return {
    ...(status && { status }),
    ...(priority && { priority }),
    ...(agent !== null && { agent_name: agent }),
    ...(session !== null && { session_id: session }),
  };
}

/** A narrowing that came with a link, and the way out of it. */
function Only({ name, says }: { name: string; says: string | undefined }) {
  if (says === undefined) return null;
  const { [name]: _, ...rest } = Object.fromEntries(place.value.query);
  return (
    <a class="button" data-size="small" href={hrefOf('tasks', undefined, rest)}>
      only {says}
      <span aria-hidden="true">×</span>
      <span class="unseen">: show all again</span>
    </a>
  );
}

function TaskList() {
  const { query } = place.value;
  const filter = filterOf(query);
  const live = useLiveList(`tasks ${query}`, ['task.'], (client, limit, signal) =>
    client.tasks.list({ ...filter, limit }, { signal }),
  );
  return (
    <>
      <PageHead title="Tasks" />
      <TaskQueue />
      <div class="filters">
        <Tabs name="status" label="Status" choices={choicesOf(STATUSES)} />
        <TextFilter name="agent_name" label="Agent" hint="exactly" />
        <Only name="priority" says={filter.priority && priorityName(Number(filter.priority))} />
        <Only name="session_id" says={filter.session_id && `session ${filter.session_id}`} />
      </div>
      <ListPanel
        label="Tasks"
        caption="Tasks, the newest first"
        live={live}
        columns={columnsOf(live.reload)}
        keyOf={({ task_id: id }) => id}
        empty={
          query.size > 0 ? (
            <Empty title="No task is like that.">Take a filter away to see more.</Empty>
          ) : (
            <Empty title="No tasks yet" example={requestOf('/tasks', EXAMPLE)}>
              A task is one thing that an agent is to do. With the key of a model set up, this gives one to an
              agent that comes along:
            </Empty>
          )
        }
      />
    </>
  );
}

/** All tasks, or one of them. */
export function Tasks() {
  const { part } = place.value;
  return part === undefined ? <TaskList /> : <TaskDetail id={part} />;
}

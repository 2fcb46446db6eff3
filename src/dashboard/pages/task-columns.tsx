import type { TaskSummary } from '../../client/index.js';
import { count, took, usd } from '../amounts.js';
import { Badge } from '../parts/badge.js';
import { Moment } from '../parts/moment.js';
import type { Column } from '../parts/table.js';
import { Clip, None } from '../parts/words.js';
import { hrefOf } from '../place.js';

/** The most urgent first. */
export const PRIORITIES = [
  [1, 'critical'],
  [3, 'high'],
  [5, 'normal'],
  [7, 'low'],
  [9, 'background'],
] as const;

export const priorityName = (priority: number): string =>
  PRIORITIES.find(([number]) => number === priority)?.[1] ?? String(priority);

/** What it is about, in a line. */
export const topicOf = ({ prompt, method_name: method, task_id: id }: TaskSummary): string =>
  [method, prompt?.replaceAll(/\s+/g, ' ')].filter(Boolean).join(': ') || id;

/** How long it has run, or ran. */
export function durationOf({ started_at: from, completed_at: to }: TaskSummary): string {
  return from === null || to === null ? '–' : took(Date.parse(to) - Date.parse(from));
}

/** Tasks of one thing. */
export const TASK_COLUMNS: readonly Column<TaskSummary>[] = [
  {
    title: 'Task',
    isMain: true,
    cell: (task) => (
      <a href={hrefOf('tasks', task.task_id)}>
        <Clip text={topicOf(task)} />
        <small>{task.agent_name}</small>
      </a>
    ),
  },
  { title: 'Status', cell: ({ status }) => <Badge status={status} /> },
  { title: 'Priority', cell: ({ priority }) => priorityName(priority) },
  {
    title: 'Tokens, cost',
    align: 'end',
    cell: ({ token_usage: { total }, cost_usd: cost }) =>
      total === 0 ? (
        <None />
      ) : (
        <span>
          {count(total)} <small>{usd(cost)}</small>
        </span>
      ),
  },
  { title: 'Asked', cell: ({ created_at: at }) => <Moment at={at} /> },
  { title: 'Took', align: 'end', cell: durationOf },
];

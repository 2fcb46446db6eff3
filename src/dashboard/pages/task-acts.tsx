import type { TaskSummary } from '../../client/index.js';
import { filledAs } from '../form.js';
import { Act, type Shape } from '../parts/act.js';
import { Reason } from '../parts/fields.js';

/** The most that the API takes as a reason. */
export const REASON_LENGTH = 2_000;

const ENDED = ['completed', 'failed', 'cancelled', 'timed_out'];
export const hasEnded = ({ status }: Pick<TaskSummary, 'status'>) => ENDED.includes(status);

const QUESTION = {
  title: 'Cancel this task?',
  confirm: 'Cancel the task',
  body: (
    <>
      <p>What is under way is stopped, and its tasks with it. This cannot be taken back.</p>
      <Reason maxLength={REASON_LENGTH} />
    </>
  ),
};

/** What can be done to a task that has not ended. */
export function TaskActs({ task, ...shape }: Shape & { task: TaskSummary }) {
  if (hasEnded(task)) return null;
  return (
    <div class="buttons">
      <Act
        name="Cancel"
        of={`the task of ${task.agent_name}`}
        tone="danger"
        {...shape}
        ask={QUESTION}
        run={async (client, form) => {
          await client.tasks.cancel(task.task_id, filledAs(form, 'reason'));
          return 'The task is cancelled.';
        }}
      />
    </div>
  );
}

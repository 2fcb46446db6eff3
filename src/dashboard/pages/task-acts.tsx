import type { TaskSummary, ToolCall } from '../../client/index.js';
import { Act } from '../parts/act.js';

interface TaskActsProps {
  task: TaskSummary;
  size?: 'small';
  onDone?: () => void;
}

const ENDED = ['completed', 'failed', 'cancelled', 'timed_out'];
export const hasEnded = ({ status }: Pick<TaskSummary, 'status'>) => ENDED.includes(status);

const textOf = (form: FormData, name: string) => String(form.get(name) ?? '').trim() || undefined;
const given = <Value,>(name: string, value: Value | undefined) =>
  value === undefined ? {} : { [name]: value };

/** What can be done to a task that has not ended. */
export function TaskActs({ task, size, onDone }: TaskActsProps) {
  if (hasEnded(task)) return null;
  return (
    <div class="buttons">
      <Act
        name="Cancel"
        of={`the task of ${task.agent_name}`}
        tone="danger"
        {...(size && { size })}
        ask={{
          title: 'Cancel this task?',
          confirm: 'Cancel the task',
          body: (
            <>
              <p>What is under way is stopped, and its tasks with it. This cannot be taken back.</p>
              <label>
                Reason (optional)
                <input name="reason" maxLength={2_000} />
              </label>
            </>
          ),
        }}
        run={async (client, form) => {
          await client.tasks.cancel(task.task_id, given('reason', textOf(form, 'reason')));
          onDone?.();
          return 'The task is cancelled.';
        }}
      />
    </div>
  );
}

interface DecisionProps {
  taskId: string;
  call: Pick<ToolCall, 'id' | 'name'>;
  onDone: () => void;
}

const Who = () => (
  <label>
    Your name (optional)
    <input name="who" maxLength={200} autocomplete="name" />
  </label>
);

/** Whether a call of a tool that waits for a person is made. */
export function DecisionActs({ taskId, call, onDone }: DecisionProps) {
  const decisionOf = (form: FormData) => ({
    tool_call_id: call.id,
    ...given('decided_by', textOf(form, 'who')),
    ...given('reason', textOf(form, 'reason')),
  });
  return (
    <div class="buttons">
      <Act
        name="Approve"
        of={call.name}
        tone="main"
        ask={{
          title: `Let ${call.name} be called?`,
          confirm: 'Approve',
          body: (
            <>
              <p>It is called at once with the arguments shown. This cannot be taken back.</p>
              <Who />
            </>
          ),
        }}
        run={async (client, form) => {
          await client.tasks.approve(taskId, decisionOf(form));
          onDone();
          return `${call.name} is approved.`;
        }}
      />
      <Act
        name="Reject"
        of={call.name}
        tone="danger"
        ask={{
          title: `Reject the call of ${call.name}?`,
          confirm: 'Reject',
          body: (
            <>
              <p>The model is told, with your reason, and goes on without it.</p>
              <label>
                Reason (optional)
                <input name="reason" maxLength={2_000} />
              </label>
              <Who />
            </>
          ),
        }}
        run={async (client, form) => {
          await client.tasks.reject(taskId, decisionOf(form));
          onDone();
          return `${call.name} is rejected.`;
        }}
      />
    </div>
  );
}

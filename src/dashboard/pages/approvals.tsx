import type { TaskDetail, ToolCall } from '../../client/index.js';
import { filledAs } from '../form.js';
import { Act, type ActProps } from '../parts/act.js';
import { Badge } from '../parts/badge.js';
import { Json } from '../parts/code.js';
import { Reason, Who } from '../parts/fields.js';
import { Moment } from '../parts/moment.js';
import { Panel } from '../parts/words.js';
import { REASON_LENGTH } from './task-acts.js';

interface DecisionProps {
  taskId: string;
  call: Pick<ToolCall, 'id' | 'name'>;
  onDone: () => void;
}

const decisionOf = ({ id }: DecisionProps['call'], form: FormData) => ({
  tool_call_id: id,
  ...filledAs(form, 'decided_by', 'who'),
  ...filledAs(form, 'reason'),
});

const approveQuestion = ({ name }: DecisionProps['call']): ActProps['ask'] => ({
  title: `Let ${name} be called?`,
  confirm: 'Approve',
  body: (
    <>
      <p>It is called at once with the arguments shown. This cannot be taken back.</p>
      <Who />
    </>
  ),
});

const rejectQuestion = ({ name }: DecisionProps['call']): ActProps['ask'] => ({
  title: `Reject the call of ${name}?`,
  confirm: 'Reject',
  body: (
    <>
      <p>The model is told, with your reason, and goes on without it.</p>
      <Reason maxLength={REASON_LENGTH} />
      <Who />
    </>
  ),
});

/** Whether a call of a tool that waits for a person is made. */
function DecisionActs({ taskId, call, onDone }: DecisionProps) {
  return (
    <div class="buttons">
      <Act
        name="Approve"
        of={call.name}
        tone="main"
        onDone={onDone}
        ask={approveQuestion(call)}
        run={async (client, form) => {
          await client.tasks.approve(taskId, decisionOf(call, form));
          return `${call.name} is approved.`;
        }}
      />
      <Act
        name="Reject"
        of={call.name}
        tone="danger"
        onDone={onDone}
        ask={rejectQuestion(call)}
        run={async (client, form) => {
          await client.tasks.reject(taskId, decisionOf(call, form));
          return `${call.name} is rejected.`;
        }}
      />
    </div>
  );
}

/** What waits for a person: what is to be called, with what. */
export function Approvals({ task, onDone }: { task: TaskDetail; onDone: () => void }) {
  const waiting = task.tool_calls.filter(({ status }) => status === 'awaiting_approval');
  return (
    <>
      {waiting.map((call) => (
        <Panel
          key={call.id}
          title={`${call.name} waits for you`}
          aside={<DecisionActs taskId={task.task_id} call={call} onDone={onDone} />}
        >
          <p>
            <Badge status="awaiting_approval" />{' '}
            {call.approval_deadline === null ? null : (
              <small class="muted">
                rejected by itself <Moment at={call.approval_deadline} />
              </small>
            )}
          </p>
          <Json name={`what ${call.name} is to be given`} value={call.arguments} />
        </Panel>
      ))}
    </>
  );
}

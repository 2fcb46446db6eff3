import type { NewDue, Timer } from '../../client/index.js';
import { exactly } from '../dates.js';
import { filled, filledAs } from '../form.js';
import { Act, type ActProps, type Shape } from '../parts/act.js';
import { Reason } from '../parts/fields.js';

/** A moment that was picked goes before a duration. */
function dueOf(form: FormData): NewDue {
  const moment = filled(form, 'fireAt');
  return moment === undefined ? { duration: filled(form, 'duration') ?? '' } : { fireAt: new Date(moment) };
}

const moveQuestion = ({ name, fireAt }: Timer): ActProps['ask'] => ({
  title: `Move “${name}”`,
  confirm: 'Move',
  body: (
    <>
      <p class="muted">It is due {exactly(fireAt)}.</p>
      <label>
        From now on
        <input name="duration" defaultValue="15m" placeholder="15m, 2h, 1d12h" />
      </label>
      <label>
        Or at a moment
        <input name="fireAt" type="datetime-local" step="1" />
      </label>
    </>
  ),
});

const cancelQuestion = ({ name, repeat }: Timer): ActProps['ask'] => ({
  title: `Cancel “${name}”?`,
  confirm: 'Cancel the timer',
  body: (
    <>
      <p>It will never call{repeat ? ', nor will any further occurrence' : ''}. This cannot be taken back.</p>
      <Reason maxLength={1_000} />
    </>
  ),
});

/** What can be done to a timer that has not fired. */
export function TimerActs({ timer, ...shape }: Shape & { timer: Timer }) {
  const { id, name, status } = timer;
  if (status !== 'scheduled') return null;
  return (
    <div class="buttons">
      <Act
        name="Fire now"
        of={name}
        {...shape}
        run={async (client) => `“${(await client.timers.fire(id)).name}” fires now.`}
      />
      <Act
        name="Move"
        of={name}
        {...shape}
        ask={moveQuestion(timer)}
        run={async (client, form) => {
          const { fireAt } = await client.timers.reschedule(id, dueOf(form));
          return `“${name}” is due ${exactly(fireAt)}.`;
        }}
      />
      <Act
        name="Cancel"
        of={name}
        tone="danger"
        {...shape}
        ask={cancelQuestion(timer)}
        run={async (client, form) => {
          await client.timers.cancel(id, { requestedBy: 'the board', ...filledAs(form, 'reason') });
          return `“${name}” is cancelled.`;
        }}
      />
    </div>
  );
}

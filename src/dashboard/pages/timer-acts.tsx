import type { NewDue, Timer } from '../../client/index.js';
import { exactly } from '../clock.js';
import { Act, type ActProps } from '../parts/act.js';

interface TimerActsProps {
  timer: Timer;
  size?: 'small';
  /** Called when something was done, so that what is shown is read again. */
  onDone?: () => void;
}

const textOf = (form: FormData, name: string) => String(form.get(name) ?? '').trim();

/** A moment that was picked goes before a duration. */
function dueOf(form: FormData): NewDue {
  const moment = textOf(form, 'fireAt');
  return moment === '' ? { duration: textOf(form, 'duration') } : { fireAt: new Date(moment) };
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
      <label>
        Reason (optional)
        <input name="reason" maxLength={1_000} />
      </label>
    </>
  ),
});

/** What can be done to a timer that has not fired. */
export function TimerActs({ timer, size, onDone }: TimerActsProps) {
  const { id, name, status } = timer;
  if (status !== 'scheduled') return null;
  const shape = { of: name, ...(size && { size }) };
  const after = (text: string) => {
    onDone?.();
    return text;
  };
  return (
    <div class="buttons">
      <Act
        name="Fire now"
        {...shape}
        run={async (client) => after(`“${(await client.timers.fire(id)).name}” fires now.`)}
      />
      <Act
        name="Move"
        {...shape}
        ask={moveQuestion(timer)}
        run={async (client, form) => {
          const { fireAt } = await client.timers.reschedule(id, dueOf(form));
          return after(`“${name}” is due ${exactly(fireAt)}.`);
        }}
      />
      <Act
        name="Cancel"
        tone="danger"
        {...shape}
        ask={cancelQuestion(timer)}
        run={async (client, form) => {
          const reason = textOf(form, 'reason');
          await client.timers.cancel(id, { requestedBy: 'the board', ...(reason !== '' && { reason }) });
          return after(`“${name}” is cancelled.`);
        }}
      />
    </div>
  );
}

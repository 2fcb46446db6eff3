import type { ZodError } from 'zod';
import type { Log } from '../log.js';
import type { TimerCancellation, TimerCommand, TimerMove } from '../messages/timer-window.js';
import { OwnId } from '../schemas/identity.js';
import { Cancellation, Rescheduling, SignalledTimer } from '../schemas/timer.js';
import { type PrepareOptions, prepare } from '../timers/prepare.js';
import type { Timers } from '../timers/timers.js';

export interface WriteTimersOptions extends PrepareOptions {
  timers: Timers;
  log: Log;
  now?: () => number;
}

const complaint = (error: ZodError) =>
  error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`).join('; ');

/**
 * Applies what other services signalled. A signal has no answer, so what is wrong with it stands in the log and
 * nothing of it is done; what is right may come twice.
 */
export function createWriteTimers({ timers, log, now = Date.now, ...options }: WriteTimersOptions) {
  const refuse = (orgId: string, kind: string, reason: string) =>
    log.warn({ orgId, kind, reason }, 'A signalled change of timers was refused');

  async function add(orgId: string, given: unknown): Promise<void> {
    const parsed = SignalledTimer.safeParse(given);
    if (!parsed.success) return refuse(orgId, 'add', complaint(parsed.error));
    const { id, ...request } = parsed.data;
    const prepared = prepare(request, { orgId, id, now: now() }, options);
    if (prepared.kind === 'ready') await timers.create(prepared.timer);
    else refuse(orgId, 'add', prepared.errors.map(({ path, message }) => `${path} ${message}`).join('; '));
  }

  async function cancel(orgId: string, { id, ...given }: TimerCancellation): Promise<void> {
    const parsed = Cancellation.safeParse(given);
    if (!parsed.success || !OwnId.safeParse(id).success) return refuse(orgId, 'cancel', 'not a cancellation');
    const { reason = null, requestedBy = null } = parsed.data;
    await timers.cancel({ orgId, tenants: null }, id, { reason, requestedBy });
  }

  async function move(orgId: string, { id, ...given }: TimerMove): Promise<void> {
    const parsed = Rescheduling.safeParse(given);
    if (!parsed.success || !parsed.data.fireAt) return refuse(orgId, 'move', 'not a move');
    const { fireAt } = parsed.data;
    await timers.move({ orgId, tenants: null }, id, {
      fireAt,
      durationMs: Math.max(1, fireAt.getTime() - now()),
    });
  }

  return async function writeTimers({
    orgId,
    commands,
  }: {
    orgId: string;
    commands: TimerCommand[];
  }): Promise<void> {
    for (const command of commands) {
      if (command.kind === 'add') await Promise.all(command.timers.map((timer) => add(orgId, timer)));
      if (command.kind === 'cancel')
        await Promise.all(command.cancellations.map((one) => cancel(orgId, one)));
      if (command.kind === 'move') await Promise.all(command.moves.map((one) => move(orgId, one)));
    }
  };
}

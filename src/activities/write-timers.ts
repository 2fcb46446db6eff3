import { z } from 'zod';
import { dueOf } from '../domain/timer-plan.js';
import type { Log } from '../log.js';
import type { TimerCommand } from '../messages/timer-window.js';
import { SignalledCancellation, SignalledMove, SignalledTimer } from '../schemas/timer.js';
import { type PrepareOptions, prepare } from '../timers/prepare.js';
import { isDataError, type Timers } from '../timers/timers.js';

export interface WriteTimersOptions extends PrepareOptions {
  timers: Timers;
  log: Log;
  now?: () => number;
}

/** What is wrong with one signalled change; nothing of it is done. */
class Refusal extends Error {}

function parse<S extends z.ZodType>(schema: S, given: unknown): z.output<S> {
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  throw new Refusal(z.prettifyError(parsed.error));
}

/**
 * Applies what other services signalled: they may send anything, any number of times. A signal has no answer, so what
 * is wrong with a change stands in the log and nothing of it is done; the others go on.
 */
export function createWriteTimers({ timers, log, now = Date.now, ...options }: WriteTimersOptions) {
  async function add(orgId: string, given: unknown): Promise<void> {
    const { id, ...request } = parse(SignalledTimer, given);
    const prepared = prepare(request, { orgId, id, now: now() }, options);
    if (prepared.kind === 'refused') {
      throw new Refusal(prepared.errors.map(({ path, message }) => `${path} ${message}`).join('; '));
    }
    await timers.create(prepared.timer);
  }

  async function cancel(orgId: string, given: unknown): Promise<void> {
    const { id, reason = null, requestedBy = null } = parse(SignalledCancellation, given);
    await timers.cancel({ orgId, tenants: null }, id, { reason, requestedBy });
  }

  async function move(orgId: string, given: unknown): Promise<void> {
    const { id, fireAt } = parse(SignalledMove, given);
    const due = dueOf({ fireAt }, now());
    if (due.kind === 'refused') throw new Refusal(`${due.path} ${due.message}`);
    await timers.move({ orgId, tenants: null }, id, due);
  }

  const appliers = { add, cancel, move };

  async function apply(orgId: string, kind: TimerCommand['kind'], change: unknown): Promise<void> {
    try {
      await appliers[kind](orgId, change);
    } catch (error) {
      if (!(error instanceof Refusal || isDataError(error))) throw error;
      log.warn({ org: orgId, kind, error }, 'A signalled change of timers was refused');
    }
  }

  return async function writeTimers(input: { orgId: string; commands: TimerCommand[] }): Promise<void> {
    for (const { kind, changes } of input.commands) {
      const listed: readonly unknown[] = Array.isArray(changes) ? changes : [changes];
      await Promise.all(listed.map((change) => apply(input.orgId, kind, change)));
    }
  };
}

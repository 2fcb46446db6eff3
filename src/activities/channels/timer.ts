import { mapActionSecrets } from '../../domain/action-secrets.js';
import type { Log } from '../../log.js';
import type { ActionBundle } from '../../schemas/action.js';
import { TimerRequest } from '../../schemas/timer.js';
import { type PrepareOptions, prepare } from '../../timers/prepare.js';
import type { Timers } from '../../timers/timers.js';
import type { AttemptResult, Channel } from './channel.js';
import { deadOf, readStored } from './stored-request.js';

export interface TimerChannelOptions extends PrepareOptions {
  timers: Timers;
  log: Log;
  now?: () => number;
}

/** The request as it was before its secrets were sealed; what was parsed when it was accepted parses again. */
function requestOf(body: string, vault: PrepareOptions['vault']) {
  const stored: { actionBundle?: ActionBundle } = JSON.parse(body);
  const { actionBundle } = stored;
  if (!actionBundle) return TimerRequest.safeParse(stored);
  const opened = mapActionSecrets(actionBundle, { secret: vault.open, url: vault.open });
  return TimerRequest.safeParse({ ...stored, actionBundle: opened });
}

/** Starts another timer. Its id is the delivery's, so that a second attempt finds it there. */
export function createTimerChannel({
  timers,
  log,
  now = Date.now,
  ...options
}: TimerChannelOptions): Channel {
  return {
    async deliver({ orgId, id, body }): Promise<AttemptResult> {
      const stored = readStored(
        () => requestOf(body, options.vault),
        (error) => log.error({ org: orgId, delivery: id, error }, 'The secrets of a timer could not be read'),
      );
      if (stored.kind !== 'ready') return stored;
      const prepared = prepare(stored.request, { orgId, id, now: now() }, options);
      if (prepared.kind === 'refused') return deadOf(prepared.errors);
      try {
        const { row } = await timers.create(prepared.timer);
        return { kind: 'delivered', answer: `timer ${row.id}` };
      } catch (error) {
        log.warn({ org: orgId, delivery: id, error }, 'A timer could not start another one');
        return { kind: 'retry', error: 'not_created' };
      }
    },
  };
}

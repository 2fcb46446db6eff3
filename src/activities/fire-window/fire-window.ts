import { setTimeout as delay } from 'node:timers/promises';
import { activityInfo, cancellationSignal, heartbeat } from '@temporalio/activity';
import type { Client } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { Database } from '../../db/database.js';
import { armWindow, type WindowKey } from '../../db/windows.js';
import { WINDOW_LINGER_MS, WINDOW_MS } from '../../domain/owner.js';
import type { Starter } from '../../engine/starter.js';
import type { Log } from '../../log.js';
import type { TimerWindow } from '../../messages/timer-window.js';
import type { Vault } from '../../secrets/vault.js';
import type { Channels } from '../channels/channel.js';
import type { OutcomeRecorder } from '../record-outcomes.js';
import { type Arming, openArming } from './arming.js';
import { type ClaimContext, type Firing, OvertakenError } from './claim.js';
import { isCurrentAttempt } from './current-attempt.js';
import { fire } from './fire.js';
import { createOutcomeWriter } from './outcome-writer.js';
import { createReceiverGate } from './receiver-gate.js';
import { takeOver } from './take-over.js';

/** How long the loop rests after the database failed it; without a heartbeat, so that another worker may try. */
const REST_AFTER_FAILURE_MS = 250;
const HEARTBEAT_MS = 1_000;
/** So many timers under way are a crowd: sending goes before writing what came of it. */
const CROWD = 200;
/** A loop that did not come round for so long was stopped with its process: another worker may be at it. */
const STOPPED_MS = 3_000;

export interface FireWindowOptions {
  database: Database;
  vault: Vault;
  log: Log;
  client: Client;
  starter: Pick<Starter, 'ensureOwners' | 'ensureEndpoint' | 'wakeEndpoint'>;
  channels: Channels;
  recorder: OutcomeRecorder;
  /** First attempts at once to one receiver. */
  connectionsPerReceiver: number;
  /** Aborted when the worker stops: the window is handed to another one at once. */
  stopping: AbortSignal;
  onFired?: (latenessMs: number) => void;
  now?: () => number;
}

/**
 * Owns a due window from shortly before it begins until none of its rows is unfinished. Any number of workers may
 * believe that they run it: each arming has an epoch, and only the latest epoch can claim or write.
 */
export function createFireWindow(options: FireWindowOptions) {
  const { database, vault, log, client, starter, now = Date.now } = options;

  async function assertCurrent(): Promise<void> {
    if (!(await isCurrentAttempt(client))) throw new OvertakenError();
  }

  async function fireUntilOver({ orgId, startsAt }: TimerWindow): Promise<void> {
    // A process that was stopped wakes up with attempts that Temporal has given to others long since: were they to arm,
    // each would send again whatever is under way.
    await assertCurrent();
    const window: WindowKey = { orgId, startsAt: new Date(startsAt) };
    const epoch = await armWindow(database.db, window);
    const context: ClaimContext = { database, vault, window, epoch };
    const arming = openArming({ ...context, starter, log, now });
    const sending = openSending(options, context, arming.isBehind);
    log.debug({ org: orgId, window: startsAt, epoch, attempt: activityInfo().attempt }, 'Window armed');
    try {
      for (const firing of await takeOver(context, now())) sending.send(firing);
      await claimUntilOver(arming, sending, window.startsAt.getTime() + WINDOW_MS + WINDOW_LINGER_MS);
    } finally {
      arming.close();
    }
  }

  return async function fireWindow(window: TimerWindow): Promise<void> {
    try {
      await fireUntilOver(window);
    } catch (error) {
      if (!(error instanceof OvertakenError)) throw error;
      // Temporal hears this of its current attempt only, and that one is to go on.
      throw ApplicationFailure.retryable('another worker armed this window', 'Overtaken');
    }
  };

  /** Claims and sends until the time is over and nothing is left. */
  async function claimUntilOver(arming: Arming, sending: Sending, endsAt: number): Promise<void> {
    const cancelled = cancellationSignal();
    let roundAt = now();
    for (;;) {
      if (sending.isOvertaken()) throw new OvertakenError();
      if (now() - roundAt > STOPPED_MS) await assertCurrent();
      roundAt = now();
      if (cancelled.aborted || options.stopping.aborted) {
        await settle(sending);
        throw ApplicationFailure.create({
          message: 'the worker stops',
          type: 'WorkerStops',
          nextRetryDelay: '1 ms',
        });
      }
      try {
        const firings = await arming.claimDue();
        // A claim that hung with the database for so long may belong to whoever takes over what it claimed.
        if (firings.length > 0 && now() - roundAt > STOPPED_MS) await assertCurrent();
        for (const firing of firings) sending.send(firing);
        heartbeat();
        if (firings.length > 0) continue;
        if (now() >= endsAt && sending.isIdle() && (await arming.isEmpty())) return;
      } catch (error) {
        if (error instanceof OvertakenError) throw error;
        log.error({ error }, 'A window could not claim its timers; it tries again');
        await delay(REST_AFTER_FAILURE_MS);
        continue;
      }
      await arming.pause(endsAt > now() ? endsAt : now() + HEARTBEAT_MS / 4);
    }
  }
}

/** What is under way may take longer than the heartbeat's timeout: until it ends, the window is still held. */
async function settle(sending: Sending): Promise<void> {
  while (!sending.isIdle()) {
    heartbeat();
    await delay(HEARTBEAT_MS / 4);
  }
}

type Sending = ReturnType<typeof openSending>;

/** What is claimed is sent beside the loop, and its outcomes are written in batches. */
function openSending(
  { log, channels, recorder, connectionsPerReceiver, onFired, now = Date.now }: FireWindowOptions,
  context: ClaimContext,
  isClaiming: () => boolean,
) {
  const gate = createReceiverGate(connectionsPerReceiver);
  const underWay = new Set<Promise<void>>();
  let overtaken = false;
  const writer = createOutcomeWriter({
    ...context,
    recorder,
    isBusy: () => isClaiming() || underWay.size > CROWD,
    onFailure: (error) => log.error({ error }, 'Outcomes could not be written; tried again'),
  });

  async function sendAndRecord(firing: Firing): Promise<void> {
    try {
      const finished = await fire({ ...context, channels, gate, now }, firing);
      onFired?.(finished.timer.latenessMs ?? 0);
      await writer.write(finished);
    } catch (error) {
      if (error instanceof OvertakenError) overtaken = true;
      else log.error({ timer: firing.timerId, error }, 'A timer could not be fired');
    }
  }

  return {
    send(firing: Firing) {
      const job = sendAndRecord(firing).finally(() => underWay.delete(job));
      underWay.add(job);
    },
    isIdle: () => underWay.size === 0,
    isOvertaken: () => overtaken,
  };
}

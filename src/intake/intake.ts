import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { ErrorReply } from '@redis/client';
import { whatIsAway } from '../engine/unreachable.js';
import { countEntry } from '../metrics.js';
import type { Context } from '../process/context.js';
import type { RunningPart } from '../process/shutdown.js';
import { addresseeOf, type Entry, type Refusal, readEntry } from './entry.js';
import { createGroup, type Group, isWithoutGroup, payloadOf } from './group.js';
import { hasOrg, type TakeInOptions, type Taken, takeIn } from './take-in.js';

/** How long things take, in ms. */
export interface IntakeTimes {
  /** An entry that its consumer has not acknowledged for so long is another one's. */
  claimAfterMs: number;
  claimEveryMs: number;
  /** A consumer without entries that was not heard of for so long is gone. */
  removeAfterMs: number;
  /** Entries that are done with are kept for so long. */
  keepMs: number;
}
const TIMES: IntakeTimes = {
  ...{ claimAfterMs: 60_000, claimEveryMs: 10_000, removeAfterMs: 600_000 },
  keepMs: 86_400_000,
};

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;
/** How often the organisation is looked for: in development the API makes it while it starts. */
const ORG_PAUSE_MS = 250;
/** Looked for so often, it is not about to be made. */
const ORG_LOOKS = 40;
/** An entry that fails so often, though nothing is away, is refused: others wait behind it. */
const MOST_FAULTS = 3;

export type IntakeOptions = TakeInOptions &
  Pick<Context, 'redis' | 'log'> & { times?: IntakeTimes; read?: typeof readEntry };

/** What became of an entry. */
type Handled = Exclude<Taken, { kind: 'refused' }> | { kind: 'refused'; refusal: Refusal };

const pause = (ms: number, signal: AbortSignal) => sleep(ms, undefined, { signal }).catch(() => undefined);

/** What one consumer does, entry by entry, in their order. */
class Consumer {
  /** Whether something may be pending here: of an earlier process of this name, after a failure, claimed. */
  private hasPending = true;
  private hasGroup = false;
  private hasOrg = false;
  private looksForOrg = 0;
  private claimsAtMs = 0;
  private readonly faults = new Map<string, number>();

  constructor(
    private readonly options: IntakeOptions,
    private readonly group: Group,
    private readonly times: IntakeTimes,
    private readonly signal: AbortSignal,
  ) {}

  /** Reads and takes in a batch of entries; rejects when Redis, the database or Temporal is away. */
  async round(): Promise<void> {
    if (!this.hasOrg) {
      this.hasOrg = await hasOrg(this.options);
      if (!this.hasOrg) return this.missOrg();
    }
    if (!this.hasGroup) await this.group.ensure();
    this.hasGroup = true;
    if (Date.now() >= this.claimsAtMs) await this.claim();
    const entries = this.hasPending ? await this.group.pending() : await this.group.next();
    if (entries.length === 0) this.hasPending = false;
    for (const entry of entries) await this.handle(entry);
  }

  private missOrg(): Promise<void> {
    const { log, config } = this.options;
    if (++this.looksForOrg === ORG_LOOKS)
      log.warn({ org: config.REDIS_ORG }, 'The organisation of the streams is not there; their entries wait');
    return pause(ORG_PAUSE_MS, this.signal);
  }

  failed(error: unknown): void {
    this.hasPending = true;
    if (isWithoutGroup(error)) this.hasGroup = false;
  }

  private async claim(): Promise<void> {
    const claimed = await this.group.claim(this.times.claimAfterMs);
    if (claimed > 0) {
      this.hasPending = true;
      // There may be more.
      return;
    }
    await this.tidy();
    this.claimsAtMs = Date.now() + this.times.claimEveryMs;
  }

  /** Where scripts are forbidden, streams and groups are for their owner to tidy. */
  private async tidy(): Promise<void> {
    try {
      await this.group.removeGone(this.times.removeAfterMs);
      await this.group.trim(this.times.keepMs);
    } catch (error) {
      if (!(error instanceof ErrorReply) || isWithoutGroup(error)) throw error;
      this.options.log.debug({ error }, 'The task stream was not tidied');
    }
  }

  private async handle(entry: Entry): Promise<void> {
    const handled = await this.take(entry);
    if (handled.kind === 'refused') {
      const { refusal } = handled;
      const { REDIS_ORG: org } = this.options.config;
      await this.group.answer(entry, { taskId: refusal.taskId, payload: payloadOf(refusal) });
      this.options.log.warn(
        { org, task: refusal.taskId },
        'An entry of the task stream was refused; its result says why',
      );
    } else if (handled.kind === 'repeated' && handled.result !== null) {
      // Whoever sent it again waits for it again.
      await this.group.answer(entry, { taskId: handled.taskId, payload: handled.result });
    } else await this.group.acknowledge(entry);
    this.faults.delete(entry.id);
    countEntry(handled.kind);
  }

  private async take(entry: Entry): Promise<Handled> {
    const { config, read: readAs = readEntry } = this.options;
    let addressee = addresseeOf(entry, config.TASK_STREAM);
    try {
      const read = readAs(entry, config.TASK_STREAM);
      if (read.kind === 'refused') return read;
      const { task_id: taskId, agent_name: agentName, metadata } = read.request;
      addressee = { taskId, agentName, metadata };
      const taken = await takeIn(this.options, read.request);
      if (taken.kind !== 'refused') return taken;
      return { kind: 'refused', refusal: { ...addressee, error: taken.error } };
    } catch (error) {
      return { kind: 'refused', refusal: { ...addressee, error: this.giveUp(entry, error) } };
    }
  }

  /** Answers what to tell of it; throws the error while another try may help. */
  private giveUp({ id }: Entry, error: unknown): string {
    const isAway = whatIsAway(error) !== null;
    const faults = (this.faults.get(id) ?? 0) + 1;
    if (!isAway) this.faults.set(id, faults);
    if (isAway || faults < MOST_FAULTS) throw error;
    this.options.log.error({ error }, 'An entry of the task stream was given up');
    return 'an unexpected error; the log has it';
  }
}

/**
 * Makes the entries of the task stream tasks, in the background, until it is closed. Undefined where no Redis server is
 * configured. What it cannot take in now stays pending, and is tried again.
 */
export function startIntake(options: IntakeOptions): RunningPart | undefined {
  const { redis, log, config, times = TIMES } = options;
  if (!redis) return undefined;
  const stopping = new AbortController();
  const { signal } = stopping;
  const name = config.CONSUMER_NAME ?? `${hostname()}-${process.pid}-${randomUUID().slice(0, 8)}`;
  const group = createGroup({ redis, config, consumer: name });
  const consumer = new Consumer(options, group, times, signal);

  async function work(): Promise<void> {
    let failures = 0;
    while (!signal.aborted) {
      try {
        await consumer.round();
        if (failures > 0) log.info('The task stream is read again');
        failures = 0;
      } catch (error) {
        consumer.failed(error);
        if (failures === 0) log.warn({ error }, 'The task stream cannot be read now; its entries wait');
        await pause(Math.min(FIRST_PAUSE_MS * 2 ** Math.min(failures, 10), LONGEST_PAUSE_MS), signal);
        failures += 1;
      }
    }
  }

  const ended = work();
  return {
    beginShutdown: () => stopping.abort(),
    async close() {
      stopping.abort();
      await ended;
      await group.leave().catch((error: unknown) => log.debug({ error }, 'A consumer stays in its group'));
      group.close();
    },
  };
}

import type { z } from 'zod';
import type { HeartbeatAnswer, HeartbeatRequest } from '../../schemas/agent-connection.js';
import { MainspringError } from '../error.js';
import type { AIWMCommand, AIWMOptions, AIWMSettings, AIWMStatus, Metrics } from './aiwm-options.js';
import { backoff, isAway } from './backoff.js';
import type { Connection } from './connection.js';
import { debug } from './debug.js';
import { Loop } from './loop.js';
import { Tally } from './tally.js';

type Answer = z.infer<typeof HeartbeatAnswer>;
const DEFAULT_INTERVAL_MS = 60_000;
const METRICS_LIMIT_MS = 1_000;
/** A heartbeat is given at least this long, however short the interval. */
const SHORTEST_TIMEOUT_MS = 1_000;
/** What is in the heartbeat itself is wrong, not its moment or its sender. */
const isRefusedContent = (failure: unknown) =>
  failure instanceof MainspringError && [400, 413, 422].includes(failure.status);

export interface HeartbeatsOptions {
  settings: AIWMSettings;
  connection: Connection;
  /** Given by whoever uses the client; both may fail. */
  metrics: AIWMOptions['metrics'];
  isUnref: boolean;
  /** Between two heartbeats, as the configuration says; undefined before there is one. */
  expectedMs(): number | undefined;
  onAnswer(configVersion: number): void;
  onCommand(command: AIWMCommand): void;
  onFailure(failure: MainspringError): void;
}

/** What the server wants of the agent: of an answer's commands the one that goes furthest. */
function wish({ commands = [] }: Answer): 'stop' | 'pause' | null {
  if (commands.includes('stop')) return 'stop';
  return commands.includes('pause') ? 'pause' : null;
}

async function readMetrics(read: () => Metrics | Promise<Metrics>): Promise<Metrics | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const limit = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), METRICS_LIMIT_MS);
  });
  try {
    const metrics = await Promise.race([read(), limit]);
    // Not every number is one in JSON.
    return (
      metrics && Object.fromEntries(Object.entries(metrics).filter(([, value]) => Number.isFinite(value)))
    );
  } catch {
    debug('callback', 'the metrics cannot be read: the heartbeat goes without them');
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}

/** Tells the server again and again that the agent is there, how it is and what it did; hears what it is to do. */
export class Heartbeats {
  readonly tally = new Tally();
  status: AIWMStatus = 'online';
  readonly #options: HeartbeatsOptions;
  readonly #loop: Loop;
  /** Null: as the server expects it. */
  #wantedMs: number | null = null;
  #failures = 0;
  #isBare = false;
  #wish: 'stop' | 'pause' | null = null;

  constructor(options: HeartbeatsOptions) {
    this.#options = options;
    this.#loop = new Loop(() => this.#beat(), { isUnref: options.isUnref });
  }

  start(intervalMs?: number): void {
    this.#options.connection.begin();
    this.#wantedMs =
      intervalMs !== undefined && intervalMs > 0 && Number.isFinite(intervalMs) ? intervalMs : null;
    this.#loop.start(0);
  }

  get #intervalMs(): number {
    return this.#wantedMs ?? this.#options.expectedMs() ?? DEFAULT_INTERVAL_MS;
  }

  /** Ends them; what was counted since the last one goes out first, if that can be. */
  async stop(): Promise<void> {
    const wasRunning = this.#loop.isRunning;
    await this.#loop.stop();
    if (wasRunning && !this.tally.isEmpty && this.#failures === 0) await this.#beat();
  }

  /** Answers in how many ms the next one is due. */
  async #beat(): Promise<number> {
    const { connection, settings } = this.#options;
    const startedAt = Date.now();
    const counts = this.#isBare ? {} : this.tally.take();
    try {
      const body = await this.#body(counts);
      const limitMs = Math.min(settings.timeoutMs, Math.max(this.#intervalMs, SHORTEST_TIMEOUT_MS));
      const answer = await connection.heartbeat(body, limitMs);
      debug('heartbeat', 'sent', { status: body.status, configVersion: answer.configVersion });
      this.#failures = 0;
      this.#isBare = false;
      this.#follow(answer);
      return Math.max(0, startedAt + this.#intervalMs - Date.now());
    } catch (failure) {
      if (!isRefusedContent(failure)) this.tally.giveBack(counts);
      return this.#waitAfter(failure);
    }
  }

  async #body(counts: ReturnType<Tally['take']>): Promise<HeartbeatRequest> {
    const { metrics: read } = this.#options;
    if (this.#isBare) return { status: this.status };
    const metrics = read && (await readMetrics(read));
    return { status: this.status, ...(metrics && { metrics }), ...counts };
  }

  #waitAfter(failure: unknown): number {
    const isKnown = failure instanceof MainspringError;
    const facts = isKnown ? { code: failure.code, status: failure.status } : {};
    debug('heartbeat', 'failed', facts);
    if (!isKnown) return this.#intervalMs;
    this.#options.onFailure(failure);
    this.#failures++;
    if (isRefusedContent(failure)) {
      // Wrong metrics must not make the agent look silent: the next one tells no more than that it is there.
      const isFirst = !this.#isBare;
      this.#isBare = true;
      return isFirst ? 0 : this.#options.settings.slowRetryMs;
    }
    if (!isAway(failure)) return this.#options.settings.slowRetryMs;
    const waitMs = backoff(this.#failures, failure);
    return Math.max(failure.retryAfterMs ?? 0, Math.min(waitMs, this.#intervalMs));
  }

  #follow(answer: Answer): void {
    const next = wish(answer);
    if (next !== this.#wish) {
      this.#wish = next;
      this.#options.onCommand(next ?? 'resume');
    }
    this.#options.onAnswer(answer.configVersion);
  }
}

import { Counter, collectDefaultMetrics, Histogram, Registry } from 'prom-client';
import type { Channel } from './schemas/delivery.js';

/** What this process counts, as `/metrics` answers it. Labels never name an organisation, a caller or an id. */
export const registry = new Registry();
const registers = [registry];

let isCollecting = false;
/** Memory, CPU, event loop and garbage collection of this process, from now on. */
export function collectProcessMetrics(): void {
  if (!isCollecting) collectDefaultMetrics({ register: registry });
  isCollecting = true;
}

export const httpRequests = new Histogram({
  name: 'mainspring_http_request_duration_seconds',
  help: 'Time from the first byte of a request to its answer',
  labelNames: ['method', 'route', 'status'] as const,
  buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60],
  registers,
});

export const timerLateness = new Histogram({
  name: 'mainspring_timer_lateness_seconds',
  help: 'Start of the first attempt after the due moment',
  buckets: [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 5, 15, 60, 600],
  registers,
});

type TimerOutcome = 'created' | 'fired' | 'failed' | 'cancelled';
const timers = new Counter({
  name: 'mainspring_timers_total',
  help: 'Timers by what became of them',
  labelNames: ['outcome'] as const,
  registers,
});
/** Counts what became of timers. */
export const countTimers = (outcome: TimerOutcome, count = 1): void => timers.inc({ outcome }, count);

const silences = new Counter({
  name: 'mainspring_agent_silences_total',
  help: 'Connected agents that fell silent',
  registers,
});
/** Counts an agent that fell silent. */
export const countSilence = (): void => silences.inc();

type AttemptOutcome = 'delivered' | 'failed' | 'dead';
const attempts = new Counter({
  name: 'mainspring_delivery_attempts_total',
  help: 'Attempts to deliver: failed ones are tried again, dead ones are not',
  labelNames: ['channel', 'outcome'] as const,
  registers,
});
/** Counts one attempt to deliver. */
export const countAttempt = (channel: Channel, outcome: AttemptOutcome): void =>
  attempts.inc({ channel, outcome });

export const attemptDuration = new Histogram({
  name: 'mainspring_delivery_attempt_duration_seconds',
  help: 'Time that an attempt to deliver took',
  labelNames: ['channel'] as const,
  buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15],
  registers,
});

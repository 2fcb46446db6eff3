import { setTimeout as sleep } from 'node:timers/promises';
import { type ConsumerMessages, type JsMsg, jetstream } from '@nats-io/jetstream';
import { type NatsConnection, nanos } from '@nats-io/transport-node';
import { DELETED_MS } from '../brokers/nats.js';
import { placeOf } from '../brokers/nats-queue.js';
import { ensureStreamOf, type OwnNats } from '../brokers/own-nats.js';
import { whatIsAway } from '../engine/unreachable.js';
import { countEntry } from '../metrics.js';
import type { Context } from '../process/context.js';
import type { RunningPart } from '../process/shutdown.js';
import { addresseeOf, type Refusal, readEntry } from './entry.js';
import { asTask } from './execution.js';
import { payloadOf } from './group.js';
import { hasOrg, type TakeInOptions, takeIn } from './take-in.js';

const TASKS = { name: 'AGENT_TASKS', subject: 'agent.tasks' };
const RESULTS = { name: 'AGENT_RESULTS', subject: 'agent.results' };
const DURABLE = 'agent-worker';
/** In flight, in all processes together. */
const MOST_PENDING = 10;
/** A task that no process has acknowledged for so long is handed out again. */
const ACK_WAIT_MS = 30_000;
/** A task that fails now comes again after this time. */
const AGAIN_MS = 1_000;
/** One that fails so often, though nothing is away, is refused. */
const MOST_FAULTS = 3;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;

export type NatsIntakeOptions = Omit<TakeInOptions, 'orgId'> &
  Pick<Context, 'log'> & { nats?: OwnNats | undefined };
type Options = NatsIntakeOptions & { orgId: string };

type Handled = { kind: 'taken' | 'repeated' } | { kind: 'refused'; refusal: Refusal };

/** Reads one message, and makes it a task; rejects when the database or Temporal is away. */
async function handle(options: Options, message: JsMsg): Promise<Handled> {
  const payload = await asTask(options.database.db, options.orgId, message.string());
  const entry = { id: placeOf(message), fields: { payload } };
  const read = readEntry(entry, TASKS.subject);
  if (read.kind === 'refused') return read;
  const { task_id: taskId, agent_name: agentName, metadata } = read.request;
  try {
    const taken = await takeIn(options, read.request);
    if (taken.kind !== 'refused') return { kind: taken.kind };
    return { kind: 'refused', refusal: { taskId, agentName, metadata, error: taken.error } };
  } catch (error) {
    if (whatIsAway(error) !== null || message.info.deliveryCount < MOST_FAULTS) throw error;
    options.log.error({ error }, 'A task from NATS was given up');
    const addressee = addresseeOf(entry, TASKS.subject);
    return { kind: 'refused', refusal: { ...addressee, error: 'an unexpected error; the log has it' } };
  }
}

async function settle(options: Options, connection: NatsConnection, message: JsMsg): Promise<void> {
  const { log, orgId: org } = options;
  const handled = await handle(options, message).catch((error: unknown) => {
    log.warn({ org, error }, 'A task from NATS cannot be taken in now; it comes again');
    message.nak(AGAIN_MS);
  });
  if (!handled) return;
  countEntry(handled.kind);
  if (handled.kind !== 'refused') return message.ack();
  const { refusal } = handled;
  const id = { msgID: `${refusal.taskId}.${placeOf(message)}` };
  await jetstream(connection).publish(RESULTS.subject, payloadOf(refusal), id);
  log.warn({ org, task: refusal.taskId }, 'A task from NATS was refused; its result says why');
  message.term();
}

async function openMessages(connection: NatsConnection): Promise<ConsumerMessages> {
  const { manager, stream } = await ensureStreamOf(connection, TASKS);
  await ensureStreamOf(connection, RESULTS);
  const standing = await manager.consumers.info(stream, DURABLE).catch(() => null);
  if (!standing)
    await manager.consumers.add(stream, {
      ...{ durable_name: DURABLE, filter_subject: TASKS.subject, ack_policy: 'explicit' },
      ...{ max_ack_pending: MOST_PENDING, ack_wait: nanos(ACK_WAIT_MS) },
    });
  const consumer = await jetstream(connection).consumers.get(stream, DURABLE);
  // Deleted at the server, it ends the reading: it is made anew with the next one.
  return consumer.consume({ max_messages: MOST_PENDING, abort_on_missing_resource: true });
}

/** Takes tasks in over one connection, until it is lost or the process stops. */
async function takeAll(options: Options, nats: OwnNats, signal: AbortSignal): Promise<void> {
  const connection = await nats.open();
  const close = () => void connection.close();
  signal.addEventListener('abort', close, { once: true });
  try {
    const messages = await openMessages(connection);
    for await (const message of messages) {
      await settle(options, connection, message);
      if (signal.aborted) return;
    }
    await sleep(DELETED_MS, undefined, { signal }).catch(() => undefined);
  } finally {
    signal.removeEventListener('abort', close);
    await connection.close();
  }
}

/**
 * Makes tasks of what is published on `agent.tasks`, in the background, until it is closed. Undefined where no NATS
 * server is configured. A task is acknowledged when it is durable; until then it comes again.
 */
export function startNatsIntake(given: NatsIntakeOptions): RunningPart | undefined {
  const { nats, log, config } = given;
  if (!nats) return undefined;
  const options = { ...given, orgId: config.NATS_ORG };
  const stopping = new AbortController();
  const { signal } = stopping;
  const pause = (ms: number) => sleep(ms, undefined, { signal }).catch(() => undefined);

  async function work(server: OwnNats): Promise<void> {
    let failures = 0;
    while (!signal.aborted) {
      try {
        if (await hasOrg(options)) await takeAll(options, server, signal);
        failures = 0;
      } catch (error) {
        if (failures === 0 && !signal.aborted)
          log.warn({ error }, 'NATS cannot be read now; the tasks there wait');
        failures += 1;
      }
      await pause(Math.min(FIRST_PAUSE_MS * 2 ** Math.min(failures, 10), LONGEST_PAUSE_MS));
    }
  }

  const ended = work(nats);
  return {
    beginShutdown: () => stopping.abort(),
    async close() {
      stopping.abort();
      await ended;
    },
  };
}

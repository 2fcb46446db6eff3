import type { Client } from '@temporalio/client';
import type { SignalDefinition } from '@temporalio/common';
import { type Owner, ownersOf } from '../domain/owner.js';
import type { Log } from '../log.js';
import { type AgentRef, agentChanged } from '../messages/agent.js';
import { type BrokerRef, brokerChanged } from '../messages/broker.js';
import { type Endpoint, endpointId, wake } from '../messages/endpoint.js';
import { mailArrived, mailboxWorkflowId } from '../messages/mailbox.js';
import { supervise } from '../messages/supervisor.js';
import { decided, type TaskRef, taskWorkflowId } from '../messages/task.js';
import { changed } from '../messages/timer-window.js';
import {
  type AboutTask,
  type Start,
  startOfAgent,
  startOfBroker,
  startOfEndpoint,
  startOfMailbox,
  startOfOwner,
  startOfSupervisor,
  startOfTask,
  startOptions,
} from './starts.js';
import { createTeller } from './teller.js';

/** A window is told of changes at once, then at most once in this time. */
const CHANGE_INTERVAL_MS = 10_000;
const WAKE_INTERVAL_MS = 1_000;
/** Somebody may wait for the answer to each message. */
const MAIL_INTERVAL_MS = 100;
/** An endpoint or mailbox that was ensured is taken to run for this long: less than it lingers when it has nothing to do. */
const LINGERING_TRUST_MS = 10_000;
const MOST_REMEMBERED = 10_000;

/**
 * Starts the workflow that owns a row, before the row is written. That it runs already is success, so that every
 * caller may ask at any time; what was started is remembered until its time is over.
 */
export interface Starter {
  /** The window or hour that a due time belongs to. Throws when the engine cannot be reached. */
  ensureOwners(orgId: string, fireAt: Date): Promise<void>;
  /** A window itself, whatever its hour says. */
  ensureWindow(orgId: string, startsAt: Date): Promise<void>;
  /** The workflow that retries what a receiver did not take. */
  ensureEndpoint(endpoint: Endpoint): Promise<void>;
  /** Tells a receiver's workflow that something is due sooner than it knows; never fails, never waits. */
  wakeEndpoint(endpoint: Endpoint): void;
  /** Makes an agent's workflow look at its row again; starts it where it does not run. */
  tellAgent(agent: AgentRef): Promise<void>;
  /** The same where it may also find out later, when its session ends or begins: never fails. */
  tryTellAgent(agent: AgentRef): Promise<void>;
  /** The workflow that has an agent's messages handled. Throws when the engine cannot be reached. */
  ensureMailbox(agent: AgentRef): Promise<void>;
  /** Tells it that messages came; never fails, never waits. */
  wakeMailbox(agent: AgentRef): void;
  /** Makes an agent's mailbox look again at once; starts it where it does not run. */
  tellMailbox(agent: AgentRef): Promise<void>;
  /** Makes the workflow that looks after an agent look again; starts it where it does not run. */
  tellSupervisor(agent: AgentRef): Promise<void>;
  /** Makes a broker's workflow look at its row again; starts it where it does not run. */
  tellBroker(broker: BrokerRef): Promise<void>;
  /** The workflow of a task; its row may come after it. Throws when the engine cannot be reached. */
  startTask(task: TaskRef, about: AboutTask): Promise<void>;
  /** Ends the workflow of a task whose row has ended; never fails: its next call finds out by itself. */
  tryCancelTask(task: TaskRef): Promise<void>;
  /**
   * Makes a task look at its rows again: somebody decided about calls of its tools, or its workflow waits for another
   * moment than its row. Starts it where it does not run. Throws when the engine cannot be reached.
   */
  tellTask(task: TaskRef, about: AboutTask): Promise<void>;
  /** Tells the window of a due time that its rows changed; never fails, never waits. */
  tellChanged(orgId: string, fireAt: Date): void;
  /** Where a person looks at the run that owns a due time. */
  runOf(orgId: string, fireAt: Date): { workflowId: string; url: string };
  linkTo(workflowId: string): { workflowId: string; url: string };
  close(): void;
}

export interface StarterOptions {
  client: Client;
  log: Log;
  /** Base of links into the Web UI. */
  temporalUiUrl: string;
  /** Whether a worker of this process may begin a workflow that it starts, though another release is the current one. */
  mayBeginHere?: boolean;
  now?: () => number;
}

/** What running tasks are told. */
function createTaskWords(client: Client, log: Log): Pick<Starter, 'tryCancelTask' | 'tellTask'> {
  return {
    tryCancelTask: (ref) =>
      client.workflow
        .getHandle(taskWorkflowId(ref))
        .cancel()
        .then(
          () => undefined,
          (error: unknown) =>
            log.debug({ org: ref.orgId, task: ref.taskId, error }, 'A task was not told of its end'),
        ),
    async tellTask(ref, about) {
      const wanted = startOfTask(ref, about);
      // One that was lost goes on from its rows.
      await client.workflow.signalWithStart(wanted.type, { ...startOptions(wanted), signal: decided });
    },
  };
}

export function createStarter({
  client,
  log,
  temporalUiUrl,
  mayBeginHere = true,
  now = Date.now,
}: StarterOptions): Starter {
  const ensured = new Map<string, { started: Promise<void>; untilMs: number }>();
  const ownerStarts = new Map<string, Start>();

  /** Thousands of creates a second ask for the same few owners: their ids and inputs are made once. */
  function startOf(orgId: string, owner: Owner): Start {
    const key = `${orgId} ${owner.kind} ${owner.startsAt.getTime()}`;
    const known = ownerStarts.get(key);
    if (known) return known;
    if (ownerStarts.size >= MOST_REMEMBERED) ownerStarts.clear();
    const made = startOfOwner(orgId, owner);
    ownerStarts.set(key, made);
    return made;
  }

  const start = async (wanted: Start): Promise<void> => {
    const options = startOptions(wanted);
    // What waits cannot be begun at once.
    const requestEagerStart = mayBeginHere && !('startDelay' in options);
    await client.workflow.start(wanted.type, { ...options, requestEagerStart });
  };
  /** An endpoint that has nothing to do lingers from its last word on. */
  const tell = async (wanted: Start, signal: SignalDefinition): Promise<void> => {
    await client.workflow.signalWithStart(wanted.type, { ...startOptions(wanted), signal });
  };
  const startWithWord = (wanted: Start) => tell(wanted, wake);

  function ensure(wanted: Start, untilMs: number, by = start): Promise<void> {
    const known = ensured.get(wanted.workflowId);
    if (known && known.untilMs > now()) return known.started;
    if (ensured.size >= MOST_REMEMBERED) ensured.clear();
    const started = by(wanted);
    ensured.set(wanted.workflowId, { started, untilMs });
    started.catch(() => ensured.delete(wanted.workflowId));
    return started;
  }

  const tellAgent = (agent: AgentRef) => tell(startOfAgent(agent), agentChanged);

  const teller = createTeller(client, log, now);
  const runs = `${temporalUiUrl}/namespaces/${client.options.namespace}/workflows`;
  const linkTo = (workflowId: string) => ({ workflowId, url: `${runs}/${encodeURIComponent(workflowId)}` });

  return {
    async ensureOwners(orgId, fireAt) {
      await Promise.all(
        ownersOf(fireAt, now()).map((owner) => ensure(startOf(orgId, owner), owner.openUntilMs)),
      );
    },
    ensureWindow: (orgId, startsAt) =>
      start(startOfOwner(orgId, { kind: 'window', startsAt, openUntilMs: 0 })),
    ensureEndpoint: (endpoint) =>
      ensure(startOfEndpoint(endpoint), now() + LINGERING_TRUST_MS, startWithWord),
    wakeEndpoint: (endpoint) => teller.tell(endpointId(endpoint), wake, WAKE_INTERVAL_MS),
    ensureMailbox: (agent) =>
      ensure(startOfMailbox(agent), now() + LINGERING_TRUST_MS, (wanted) => tell(wanted, mailArrived)),
    wakeMailbox: (agent) => teller.tell(mailboxWorkflowId(agent), mailArrived, MAIL_INTERVAL_MS),
    tellMailbox: (agent) => tell(startOfMailbox(agent), mailArrived),
    tellSupervisor: (agent) => tell(startOfSupervisor(agent), supervise),
    tellBroker: (broker) => tell(startOfBroker(broker), brokerChanged),
    tellAgent,
    tryTellAgent: (agent) =>
      tellAgent(agent).catch((error: unknown) =>
        log.warn({ org: agent.orgId, agent: agent.agentId, error }, 'A change of an agent was not told'),
      ),
    startTask: (ref, about) => start(startOfTask(ref, about)),
    ...createTaskWords(client, log),
    tellChanged(orgId, fireAt) {
      const [owner] = ownersOf(fireAt, now());
      if (owner.kind === 'window') teller.tell(startOf(orgId, owner).workflowId, changed, CHANGE_INTERVAL_MS);
    },
    runOf: (orgId, fireAt) => linkTo(startOf(orgId, ownersOf(fireAt, now())[0]).workflowId),
    linkTo,
    close: () => teller.close(),
  };
}

import type { Client } from '@temporalio/client';
import type { OwnNats } from '../brokers/own-nats.js';
import type { Config } from '../config.js';
import type { ContainerRuntime } from '../containers/container-runtime.js';
import type { Database } from '../db/database.js';
import { createAgentSessions } from '../engine/agent-sessions.js';
import type { Schedules } from '../engine/schedules.js';
import type { Starter } from '../engine/starter.js';
import type { Catalogue } from '../hosted/catalogue.js';
import type { Log } from '../log.js';
import type { Mailboxes } from '../mailboxes/mailboxes.js';
import type { Mailer } from '../mailer.js';
import { attemptDuration, countAttempt, countTimers, timerLateness } from '../metrics.js';
import type { AgentModels } from '../models/agent-models.js';
import type { GuardOptions } from '../outbound/guard.js';
import { createGuardedFetch } from '../outbound/guarded-fetch.js';
import type { Redis } from '../redis.js';
import type { Scheduling } from '../schedules/scheduling.js';
import type { Vault } from '../secrets/vault.js';
import type { Tasks } from '../tasks/tasks.js';
import type { Timers } from '../timers/timers.js';
import { createCarryMessages } from './broker/carry-messages.js';
import { createCheckBroker } from './broker/check-broker.js';
import { createPublishEvents } from './broker/publish-events.js';
import { openChannels } from './channels/open.js';
import { createCheckAgent } from './check-agent.js';
import { createDeleteEnded } from './delete-ended.js';
import { createEndSession } from './end-session.js';
import { createFireWindow } from './fire-window/fire-window.js';
import { keepSession } from './keep-session.js';
import { createLookAtMail } from './mailbox/look-at-mail.js';
import { createMoveAgent } from './move-agent.js';
import { createOpenHour } from './open-hour.js';
import { createReadWindow } from './read-window.js';
import { createRearmOverdue } from './rearm-overdue.js';
import { createOutcomeRecorder } from './record-outcomes.js';
import { createRestoreOwners } from './restore-owners.js';
import { createRetryDeliveries } from './retry-deliveries.js';
import { createSupervisorActivities } from './supervisor/index.js';
import { createTaskActivities } from './task/index.js';
import { createWriteTimers } from './write-timers.js';

export interface ActivitiesOptions {
  config: Config;
  log: Log;
  database: Database;
  vault: Vault;
  client: Client;
  starter: Starter;
  timers: Timers;
  tasks: Tasks;
  mailboxes: Mailboxes;
  schedules: Schedules;
  scheduling: Scheduling;
  catalogue: Catalogue;
  models: AgentModels;
  guard: GuardOptions;
  /** What runs the agents that have an image. */
  containers: ContainerRuntime;
  /** Undefined where no such server is configured. */
  redis?: Redis | undefined;
  nats?: OwnNats | undefined;
  mailer?: Mailer | undefined;
  /** Aborted when the worker stops. */
  stopping: AbortSignal;
}

/** What callers name; each call has a limit of its own besides. */
const OF_MODELS = { timeoutMs: 3_600_000, mostBytes: 16 * 1_048_576 };
const OF_TOOLS = { timeoutMs: 600_000, mostBytes: 1_048_576 };
/** As the documentation says. */
const OF_DOCUMENTS = { timeoutMs: 30_000, mostBytes: 10 * 1_048_576 };

/** Everything that workflows do to the world. `close` ends the connections that it opened. */
export function createActivities(options: ActivitiesOptions) {
  const { config, database, vault, client, starter, guard } = options;
  const { channels, close: closeChannels } = openChannels(options);
  const recorder = createOutcomeRecorder({
    starter,
    vault,
    onFailed: (count) => countTimers('failed', count),
    onAttempt: (channel, outcome, durationMs) => {
      countAttempt(channel, outcome);
      attemptDuration.observe({ channel }, durationMs / 1_000);
    },
  });
  const modelFetch = createGuardedFetch({ ...guard, ...OF_MODELS });
  const toolFetch = createGuardedFetch({ ...guard, ...OF_TOOLS });
  const documentFetch = createGuardedFetch({ ...guard, ...OF_DOCUMENTS });
  const supervisor = createSupervisorActivities(options);
  const activities = {
    fireWindow: createFireWindow({
      ...options,
      channels,
      recorder,
      connectionsPerReceiver: config.WEBHOOK_CONNECTIONS,
      onFired: (latenessMs) => {
        countTimers('fired');
        timerLateness.observe(latenessMs / 1_000);
      },
    }),
    readWindow: createReadWindow(database),
    writeTimers: createWriteTimers(options),
    openHour: createOpenHour(database, starter),
    rearmOverdue: createRearmOverdue(options),
    restoreOwners: createRestoreOwners(options),
    retryDeliveries: createRetryDeliveries({
      ...options,
      channels,
      recorder,
      attemptTimeoutMs: config.WEBHOOK_TIMEOUT_MS,
    }),
    checkBroker: createCheckBroker(options),
    carryMessages: createCarryMessages(options),
    publishEvents: createPublishEvents(options),
    checkAgent: createCheckAgent(options),
    moveAgent: createMoveAgent(options),
    keepSession,
    endSession: createEndSession(createAgentSessions(client)),
    ...supervisor.activities,
    lookAtMail: createLookAtMail(options),
    ...createTaskActivities({ ...options, modelFetch, toolFetch, documentFetch }),
    deleteEnded: createDeleteEnded(database, config.LEDGER_RETENTION_DAYS),
  };
  return {
    activities,
    async close() {
      await closeChannels();
      await supervisor.close();
      await modelFetch.close();
      await toolFetch.close();
      await documentFetch.close();
    },
  };
}

/** What workflows see of it. */
export type Activities = ReturnType<typeof createActivities>['activities'];

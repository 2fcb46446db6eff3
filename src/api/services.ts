import type { PayloadCodec } from '@temporalio/common';
import type { Heartbeats } from '../agents/heartbeats.js';
import type { Presences } from '../agents/presences.js';
import type { Config } from '../config.js';
import type { ContainerRuntime } from '../containers/container-runtime.js';
import type { AgentRow } from '../db/agents.js';
import type { Database, Db } from '../db/database.js';
import type { AgentSessions } from '../engine/agent-sessions.js';
import type { Schedules } from '../engine/schedules.js';
import type { Starter } from '../engine/starter.js';
import type { TaskWorkers } from '../engine/task-workers.js';
import type { Catalogue } from '../hosted/catalogue.js';
import type { Probes } from '../http/probes.js';
import type { Log } from '../log.js';
import type { Mailboxes } from '../mailboxes/mailboxes.js';
import type { GuardOptions } from '../outbound/guard.js';
import type { Scheduling } from '../schedules/scheduling.js';
import type { Vault } from '../secrets/vault.js';
import type { Tasks } from '../tasks/tasks.js';
import type { Timers } from '../timers/timers.js';
import type { ConnectLimit } from './connect-limit.js';
import type { GuessLimit } from './rate-limit.js';
import type { Retelling } from './retelling.js';

/** What handlers get. */
export interface Services {
  db: Db;
  database: Database;
  vault: Vault;
  starter: Starter;
  timers: Timers;
  tasks: Tasks;
  /** What puts messages into the mailboxes of agents. */
  mailboxes: Mailboxes;
  /** What runs the agents that have an image. */
  containers: ContainerRuntime;
  /** Schedules as rows, and the engine's side of them. */
  scheduling: Scheduling;
  schedules: Schedules;
  /** The agents and tools whose code is here. */
  catalogue: Catalogue;
  /** The model that an agent would ask first, or null. */
  models: { firstOf(agent: AgentRow): string | null };
  /** Who takes calls of tasks, in all processes. */
  taskWorkers: TaskWorkers;
  /** How agents are now, read together for all requests of a moment. */
  presences: Presences;
  /** The engine's side of connected agents. */
  sessions: AgentSessions;
  /** The rows' side of them. */
  heartbeats: Heartbeats;
  retelling: Retelling;
  connectLimit: ConnectLimit;
  guesses: GuessLimit;
  /** Where outbound requests may go. */
  guard: GuardOptions;
  /** Undefined where payloads are not encrypted. */
  codec: PayloadCodec | undefined;
  probes: Probes;
  config: Config;
  log: Log;
  /** Milliseconds since 1970. */
  clock: () => number;
  /** False once the process is about to stop. */
  isReady: () => boolean;
  /** Aborted when the process stops: streams and long polls end. */
  stopping: AbortSignal;
}

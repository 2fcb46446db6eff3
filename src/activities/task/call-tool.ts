import { ApplicationFailure } from '@temporalio/activity';
import type { Client } from '@temporalio/client';
import type { Config } from '../../config.js';
import { getAgent } from '../../db/agents.js';
import type { Database } from '../../db/database.js';
import { getTask, hasEnded } from '../../db/tasks.js';
import type { Starter } from '../../engine/starter.js';
import type { Catalogue } from '../../hosted/catalogue.js';
import type { Log } from '../../log.js';
import { callId, type TaskRef, type ToolOutcome } from '../../messages/task.js';
import type { GuardedFetch } from '../../outbound/guarded-fetch.js';
import type { Scheduling } from '../../schedules/scheduling.js';
import type { Vault } from '../../secrets/vault.js';
import type { Tasks } from '../../tasks/tasks.js';
import type { QuestionOfTool } from './question-of-tool.js';
import { ToolCaller } from './tool-caller.js';
import { whileRunning } from './while-running.js';

export interface CallToolOptions {
  database: Database;
  catalogue: Catalogue;
  guardedFetch: GuardedFetch;
  /** For documents, which are larger. */
  download: GuardedFetch;
  vault: Vault;
  client: Client;
  starter: Starter;
  tasks: Pick<Tasks, 'submit'>;
  scheduling: Scheduling;
  askModel: QuestionOfTool;
  config: Config;
  log: Log;
  now?: () => number;
}

export interface ToolCallRef extends TaskRef {
  place: string;
}

/**
 * Makes a call of a tool, or says what it waits for. All is decided from rows at that moment: whether the task runs,
 * whether its agent has the tool, whether the arguments fit, whether somebody has to approve. What the tool answers,
 * also that it failed, is written in the row of the call; it is called again only where that does no harm.
 */
export function createCallTool(options: CallToolOptions) {
  const { db } = options.database;
  const caller = new ToolCaller(options);
  return function callTool({ place, ...ref }: ToolCallRef): Promise<ToolOutcome> {
    return whileRunning(options.database, ref, async (signal) => {
      const task = await getTask(db, ref.orgId, ref.taskId);
      if (!task || hasEnded(task.status))
        throw ApplicationFailure.nonRetryable('the task has ended', 'cancelled');
      const agent = await getAgent(db, ref.orgId, task.agent_id);
      return caller.visit({ task, agent, signal, isInner: false }, callId(ref.taskId, place));
    });
  };
}

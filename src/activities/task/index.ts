import type { Client } from '@temporalio/client';
import type { Config } from '../../config.js';
import type { Database } from '../../db/database.js';
import type { Schedules } from '../../engine/schedules.js';
import type { Starter } from '../../engine/starter.js';
import type { Catalogue } from '../../hosted/catalogue.js';
import type { Log } from '../../log.js';
import type { AgentModels } from '../../models/agent-models.js';
import { createAsk } from '../../models/ask.js';
import type { GuardedFetch } from '../../outbound/guarded-fetch.js';
import type { Scheduling } from '../../schedules/scheduling.js';
import type { Vault } from '../../secrets/vault.js';
import type { Tasks } from '../../tasks/tasks.js';
import { createBeginTask } from './begin-task.js';
import { createCallModel, createMakeModelCall } from './call-model.js';
import { createCallTool } from './call-tool.js';
import { createEndTask } from './end-task.js';
import { createEnlistTask } from './enlist-task.js';
import { createQuestionOfTool } from './question-of-tool.js';
import { createRunStage } from './run-stage.js';

export interface TaskActivitiesOptions {
  config: Config;
  log: Log;
  database: Database;
  vault: Vault;
  client: Client;
  starter: Starter;
  tasks: Tasks;
  schedules: Schedules;
  scheduling: Scheduling;
  catalogue: Catalogue;
  models: AgentModels;
  /** To models that agents name. */
  modelFetch: GuardedFetch;
  /** To tools. */
  toolFetch: GuardedFetch;
  /** To documents. */
  documentFetch: GuardedFetch;
}

/** What a task does to the world. */
export function createTaskActivities(options: TaskActivitiesOptions) {
  const makeModelCall = createMakeModelCall({
    ...options,
    ask: createAsk({ ...options, guardedFetch: options.modelFetch }),
  });
  return {
    enlistTask: createEnlistTask(options),
    beginTask: createBeginTask(options),
    runStage: createRunStage(options),
    callModel: createCallModel(options.database, makeModelCall),
    callTool: createCallTool({
      ...options,
      guardedFetch: options.toolFetch,
      download: options.documentFetch,
      askModel: createQuestionOfTool(options.database.db, makeModelCall),
    }),
    endTask: createEndTask(options),
  };
}

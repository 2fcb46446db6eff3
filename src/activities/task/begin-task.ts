import { setTimeout as delay } from 'node:timers/promises';
import { ApplicationFailure, Context } from '@temporalio/activity';
import type { Kysely } from 'kysely';
import { type AgentRow, getAgent } from '../../db/agents.js';
import type { Database, Db } from '../../db/database.js';
import { appendEvents } from '../../db/events.js';
import type { Tables } from '../../db/tables.js';
import { beginTask, getTask, hasEnded, type TaskRow } from '../../db/tasks.js';
import { type Catalogue, methodsOf } from '../../hosted/catalogue.js';
import { codeOfTask } from '../../hosted/handler-code.js';
import type { Plan, TaskError, TaskRef } from '../../messages/task.js';
import type { AgentModels } from '../../models/agent-models.js';
import type { AgentDefinition, Hooks } from '../../plugin/define-agent.js';
import type { Stage } from '../../schemas/task.js';
import { DEFAULT_LIMITS } from '../../schemas/task-limits.js';
import { unavailableOf } from '../../tasks/prepare-task.js';
import { type Tasks, taskEvent } from '../../tasks/tasks.js';

export interface BeginTaskOptions {
  database: Database;
  catalogue: Catalogue;
  models: AgentModels;
  tasks: Tasks;
  now?: () => number;
}

/** A row is written some ms after its workflow was started. A further attempt would stand at the end of the queue. */
const ROW_LOOKS = 40;
const ROW_LOOK_MS = 5;
/** After so many attempts a row that is not there will not come: nobody acknowledged it. */
const MOST_LOOKS = 12;
/** A paused agent keeps what it was given: it is looked at again after this time. */
const PAUSE_MS = 5_000;

const STAGE_OF_HOOK: Record<keyof Hooks, Stage> = {
  onInitialize: 'initialize',
  onPreprocess: 'preprocess',
  onExecute: 'execute',
  onPostprocess: 'postprocess',
  onSuccess: 'success',
  onError: 'error',
  onShutdown: 'shutdown',
};

/** The stages in which an agent has code for a task. */
function stagesWithCode(definition: AgentDefinition | undefined, task: TaskRow): Stage[] {
  const hooks = Object.entries(STAGE_OF_HOOK).flatMap(([hook, stage]) =>
    definition?.hooks[hook as keyof Hooks] ? [stage] : [],
  );
  const isOwn = task.method !== null && !hooks.includes('execute');
  return isOwn ? [...hooks, 'execute'] : hooks;
}

/** Why a task cannot be carried out; null where it can. Throws where it has to wait. */
function lackOf(
  { catalogue, models }: Pick<BeginTaskOptions, 'catalogue' | 'models'>,
  task: TaskRow,
  agent: AgentRow,
): string | null {
  if (agent.lifecycle === 'paused')
    throw ApplicationFailure.create({ message: 'its agent is paused', nextRetryDelay: PAUSE_MS });
  const reason = unavailableOf(agent);
  if (reason !== null) return `its agent takes no work: ${reason}`;
  const definition = codeOfTask(catalogue, agent, task);
  if (agent.definition !== null && !definition)
    return `no worker has the code of ${agent.definition}: is its plugin in MAINSPRING_PLUGINS?`;
  const runsAny = definition?.hooks.onExecute !== undefined;
  const method = methodsOf(definition).find(({ name }) => name === task.method)?.method;
  if (task.method !== null && !method && !runsAny) return `its agent has no method ${task.method} any more`;
  const needsModel = task.method === null ? !runsAny : method?.model === 'required';
  return needsModel ? models.lackOf(agent) : null;
}

/** A row that comes a moment after its workflow. */
async function awaitRow(db: Db, { orgId, taskId }: TaskRef): Promise<TaskRow | undefined> {
  for (let look = 1; ; look++) {
    const task = await getTask(db, orgId, taskId);
    if (task || look === ROW_LOOKS) return task;
    await delay(ROW_LOOK_MS);
  }
}

/** What has a workflow is written after that was started: throws until it has waited long enough. */
function waitForRow(): void {
  if (Context.current().info.attempt < MOST_LOOKS)
    throw ApplicationFailure.retryable('its row has not been written yet', 'NotYet');
}

/** Its workflow may have been started for another moment, by a request that got no answer. */
function waitForMoment({ scheduled_at: startsAt }: TaskRow, now: number): void {
  const aheadMs = startsAt === null ? 0 : startsAt.getTime() - now;
  if (aheadMs > 0)
    throw ApplicationFailure.create({ message: 'its moment has not come', nextRetryDelay: aheadMs });
}

/** Undefined where it has ended meanwhile. */
const moveToRunning = (db: Kysely<Tables>, { orgId, taskId: id }: TaskRef, at: Date) =>
  db.transaction().execute(async (tx) => {
    const begun = await beginTask(tx, { orgId, id }, at);
    // One that goes on after its workflow was started anew has told of its start.
    if (begun && begun.started_at?.getTime() === at.getTime())
      await appendEvents(tx, [taskEvent(begun, 'task.started', {}, at)]);
    return begun;
  });

/** Moves a task to running and says how it is carried out; null where there is nothing to do. */
export function createBeginTask(options: BeginTaskOptions) {
  const { database, catalogue, tasks, now = Date.now } = options;
  const { db } = database;

  async function end(
    ref: TaskRef,
    error: TaskError,
    status: 'failed' | 'cancelled' = 'failed',
  ): Promise<null> {
    await tasks.end(ref, { status, error, at: new Date(now()) });
    return null;
  }
  const fail = (ref: TaskRef, message: string) => end(ref, { category: 'configuration', message });

  return async function begin(ref: TaskRef): Promise<Plan | null> {
    const { orgId } = ref;
    const task = await awaitRow(db, ref);
    if (!task) waitForRow();
    if (!task || hasEnded(task.status)) return null;
    waitForMoment(task, now());
    const parent = task.parent_id === null ? undefined : await getTask(db, orgId, task.parent_id);
    if (parent && hasEnded(parent.status))
      return end(
        ref,
        { category: 'cancelled', message: 'the task that it is a part of has ended' },
        'cancelled',
      );
    const agent = await getAgent(db, orgId, task.agent_id);
    if (!agent) return fail(ref, 'its agent was deleted');
    const lack = lackOf(options, task, agent);
    if (lack !== null) return fail(ref, lack);
    if (!(await moveToRunning(db, ref, new Date(now())))) return null;
    return {
      agentName: agent.name,
      leftMs: task.timeout_ms,
      maxAttempts: agent.limits.maxAttempts ?? DEFAULT_LIMITS.attempts,
      stages: stagesWithCode(codeOfTask(catalogue, agent, task), task),
      steps: 0,
    };
  };
}

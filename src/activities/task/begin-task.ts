import { ApplicationFailure, Context } from '@temporalio/activity';
import { getAgent } from '../../db/agents.js';
import type { Database } from '../../db/database.js';
import { appendEvents } from '../../db/events.js';
import { beginTask, getTask, type TaskRow } from '../../db/tasks.js';
import type { Schedules } from '../../engine/schedules.js';
import { type Catalogue, definitionOf, methodsOf } from '../../hosted/catalogue.js';
import type { Plan, ScheduledTaskRef, TaskRef } from '../../messages/task.js';
import type { AgentModels } from '../../models/agent-models.js';
import type { AgentDefinition, Hooks } from '../../plugin/define-agent.js';
import type { Stage } from '../../schemas/task.js';
import { writeScheduled } from '../../tasks/scheduled.js';
import { type Tasks, taskEvent } from '../../tasks/tasks.js';

export interface BeginTaskOptions {
  database: Database;
  catalogue: Catalogue;
  models: AgentModels;
  tasks: Tasks;
  schedules: Pick<Schedules, 'delete'>;
  now?: () => number;
}

/** After so many attempts a row that is not there will not come: nobody acknowledged it. */
const MOST_LOOKS = 12;
const DEFAULT_ATTEMPTS = 4;

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

/** Moves a task to running and says how it is carried out; null where there is nothing to do. */
export function createBeginTask(options: BeginTaskOptions) {
  const { database, catalogue, models, tasks, schedules, now = Date.now } = options;
  const { db } = database;

  /** What has a workflow is written after that was started: throws until it has waited long enough. */
  function waitForRow(): void {
    if (Context.current().info.attempt < MOST_LOOKS)
      throw ApplicationFailure.retryable('its row has not been written yet', 'NotYet');
  }

  async function unlessUnwritten({ orgId, taskId }: TaskRef): Promise<null> {
    if (!(await getTask(db, orgId, taskId))) waitForRow();
    return null;
  }

  /** False where its schedule is gone: then it was deleted with its agent, and comes round no more. */
  async function isScheduled(ref: TaskRef & ScheduledTaskRef, at: Date): Promise<boolean> {
    if (await writeScheduled(db, ref, at)) return true;
    waitForRow();
    await schedules.delete(ref);
    return false;
  }

  async function fail(ref: TaskRef, message: string): Promise<null> {
    await tasks.end(ref, {
      status: 'failed',
      error: { category: 'configuration', message },
      at: new Date(now()),
    });
    return null;
  }

  return async function begin(ref: TaskRef & Partial<ScheduledTaskRef>): Promise<Plan | null> {
    const at = new Date(now());
    const { scheduleId } = ref;
    if (scheduleId !== undefined && !(await isScheduled({ ...ref, scheduleId }, at))) return null;
    const task = await db.transaction().execute(async (tx) => {
      const begun = await beginTask(tx, { orgId: ref.orgId, id: ref.taskId }, at);
      // One that goes on after its workflow was started anew has told of its start.
      if (begun && begun.started_at?.getTime() === at.getTime())
        await appendEvents(tx, [taskEvent(begun, 'task.started', {}, at)]);
      return begun;
    });
    if (!task) return scheduleId === undefined ? unlessUnwritten(ref) : null;
    const agent = await getAgent(db, ref.orgId, task.agent_id);
    if (!agent) return fail(ref, 'its agent was deleted');
    const definition = definitionOf(catalogue, agent);
    if (agent.definition !== null && !definition)
      return fail(ref, `no worker has the code of ${agent.definition}: is its plugin in MAINSPRING_PLUGINS?`);
    const stages = stagesWithCode(definition, task);
    const method = methodsOf(definition).find(({ name }) => name === task.method)?.method;
    const needsModel = stages.includes('execute') ? method?.model === 'required' : true;
    const lack = needsModel ? models.lackOf(agent) : null;
    if (lack !== null) return fail(ref, lack);
    return {
      agentName: agent.name,
      leftMs: task.timeout_ms,
      maxAttempts: agent.limits.maxAttempts ?? DEFAULT_ATTEMPTS,
      stages,
      steps: 0,
    };
  };
}

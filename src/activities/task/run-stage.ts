import { ApplicationFailure, Context } from '@temporalio/activity';
import { type AgentRow, getAgent } from '../../db/agents.js';
import type { Database } from '../../db/database.js';
import { requestModelCalls, requestToolCalls } from '../../db/task-calls.js';
import { addMetrics, insertStage, stagesOf } from '../../db/task-stages.js';
import { getTask, hasEnded, type TaskRow } from '../../db/tasks.js';
import { isCategory } from '../../domain/task-outcome.js';
import { type Catalogue, definitionOf } from '../../hosted/catalogue.js';
import type { Log } from '../../log.js';
import type { CallRef, TaskError, TaskRef } from '../../messages/task.js';
import type { AgentModels } from '../../models/agent-models.js';
import {
  type AgentContext,
  type AgentDefinition,
  CallError,
  type Fields,
} from '../../plugin/define-agent.js';
import type { Stage } from '../../schemas/task.js';
import { createAgentContext } from './agent-context.js';
import { type RecordedCalls, recordedCalls } from './recorded-calls.js';

export interface RunStageOptions {
  database: Database;
  catalogue: Catalogue;
  models: AgentModels;
  log: Log;
  now?: () => number;
}

export interface StageRef extends TaskRef {
  stage: Stage;
  /** Of a task that failed: what its code is told. */
  error?: TaskError | undefined;
}

/** What the stages before came to: the input and the output as they are by now. */
interface Sofar {
  input: Fields;
  output: unknown;
  error: TaskError;
}

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function sofarOf(task: TaskRow, done: Map<Stage, unknown>, error: StageRef['error']): Sofar {
  const given = task.prompt === null ? task.input : { prompt: task.prompt, ...task.input };
  const changed = done.get('preprocess');
  return {
    input: isFields(changed) ? changed : given,
    output: done.get('postprocess') ?? done.get('execute') ?? task.output,
    error: error ?? { category: 'code', message: '' },
  };
}

/** Runs the code that an agent has for a stage. */
function codeOf(
  { hooks, methods }: AgentDefinition,
  { method }: TaskRow,
  { input, output, error }: Sofar,
): Record<Stage, (context: AgentContext) => unknown> {
  return {
    initialize: (context) => hooks.onInitialize?.(context),
    preprocess: (context) => hooks.onPreprocess?.(input, context),
    execute: (context) =>
      hooks.onExecute ? hooks.onExecute(input, context) : methods[method ?? '']?.run(input, context),
    postprocess: (context) => hooks.onPostprocess?.(output, context),
    success: (context) => hooks.onSuccess?.(output, context),
    error: (context) => hooks.onError?.(error, context),
    shutdown: (context) => hooks.onShutdown?.(context),
  };
}

/** Final, whatever the code threw: running it again would throw again. */
function failureOf(error: unknown, stage: Stage): ApplicationFailure {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof CallError && isCategory(error.category))
    return ApplicationFailure.nonRetryable(message, error.category);
  return ApplicationFailure.nonRetryable(`${stage}: ${message}`, 'code');
}

/**
 * Runs an agent's code for a stage as far as it gets with the calls that were made. Answers the calls that it waits
 * for; none when it is over.
 */
export function createRunStage({ database, catalogue, models, log, now = Date.now }: RunStageOptions) {
  const { db } = database;

  async function found({
    orgId,
    taskId,
    stage,
  }: StageRef): Promise<{ task: TaskRow; agent: AgentRow } | null> {
    const task = await getTask(db, orgId, taskId);
    const agent = task ? await getAgent(db, orgId, task.agent_id) : undefined;
    const isAfter = stage === 'success' || stage === 'error' || stage === 'shutdown';
    if (!task || !agent || (hasEnded(task.status) && !isAfter)) return null;
    return { task, agent };
  }

  async function request(
    task: TaskRow,
    { models: asked, tools }: RecordedCalls['wanted'],
  ): Promise<CallRef[]> {
    await db.transaction().execute(async (tx) => {
      await requestModelCalls(tx, task, asked);
      await requestToolCalls(tx, task, tools);
    });
    const refs = (kind: CallRef['kind'], calls: { place: string }[]) =>
      calls.map(({ place }) => ({ kind, place }));
    return [...refs('model', asked), ...refs('tool', tools)];
  }

  async function finish(
    task: TaskRow,
    stage: Stage,
    output: unknown,
    metrics: Map<string, number>,
  ): Promise<void> {
    await db.transaction().execute(async (tx) => {
      if (await insertStage(tx, task, stage, output)) await addMetrics(tx, task, metrics, new Date(now()));
    });
  }

  return async function runStage(ref: StageRef): Promise<CallRef[]> {
    const { stage } = ref;
    const at = await found(ref);
    if (!at) throw ApplicationFailure.nonRetryable('the task has ended', 'cancelled');
    const { task, agent } = at;
    const definition = definitionOf(catalogue, agent);
    if (!definition) throw ApplicationFailure.nonRetryable(`no worker has its code`, 'configuration');
    const done = await stagesOf(db, task);
    if (done.has(stage)) return [];
    const calls = await recordedCalls(db, task, stage);
    const metrics = new Map<string, number>();
    const { cancelled, cancellationSignal: signal } = Context.current();
    const context = createAgentContext({
      ...{ db, task, agent, calls, metrics },
      hasModel: models.lackOf(agent) === null,
      signal,
    });
    const run = async () => codeOf(definition, task, sofarOf(task, done, ref.error))[stage](context);
    const ran = run().then(
      (output) => ({ output }),
      (error: unknown) => ({ error }),
    );
    const ended = await Promise.race([ran, calls.isWaiting.then(() => null), cancelled]);
    if (ended === null) return request(task, calls.wanted);
    if ('error' in ended) {
      log.info({ org: ref.orgId, task: ref.taskId, stage }, "An agent's code failed");
      throw failureOf(ended.error, stage);
    }
    await finish(task, stage, ended.output, metrics);
    return [];
  };
}

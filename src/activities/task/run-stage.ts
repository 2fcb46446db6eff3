import { ApplicationFailure, Context } from '@temporalio/activity';
import { getAgent } from '../../db/agents.js';
import type { Database } from '../../db/database.js';
import { requestModelCalls, requestToolCalls } from '../../db/task-calls.js';
import { addMetrics, insertStage, stagesOf } from '../../db/task-stages.js';
import { getTask, hasEnded, noteError, type TaskRow } from '../../db/tasks.js';
import { isCategory, TOLD_IN_ROW } from '../../domain/task-outcome.js';
import type { Catalogue } from '../../hosted/catalogue.js';
import { codeOfTask } from '../../hosted/handler-code.js';
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
import { whyOf } from '../../tasks/why.js';
import { createAgentContext } from './agent-context.js';
import { type RecordedCalls, recordedCalls } from './recorded-calls.js';
import { MemoryFull, type StagedMemory, stageMemory } from './staged-memory.js';

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
  /** Places of calls that could not be made. */
  failed?: string[] | undefined;
}

/** What the stages before came to: the input and the output as they are by now. */
interface Sofar {
  input: Fields;
  output: unknown;
  error: TaskError;
}

/** What is written when a stage is over. */
interface Staged {
  metrics: Map<string, number>;
  memory: StagedMemory;
}

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function sofarOf(task: TaskRow, done: Map<Stage, unknown>, told: StageRef['error']): Sofar {
  const given = task.method === null ? { prompt: task.prompt, ...task.input } : task.input;
  const changed = done.get('preprocess');
  return {
    input: isFields(changed) ? changed : given,
    output: done.get('postprocess') ?? done.get('execute') ?? task.output,
    error: whyOf(task, told ?? { category: 'code', message: '' }),
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
      hooks.onExecute ? hooks.onExecute(input, context) : methodOf(methods, method).run(input, context),
    postprocess: (context) => hooks.onPostprocess?.(output, context),
    success: (context) => hooks.onSuccess?.(output, context),
    error: (context) => hooks.onError?.(error, context),
    shutdown: (context) => hooks.onShutdown?.(context),
  };
}

function methodOf(methods: AgentDefinition['methods'], name: string | null) {
  const method = methods[name ?? ''];
  if (!method) throw new Error(`it has no method ${name} any more`);
  return method;
}

/** Why the code failed. */
function errorOf(error: unknown, stage: Stage): TaskError {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof CallError && isCategory(error.category)) return { category: error.category, message };
  return { category: 'code', message: `${stage}: ${message}` };
}

/**
 * Runs an agent's code for a stage as far as it gets with the calls that were made. Answers the calls that it waits
 * for; none when it is over.
 */
export function createRunStage({ database, catalogue, models, log, now = Date.now }: RunStageOptions) {
  const { db } = database;

  async function found({ orgId, taskId, stage }: StageRef) {
    const task = await getTask(db, orgId, taskId);
    const agent = task ? await getAgent(db, orgId, task.agent_id) : undefined;
    const isAfter = stage === 'success' || stage === 'error' || stage === 'shutdown';
    if (!task || !agent || (hasEnded(task.status) && !isAfter))
      throw ApplicationFailure.nonRetryable('the task has ended', 'cancelled');
    const definition = codeOfTask(catalogue, agent, task);
    if (!definition) throw ApplicationFailure.nonRetryable('no worker has its code', 'configuration');
    return { task, agent, definition };
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

  async function finish(task: TaskRow, stage: Stage, output: unknown, staged: Staged): Promise<void> {
    await db.transaction().execute(async (tx) => {
      if (!(await insertStage(tx, task, stage, output))) return;
      await addMetrics(tx, task, staged.metrics, new Date(now()));
      await staged.memory.write(tx);
    });
  }

  /** Final, whatever the code threw: running it again would throw again. */
  async function fail({ orgId, taskId, stage }: StageRef, error: unknown): Promise<never> {
    log.info({ org: orgId, task: taskId, stage }, "An agent's code failed");
    const why = errorOf(error, stage);
    await noteError(db, { orgId, id: taskId }, why);
    throw ApplicationFailure.nonRetryable(TOLD_IN_ROW, why.category);
  }

  return async function runStage(ref: StageRef): Promise<CallRef[]> {
    const { stage } = ref;
    const { task, agent, definition } = await found(ref);
    const done = await stagesOf(db, task);
    if (done.has(stage)) return [];
    const calls = await recordedCalls(db, task, { stage, failed: ref.failed ?? [] });
    const staged: Staged = { metrics: new Map(), memory: stageMemory(db, task, agent) };
    const { cancelled, cancellationSignal: signal } = Context.current();
    const hasModel = models.lackOf(agent) === null;
    const context = createAgentContext({ task, agent, calls, ...staged, hasModel, signal });
    const run = async () => codeOf(definition, task, sofarOf(task, done, ref.error))[stage](context);
    const ran = run().then(
      (output) => ({ output }),
      (error: unknown) => ({ error }),
    );
    const ended = await Promise.race([ran, calls.isWaiting.then(() => null), cancelled]);
    if (ended === null) return request(task, calls.wanted);
    if ('error' in ended) return fail(ref, ended.error);
    await finish(task, stage, ended.output, staged).catch((error: unknown) => {
      if (error instanceof MemoryFull) return fail(ref, error);
      throw error;
    });
    return [];
  };
}

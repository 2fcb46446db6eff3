import { ApplicationFailure, CancelledFailure } from '@temporalio/activity';
import { ZodError } from 'zod';
import { getAgent } from '../../db/agents.js';
import type { Database } from '../../db/database.js';
import { failUnmadeCall, toolCallsAt } from '../../db/model-calls.js';
import { getModelCall, type ModelCallRow } from '../../db/task-calls.js';
import { getTask, hasEnded, noteError, type TaskRow } from '../../db/tasks.js';
import { isCategory, TOLD_IN_ROW } from '../../domain/task-outcome.js';
import type { Catalogue } from '../../hosted/catalogue.js';
import { type CallRef, callId, type TaskRef } from '../../messages/task.js';
import { readSchema } from '../../models/answer-schema.js';
import type { Vault } from '../../secrets/vault.js';
import { FinalError, failureOf, isLastAttempt, toApplicationFailure } from './model-failure.js';
import { createModelFallback, type ModelFallbackOptions } from './model-fallback.js';
import { type ModelQuestion, questionAt } from './model-question.js';
import { type CallPlace, toolRefs } from './record-answer.js';
import type { PreparedCall } from './try-model.js';
import { whileRunning } from './while-running.js';

export interface ModelCallsOptions extends Omit<ModelFallbackOptions, 'db' | 'now'> {
  database: Database;
  vault: Pick<Vault, 'open'>;
  catalogue: Pick<Catalogue, 'tools'>;
  now?: () => number;
}

export interface ModelCallRef extends TaskRef {
  place: string;
}

/** Around one attempt at a call. */
export interface AttemptOptions {
  signal: AbortSignal;
  /** Whether nobody tries again after this attempt. */
  isLast: boolean;
}

/** Makes one attempt at a call of a model; answers the calls of tools that the model asks for. */
export type MakeModelCall = (ref: ModelCallRef, options: AttemptOptions) => Promise<CallRef[]>;

/**
 * Makes calls of models, each the next step of a conversation or a question of an agent's code or tool, and records an
 * answer before it tells of it: one that was recorded is never asked for again.
 */
export function createMakeModelCall(options: ModelCallsOptions): MakeModelCall {
  const { database, vault, catalogue, models, log, now = Date.now } = options;
  const { db } = database;
  const askModels = createModelFallback({ ...options, db, now });

  async function prepare(
    { task, id, place }: CallPlace,
    row: ModelCallRow | undefined,
    signal: AbortSignal,
  ): Promise<PreparedCall> {
    const agent = await getAgent(db, task.org_id, task.agent_id);
    if (!agent) throw new FinalError('configuration', 'its agent was deleted');
    if (agent.is_suspended) throw new FinalError('configuration', 'the agent is suspended');
    const lack = models.lackOf(agent);
    if (lack !== null) throw new FinalError('configuration', lack);
    const question = await questionAt({ db, vault, catalogue }, { task, agent, place, row }).catch(
      refuseOthers,
    );
    checkSchema(question);
    return { task, agent, place, id, question, signal };
  }

  async function make(call: PreparedCall, isLast: boolean): Promise<void> {
    const asked = await askModels(call);
    if (asked.kind === 'answered') return;
    const failure = failureOf(asked.refusals);
    const { task, agent } = call;
    const { category } = failure;
    log.warn({ org: task.org_id, task: task.id, agent: agent.id, category }, 'No model answered');
    await asked.release(failure.isFinal || isLast ? failure : null);
    throw toApplicationFailure(failure);
  }

  async function attempt(
    call: CallPlace,
    row: ModelCallRow | undefined,
    { signal, isLast }: AttemptOptions,
  ): Promise<void> {
    try {
      await make(await prepare(call, row, signal), isLast);
    } catch (error) {
      if (signal.aborted) throw new CancelledFailure('was cancelled');
      if (!(error instanceof FinalError)) throw error;
      await failUnmadeCall(db, call.task, call, error);
      throw ApplicationFailure.nonRetryable(error.message, error.category);
    }
  }

  async function taskAt({ orgId, taskId }: TaskRef): Promise<TaskRow> {
    const task = await getTask(db, orgId, taskId);
    if (!task || hasEnded(task.status))
      throw ApplicationFailure.nonRetryable('the task has ended', 'cancelled');
    return task;
  }

  return async function makeModelCall(ref, attemptOptions) {
    const { orgId, taskId, place } = ref;
    const task = await taskAt(ref);
    const id = callId(taskId, place);
    const row = await getModelCall(db, orgId, id);
    if (row?.status === 'failed')
      throw ApplicationFailure.nonRetryable(row.error_message ?? '', row.error_category ?? 'model');
    if (row?.status !== 'completed') await attempt({ task, id, place }, row, attemptOptions);
    return toolRefs(await toolCallsAt(db, task, place));
  };
}

/** The same as an activity, which the engine tries again. Why it failed is noted in the row of the task. */
export function createCallModel(
  { db, listen }: Pick<Database, 'db' | 'listen'>,
  makeModelCall: MakeModelCall,
) {
  /** Providers say what they like: their words are not for the engine's histories and logs. */
  async function told({ orgId, taskId }: TaskRef, failure: ApplicationFailure): Promise<ApplicationFailure> {
    const { type, nonRetryable, nextRetryDelay, message } = failure;
    if (!type || !isCategory(type)) return failure;
    await noteError(db, { orgId, id: taskId }, { category: type, message });
    return ApplicationFailure.create({
      ...{ message: TOLD_IN_ROW, type, nonRetryable: nonRetryable === true },
      ...(nextRetryDelay === undefined || nextRetryDelay === null ? {} : { nextRetryDelay }),
    });
  }

  return function callModel(ref: ModelCallRef): Promise<CallRef[]> {
    return whileRunning({ listen }, ref, (signal) =>
      makeModelCall(ref, { signal, isLast: isLastAttempt() }).catch(async (error: unknown) => {
        throw error instanceof ApplicationFailure ? await told(ref, error) : error;
      }),
    );
  };
}

function refuseOthers(error: unknown): never {
  if (error instanceof ZodError) throw new FinalError('invalid_input', 'is not what a model can be asked');
  throw error;
}

function checkSchema({ schema }: ModelQuestion): void {
  if (!schema) return;
  try {
    readSchema(schema);
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    throw new FinalError('configuration', `the schema of the answer: ${words}`);
  }
}

import { ApplicationFailure, CancelledFailure } from '@temporalio/activity';
import { ZodError } from 'zod';
import { getAgent } from '../../db/agents.js';
import type { Database } from '../../db/database.js';
import { endModelCall, failUnmadeCall, toolCallsAt } from '../../db/model-calls.js';
import { getModelCall, type ModelCallRow } from '../../db/task-calls.js';
import { getTask, hasEnded, type TaskRow } from '../../db/tasks.js';
import type { Catalogue } from '../../hosted/catalogue.js';
import { type CallRef, callId, type TaskRef } from '../../messages/task.js';
import { readSchema } from '../../models/answer-schema.js';
import type { Vault } from '../../secrets/vault.js';
import { type AskModelsOptions, createAskModels, FinalError, type PreparedCall } from './ask-models.js';
import { failureOf, isLastAttempt, type ModelFailure, toApplicationFailure } from './model-failure.js';
import { type ModelQuestion, questionAt } from './model-question.js';
import { type CallPlace, toolRefs } from './record-answer.js';
import { whileRunning } from './while-running.js';

export interface CallModelOptions extends Omit<AskModelsOptions, 'db' | 'now'> {
  database: Database;
  vault: Pick<Vault, 'open'>;
  catalogue: Pick<Catalogue, 'tools'>;
  now?: () => number;
}

export interface ModelCallRef extends TaskRef {
  place: string;
}

/**
 * Makes one call of a model, the next step of a conversation or a question of an agent's code, and records its answer
 * before it tells of it: one that was recorded is never asked for again. Answers the calls of tools that it asks for.
 */
export function createCallModel(options: CallModelOptions) {
  const { database, vault, catalogue, models, log, now = Date.now } = options;
  const { db } = database;
  const askModels = createAskModels({ ...options, db, now });

  async function prepare(
    { task, id, place }: CallPlace,
    row: ModelCallRow | undefined,
    signal: AbortSignal,
  ): Promise<PreparedCall> {
    const agent = await getAgent(db, task.org_id, task.agent_id);
    if (!agent) throw new FinalError('configuration', 'its agent was deleted');
    const lack = models.lackOf(agent);
    if (lack !== null) throw new FinalError('configuration', lack);
    const question = await questionAt({ db, vault, catalogue }, { task, agent, place, row }).catch(
      refuseOthers,
    );
    checkSchema(question);
    return { task, agent, place, id, question, signal };
  }

  /** What was spent stays in the row; what was reserved does not. */
  const release = ({ task, id }: CallPlace, failure: ModelFailure | null) =>
    endModelCall(db, task, id, failure ? { status: 'failed', ...failure } : { status: 'requested' });

  async function make(call: PreparedCall): Promise<void> {
    const refusals = await askModels(call).catch(async (error: unknown) => {
      await release(call, null);
      throw error;
    });
    if (refusals === null) return;
    const failure = failureOf(refusals);
    const { task, agent } = call;
    const { category } = failure;
    log.warn({ org: task.org_id, task: task.id, agent: agent.id, category }, 'No model answered');
    await release(call, failure.isFinal || isLastAttempt() ? failure : null);
    throw toApplicationFailure(failure);
  }

  const attempt = (call: CallPlace, row: ModelCallRow | undefined) => async (signal: AbortSignal) => {
    try {
      await make(await prepare(call, row, signal));
    } catch (error) {
      if (signal.aborted) throw new CancelledFailure('was cancelled');
      if (!(error instanceof FinalError)) throw error;
      await failUnmadeCall(db, call.task, call, error);
      throw ApplicationFailure.nonRetryable(error.message, error.category);
    }
  };

  async function taskAt({ orgId, taskId }: TaskRef): Promise<TaskRow> {
    const task = await getTask(db, orgId, taskId);
    if (!task || hasEnded(task.status))
      throw ApplicationFailure.nonRetryable('the task has ended', 'cancelled');
    return task;
  }

  return async function callModel(ref: ModelCallRef): Promise<CallRef[]> {
    const { orgId, taskId, place } = ref;
    const task = await taskAt(ref);
    const id = callId(taskId, place);
    const row = await getModelCall(db, orgId, id);
    if (row?.status === 'failed')
      throw ApplicationFailure.nonRetryable(row.error_message ?? '', row.error_category ?? 'model');
    if (row?.status !== 'completed') await whileRunning(database, ref, attempt({ task, id, place }, row));
    return toolRefs(await toolCallsAt(db, task, place));
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

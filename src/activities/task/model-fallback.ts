import type { Config } from '../../config.js';
import { type CallFailure, releaseModelCall } from '../../db/model-calls.js';
import { estimateTokens } from '../../domain/budget.js';
import type { AgentModels } from '../../models/agent-models.js';
import { ModelError } from '../../models/model-error.js';
import { priceOf } from '../../models/prices.js';
import { FinalError, type Refusal } from './model-failure.js';
import type { ModelQuestion } from './model-question.js';
import { type BudgetConfig, reserveCall } from './reserve-call.js';
import { createTryModel, type PreparedCall, type TryModelOptions } from './try-model.js';
import { createWasteBook } from './waste-book.js';

export interface ModelFallbackOptions extends TryModelOptions {
  config: BudgetConfig & TryModelOptions['config'] & Pick<Config, 'LLM_MAX_TOKENS'>;
  models: AgentModels;
}

/** What came of asking: an answer is recorded; where no model gave one, what was reserved is to be released. */
export type Asked =
  | { kind: 'answered' }
  | { kind: 'refused'; refusals: Refusal[]; release(failure: CallFailure | null): Promise<void> };

/** Asks an agent's models one after the other until one has answered, within what its limits allow. */
export function createModelFallback(options: ModelFallbackOptions) {
  const { db, config, models, log, now } = options;
  const waste = createWasteBook(options);
  const tryModel = createTryModel(options, waste);

  function plan({ messages, system, tools, schema, maxTokens }: ModelQuestion) {
    const most = config.LLM_MAX_TOKENS;
    return {
      inputTokens: estimateTokens([system, messages, tools, schema]),
      outputTokens: Math.min(maxTokens ?? most, most),
    };
  }

  /** Throws a {@link FinalError} where the call passes a limit. */
  return async function askModels(call: PreparedCall): Promise<Asked> {
    await waste.writeLeft(call);
    const tokens = plan(call.question);
    const refusals: Refusal[] = [];
    let after: number | null = null;
    const release = async (failure: CallFailure | null) => {
      if (after === null || waste.has(call)) return;
      await releaseModelCall(db, call.task, { id: call.id, attempt: after }, failure);
    };
    try {
      for (const candidate of models.of(call.agent)) {
        const planned = { ...tokens, model: candidate.model, price: priceOf(candidate, config) };
        const reservation = await reserveCall(db, config, {
          ...{ ...call, candidate, planned, after, at: new Date(now()) },
        });
        if (reservation.kind === 'overtaken') {
          if (after === null) return { kind: 'answered' };
          throw new Error('another attempt makes this call');
        }
        if (reservation.kind === 'refused') {
          // The first model is what was wanted; one that stands in for it is not asked beyond a limit.
          if (refusals.length === 0) throw new FinalError(reservation.category, reservation.message);
          continue;
        }
        after = reservation.attempt;
        const error = await tryModel(call, { candidate, ...reservation }).then(() => null, passing);
        if (error === null) return { kind: 'answered' };
        refusals.push({ candidate, error });
        // It was paid for: another try is to be counted.
        if (error.kind === 'invalid_output') break;
      }
    } catch (error) {
      await release(null).catch((unreleased: unknown) =>
        log.warn(
          { error: unreleased, task: call.task.id },
          'What a call had reserved stays so until its next attempt',
        ),
      );
      throw error;
    }
    return { kind: 'refused', refusals, release };
  };
}

/** After which the next model is asked. */
function passing(error: unknown): ModelError {
  if (!(error instanceof ModelError) || error.kind === 'cancelled') throw error;
  return error;
}

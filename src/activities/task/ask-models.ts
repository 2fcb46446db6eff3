import type { Config } from '../../config.js';
import type { AgentRow } from '../../db/agents.js';
import type { Db } from '../../db/database.js';
import type { CallUsage } from '../../db/model-calls.js';
import { estimateTokens } from '../../domain/budget.js';
import { costOf } from '../../domain/model-cost.js';
import type { Log } from '../../log.js';
import { countModelCall, countModelUsage } from '../../metrics.js';
import type { AgentModels } from '../../models/agent-models.js';
import type { Ask } from '../../models/ask.js';
import { ModelError } from '../../models/model-error.js';
import type { Candidate } from '../../models/models.js';
import { priceOf } from '../../models/prices.js';
import type { ErrorCategory } from '../../schemas/task.js';
import type { Refusal } from './model-failure.js';
import type { ModelQuestion } from './model-question.js';
import { type CallPlace, recordAnswer, recordWaste } from './record-answer.js';
import { type BudgetConfig, reserveCall } from './reserve-call.js';
import { createTextNotices } from './text-notices.js';

export interface AskModelsOptions {
  db: Db;
  config: BudgetConfig & Pick<Config, 'LLM_MAX_TOKENS' | 'MODEL_PRICES'>;
  models: AgentModels;
  ask: Ask;
  log: Log;
  now: () => number;
}

/** A call that can be made: what is asked, of whose models. */
export interface PreparedCall extends CallPlace {
  agent: AgentRow;
  question: ModelQuestion;
  signal: AbortSignal;
}

/** A call that cannot be made, whoever tries again. */
export class FinalError extends Error {
  override readonly name = 'FinalError';
  constructor(
    readonly category: ErrorCategory,
    message: string,
  ) {
    super(message);
  }
}

/** Asks an agent's models one after the other until one has answered, and records what it says and uses. */
export function createAskModels({ db, config, models, ask, log, now }: AskModelsOptions) {
  function usageOf(
    candidate: Candidate,
    tokens: { input: number; output: number },
    model: string,
  ): CallUsage {
    const { provider } = candidate;
    const nanos = costOf(priceOf(candidate, config), tokens);
    countModelUsage(provider, { ...tokens, nanos });
    return { provider, model, ...tokens, nanos };
  }

  /** Throws a {@link ModelError} where it does not answer; tokens count whatever it answered. */
  async function askOne(call: PreparedCall, candidate: Candidate, maxOutput: number): Promise<void> {
    const { question, task, signal } = call;
    const { system, messages, tools, schema, temperature } = question;
    const notices = createTextNotices(db, { orgId: task.org_id, taskId: task.id }, log);
    const onText = schema ? undefined : notices.add;
    const startedAt = now();
    const took = () => now() - startedAt;
    try {
      const request = { system, messages, tools, schema, temperature, maxOutput, signal, onText };
      const reply = await ask(candidate, request);
      countModelCall(candidate.provider, 'answered', took());
      const usage = usageOf(candidate, reply.usage, reply.model);
      // Whoever is told that it is written has been told what it says.
      await notices.close();
      await recordAnswer(db, call, question, { reply, usage, at: new Date(now()), durationMs: took() });
    } catch (error) {
      if (!(error instanceof ModelError)) throw error;
      countModelCall(candidate.provider, error.kind, took());
      const used = error.usage && usageOf(candidate, error.usage, candidate.model);
      if (used) await recordWaste(db, call, used, new Date(now()));
      throw error;
    } finally {
      await notices.close();
    }
  }

  function plan({ messages, system, tools, schema, maxTokens }: ModelQuestion) {
    const most = config.LLM_MAX_TOKENS;
    return {
      inputTokens: estimateTokens([system, messages, tools, schema]),
      outputTokens: Math.min(maxTokens ?? most, most),
    };
  }

  /** Why no model answered; null where one did. Throws a {@link FinalError} where the call passes a limit. */
  return async function askModels(call: PreparedCall): Promise<Refusal[] | null> {
    const tokens = plan(call.question);
    const refusals: Refusal[] = [];
    for (const candidate of models.of(call.agent)) {
      const planned = { ...tokens, model: candidate.model, price: priceOf(candidate, config) };
      const at = new Date(now());
      const reservation = await reserveCall(db, config, { ...call, candidate, planned, at });
      if (reservation.kind === 'answered') return null;
      if (reservation.kind === 'refused') {
        // The first model is what was wanted; one that stands in for it is not asked beyond a limit.
        if (refusals.length === 0) throw new FinalError(reservation.category, reservation.message);
        continue;
      }
      try {
        await askOne(call, candidate, reservation.outputTokens);
        return null;
      } catch (error) {
        if (!(error instanceof ModelError) || error.kind === 'cancelled') throw error;
        refusals.push({ candidate, error });
        // It was paid for: another try is the engine's to count.
        if (error.kind === 'invalid_output') break;
      }
    }
    return refusals;
  };
}

import type { Config } from '../../config.js';
import type { AgentRow } from '../../db/agents.js';
import type { Db } from '../../db/database.js';
import type { CallUsage } from '../../db/model-calls.js';
import { costOf } from '../../domain/model-cost.js';
import type { Log } from '../../log.js';
import { countModelCall, countModelUsage } from '../../metrics.js';
import type { Ask } from '../../models/ask.js';
import { ModelError } from '../../models/model-error.js';
import type { Candidate } from '../../models/models.js';
import { priceOf } from '../../models/prices.js';
import type { ModelQuestion } from './model-question.js';
import { type AttemptPlace, type CallPlace, recordAnswer } from './record-answer.js';
import { createTextNotices } from './text-notices.js';
import { untilWritten } from './until-written.js';
import type { WasteBook } from './waste-book.js';

export interface TryModelOptions {
  db: Db;
  config: Pick<Config, 'MODEL_PRICES'>;
  ask: Ask;
  log: Log;
  now: () => number;
  /** Between tries to write what was paid for. */
  pausesMs?: readonly number[];
}

/** A call that can be made: what is asked, of whose models. */
export interface PreparedCall extends CallPlace {
  agent: AgentRow;
  question: ModelQuestion;
  signal: AbortSignal;
}

/** One model that is asked within its reservation. */
export interface Turn {
  candidate: Candidate;
  attempt: number;
  outputTokens: number;
}

/** Asks one model, and records what it says and uses. */
export function createTryModel({ db, config, ask, log, now, pausesMs }: TryModelOptions, waste: WasteBook) {
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

  /** Throws a {@link ModelError} where the model does not answer. */
  async function reply(call: PreparedCall, { candidate, outputTokens: maxOutput }: Turn) {
    const { question, task, signal } = call;
    const { system, messages, tools, schema, temperature } = question;
    const notices = createTextNotices(db, { orgId: task.org_id, taskId: task.id }, log);
    const onText = schema ? undefined : notices.add;
    try {
      return await ask(candidate, {
        system,
        messages,
        tools,
        schema,
        temperature,
        maxOutput,
        signal,
        onText,
      });
    } finally {
      // Whoever is told that an answer is written has been told what it says.
      await notices.close();
    }
  }

  /** Throws a {@link ModelError} where the model does not answer; tokens count whatever becomes of the answer. */
  return async function tryModel(call: PreparedCall, turn: Turn): Promise<void> {
    const { candidate, attempt } = turn;
    const { task, id, place, question } = call;
    const at: AttemptPlace = { task, id, place, attempt };
    const startedAt = now();
    const told = (kind: Parameters<typeof countModelCall>[1]) =>
      countModelCall(candidate.provider, kind, now() - startedAt);
    const answer = await reply(call, turn).catch(async (error: unknown) => {
      if (!(error instanceof ModelError)) throw error;
      told(error.kind);
      if (error.usage) await waste.write(at, usageOf(candidate, error.usage, candidate.model), now());
      throw error;
    });
    told('answered');
    const usage = usageOf(candidate, answer.usage, answer.model);
    const answered = { reply: answer, usage, at: new Date(now()), durationMs: now() - startedAt };
    try {
      await untilWritten(
        () => recordAnswer(db, at, question, answered),
        (error) => log.warn({ error, org: task.org_id, task: task.id }, 'An answer could not be written yet'),
        pausesMs,
      );
    } catch (error) {
      await waste.write(at, usage, now());
      throw error;
    }
  };
}

import type { ModelMessage } from 'ai';
import { z } from 'zod';
import { type AgentConfigOptions, agentConfig } from '../../agents/agent-config.js';
import type { AgentRow } from '../../db/agents.js';
import type { ModelCallRow } from '../../db/task-calls.js';
import type { TaskRow } from '../../db/tasks.js';
import type { Catalogue } from '../../hosted/catalogue.js';
import type { OfferedTool } from '../../models/models.js';
import { conversationAt, DATA_ONLY, stepAt } from './conversation.js';
import { offeredTools } from './offered-tools.js';

/** What a model is asked, whichever one. */
export interface ModelQuestion {
  kind: 'conversation' | 'code';
  system: string;
  messages: ModelMessage[];
  tools: OfferedTool[];
  schema: Record<string, unknown> | undefined;
  temperature: number | undefined;
  /** Tokens that the answer may have; undefined: as many as answers have. */
  maxTokens: number | undefined;
}

const Fields = z.record(z.string(), z.unknown());
const Temperature = z.number().min(0).max(2);
const Tokens = z.int().min(1);

/** As agents' code writes it. */
const Request = z.object({
  prompt: z.string().min(1),
  system: z.string().optional(),
  schema: Fields.optional(),
  temperature: Temperature.optional(),
  maxTokens: Tokens.optional(),
});

/** What an agent's settings say about models; of other shapes they say nothing. */
const Settings = z.object({
  temperature: Temperature.optional().catch(undefined),
  maxTokens: Tokens.optional().catch(undefined),
  outputSchema: Fields.optional().catch(undefined),
});

export interface QuestionOptions extends AgentConfigOptions {
  catalogue: Pick<Catalogue, 'tools'>;
}

export interface QuestionSource {
  task: TaskRow;
  agent: AgentRow;
  place: string;
  row: ModelCallRow | undefined;
}

/** What stands at a place of a task: the next step of its conversation, or a question of its agent's code. */
export async function questionAt(options: QuestionOptions, source: QuestionSource): Promise<ModelQuestion> {
  const { task, agent, place, row } = source;
  const { db, catalogue } = options;
  const { instruction, settings: given } = await agentConfig(options, agent, null);
  const settings = Settings.parse(given);
  if (row && row.request !== null) {
    const { prompt, system, schema, temperature, maxTokens } = Request.parse(row.request);
    return {
      ...{ kind: 'code', system: system ?? instruction, messages: [{ role: 'user', content: prompt }] },
      ...{ tools: [], schema, temperature: temperature ?? settings.temperature },
      maxTokens: maxTokens ?? settings.maxTokens,
    };
  }
  const step = stepAt(place);
  if (step === null) throw new RangeError(`nothing was asked for at ${place}`);
  return {
    kind: 'conversation',
    system: [instruction, DATA_ONLY].filter((text) => text !== '').join('\n\n'),
    messages: await conversationAt(db, task, step),
    tools: await offeredTools(db, catalogue, agent),
    schema: settings.outputSchema,
    temperature: settings.temperature,
    maxTokens: settings.maxTokens,
  };
}

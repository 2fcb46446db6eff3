import { generateText, jsonSchema, Output, stepCountIs, streamText, type ToolSet, tool } from 'ai';
import type { Config } from '../config.js';
import { estimateTokens } from '../domain/budget.js';
import { inWords, parseAnswer, readSchema } from './answer-schema.js';
import { cappedFetch } from './capped-fetch.js';
import { ModelError, toModelError } from './model-error.js';
import type { Candidate, ModelReply, ModelRequest } from './models.js';
import { modelOf } from './providers.js';
import { renamed, type ToolNames, toolNames } from './tool-names.js';
import { createUsageMeter, type UsageMeter } from './usage-meter.js';

export interface AskOptions {
  config: Pick<Config, 'LLM_TIMEOUT' | 'LLM_STREAM'>;
  /** Reaches what agents name. */
  guardedFetch: typeof fetch;
}

/** Asks one model once. Throws a {@link ModelError}. */
export type Ask = (candidate: Candidate, request: ModelRequest) => Promise<ModelReply>;

// They would be written to the console.
globalThis.AI_SDK_LOG_WARNINGS = false;

export function createAsk({ config, guardedFetch }: AskOptions): Ask {
  const ownFetch = cappedFetch(fetch);
  const foreignFetch = cappedFetch(guardedFetch);
  const timeoutMs = config.LLM_TIMEOUT * 1_000;

  return async function ask(candidate, request) {
    const timeout = AbortSignal.timeout(timeoutMs);
    const names = toolNames(request.tools.map(({ name }) => name));
    const meter = createUsageMeter(candidate.isGuarded ? foreignFetch : ownFetch, request);
    const call = {
      model: modelOf(candidate, meter.fetch),
      ...asked(candidate, request, names),
      abortSignal: AbortSignal.any([request.signal, timeout]),
    };
    try {
      const answer = config.LLM_STREAM ? await streamed(call, meter, request.onText) : await whole(call);
      return replyOf(answer, { candidate, request, names });
    } catch (error) {
      const { signal } = request;
      const { apiKey } = candidate;
      const known = toModelError(error, { signal, timeout, timeoutMs, apiKey, now: Date.now() });
      const used = known.usage ?? meter.usageOf(known);
      throw used ? known.having(used) : known;
    }
  };
}

/** A question as the AI SDK takes it. */
function asked(candidate: Candidate, request: ModelRequest, names: ToolNames) {
  const { system, messages, tools, schema, temperature, maxOutput } = request;
  const isTold = schema !== undefined && (!candidate.takesSchema || tools.length > 0);
  const words = [system, ...(isTold ? [inWords(schema)] : [])].filter((text) => text !== null && text !== '');
  const toolSet: ToolSet = Object.fromEntries(
    tools.map(({ name, description, inputSchema }) => [
      names.outward(name),
      tool({ description, inputSchema: jsonSchema(inputSchema) }),
    ]),
  );
  return {
    ...(words.length > 0 ? { system: words.join('\n\n') } : {}),
    messages: renamed(messages, names.outward),
    ...(tools.length > 0 ? { tools: toolSet } : {}),
    // Gemini takes no schema beside tools.
    ...(schema && !isTold ? { output: Output.object({ schema: jsonSchema(schema) }) } : {}),
    ...(temperature === undefined ? {} : { temperature }),
    maxOutputTokens: maxOutput,
    // An activity that fails is retried by the engine.
    maxRetries: 0,
    stopWhen: stepCountIs(1),
    // OpenAI's strict mode refuses most schemas that were not written for it; answers are checked anyway.
    providerOptions: { openai: { strictJsonSchema: false } },
  };
}

type Call = Parameters<typeof generateText>[0];
type Answer = Awaited<ReturnType<typeof whole>>;

const whole = async (call: Call) => {
  const { steps } = await generateText(call);
  return lastOf(steps);
};

async function streamed(call: Call, meter: UsageMeter, onText: ModelRequest['onText']): Promise<Answer> {
  const result = streamText({
    ...call,
    includeRawChunks: true,
    // Comes again as a part of the stream; by default it would be written to the console.
    onError: () => undefined,
  });
  for await (const part of result.fullStream) {
    meter.hear(part);
    if (part.type === 'error') throw part.error;
    if (part.type === 'abort') throw new ModelError('outage', 'broke off');
    if (part.type === 'text-delta' && part.text !== '') onText?.(part.text);
  }
  // Only now: it is rejected by what fails before, when nobody would be there to hear it.
  return lastOf(await result.steps);
}

function lastOf<Step>(steps: readonly Step[]): Step {
  const step = steps.at(-1);
  if (!step) throw new ModelError('outage', 'answered nothing');
  return step;
}

interface Asked {
  candidate: Candidate;
  request: ModelRequest;
  names: ToolNames;
}

function replyOf(answer: Answer, { candidate, request, names }: Asked): ModelReply {
  const { text, finishReason, rawFinishReason, response } = answer;
  const usage = usageOf(answer, request);
  const broken = (message: string) =>
    // What was counted so far may be older than what was said.
    new ModelError('outage', message, {
      usage: { ...usage, output: Math.max(usage.output, text === '' ? 0 : estimateTokens(text)) },
    });
  // Without it a connection that was closed too early looks like an end.
  if (rawFinishReason === undefined) throw broken('the answer broke off');
  if (finishReason === 'error') throw broken('the answer ended with an error');
  if (finishReason === 'content-filter')
    throw new ModelError('refused', 'the answer was withheld by a filter', { usage });
  const toolCalls = answer.toolCalls.map(({ toolCallId: id, toolName, input }) => ({
    ...{ id, name: names.inward(toolName), input },
  }));
  const model = response.modelId || candidate.model;
  const isAnswer = request.schema !== undefined && toolCalls.length === 0;
  return {
    text,
    data: isAnswer ? dataOf(request.schema ?? {}, text, usage) : null,
    toolCalls,
    // To calls that cannot be made the library answers itself: whoever makes them does that here.
    messages: renamed(
      response.messages.filter(({ role }) => role === 'assistant'),
      names.inward,
    ),
    usage,
    model: model.slice(0, 200),
  };
}

function dataOf(schema: Record<string, unknown>, text: string, usage: ModelReply['usage']): unknown {
  try {
    return parseAnswer(readSchema(schema), text);
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    throw new ModelError(error.kind, error.message, { usage });
  }
}

/** As the provider counted; where it does not, estimated, so that budgets hold. */
function usageOf({ usage, text, toolCalls }: Answer, request: ModelRequest): ModelReply['usage'] {
  const counted = (tokens: number | undefined, said: () => unknown) =>
    tokens !== undefined && Number.isFinite(tokens) && tokens >= 0
      ? Math.round(tokens)
      : estimateTokens(said());
  return {
    input: counted(usage.inputTokens, () => [request.system, request.messages, request.tools]),
    output: counted(usage.outputTokens, () => [text, toolCalls]),
  };
}

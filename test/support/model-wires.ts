/** A failure with a status, or one inside an answer that began well. */
export interface WireError {
  status: number;
  message?: string;
  headers?: Record<string, string>;
}

/** What a model says. */
export interface Words {
  text?: string;
  /** `arguments` as text is sent as it is, JSON or not. */
  toolCalls?: { name: string; arguments: object | string }[];
  usage?: { input: number; output: number } | null;
  /** Ends with this instead of what follows from the rest; null: the connection is closed before the end. */
  finish?: string | null;
  /** Comes after the text, with status 200. */
  inBandError?: WireError;
}

interface Manner {
  delayMs?: number;
  /** Waited for before anything is said. */
  after?: Promise<void>;
  /** Between the parts of a stream. */
  pauseMs?: number;
  /** Never goes on, and keeps the connection open. */
  hangs?: 'at once' | 'after its text';
}
export type Answer = (Words | WireError) & Manner;

export const isError = (answer: Answer): answer is WireError & Manner => 'status' in answer;

export type Wire = 'google' | 'openai' | 'anthropic';

interface Format {
  // biome-ignore lint/suspicious/noExplicitAny: what comes over the wire has no type.
  read(path: string, body: any): { model: string; isStream: boolean };
  whole(model: string, words: Words): object;
  stream(model: string, words: Words): string[];
  error(error: WireError): object;
}

const data = (value: unknown) => `data: ${JSON.stringify(value)}\n\n`;
const messageOf = ({ message, status }: WireError) => message ?? `failed with ${status}`;
const usageOf = ({ usage }: Words) => (usage === undefined ? { input: 100, output: 20 } : usage);
const textual = (given: object | string) => (typeof given === 'string' ? given : JSON.stringify(given));
const objectOf = (given: object | string) => (typeof given === 'string' ? JSON.parse(given) : given);
/** Two parts, as a stream would have them. */
const halves = (text: string) => {
  const middle = Math.ceil(text.length / 2);
  return [text.slice(0, middle), text.slice(middle)].filter((half) => half !== '');
};
const stopOf = ({ finish, toolCalls = [] }: Words, stop: string, tools: string) =>
  finish ?? (toolCalls.length > 0 ? tools : stop);

const openai: Format = {
  read: (_, body) => ({ model: body.model, isStream: body.stream === true }),
  error: (error) => ({
    error: { message: messageOf(error), type: error.status === 429 ? 'rate_limit_exceeded' : 'server_error' },
  }),
  whole(model, words) {
    const usage = usageOf(words);
    const message = {
      role: 'assistant',
      content: words.text ?? null,
      ...(words.toolCalls
        ? {
            tool_calls: words.toolCalls.map((call, index) => ({
              id: `call_${index}`,
              type: 'function',
              function: { name: call.name, arguments: textual(call.arguments) },
            })),
          }
        : {}),
    };
    const finish_reason = words.finish === null ? null : stopOf(words, 'stop', 'tool_calls');
    return {
      ...{ id: 'answer', object: 'chat.completion', created: 1, model },
      choices: [{ index: 0, message, finish_reason }],
      ...(usage ? { usage: openaiUsage(usage) } : {}),
    };
  },
  stream(model, words) {
    const usage = usageOf(words);
    const base = { id: 'answer', object: 'chat.completion.chunk', created: 1, model };
    const chunk = (delta: object, finish_reason: string | null = null) =>
      data({ ...base, choices: [{ index: 0, delta, finish_reason }] });
    const said = halves(words.text ?? '').map((content) => chunk({ content }));
    if (words.inBandError) return [...said, data(openai.error(words.inBandError))];
    const calls = (words.toolCalls ?? []).flatMap((call, index) => {
      const [first = '', second = ''] = halves(textual(call.arguments));
      const named = { index, id: `call_${index}`, type: 'function' };
      return [
        chunk({ tool_calls: [{ ...named, function: { name: call.name, arguments: first } }] }),
        chunk({ tool_calls: [{ index, function: { arguments: second } }] }),
      ];
    });
    if (words.finish === null) return [...said, ...calls];
    const end = [
      chunk({}, stopOf(words, 'stop', 'tool_calls')),
      ...(usage ? [data({ ...base, choices: [], usage: openaiUsage(usage) })] : []),
      'data: [DONE]\n\n',
    ];
    return [...said, ...calls, ...end];
  },
};
const openaiUsage = ({ input, output }: { input: number; output: number }) => ({
  prompt_tokens: input,
  completion_tokens: output,
  total_tokens: input + output,
});

const google: Format = {
  read: (path) => ({
    model: /models\/([^:]+):/.exec(path)?.[1] ?? '',
    isStream: path.includes(':streamGenerateContent'),
  }),
  error: (error) => ({
    error: {
      code: error.status,
      message: messageOf(error),
      status: error.status === 429 ? 'RESOURCE_EXHAUSTED' : 'INTERNAL',
    },
  }),
  whole: (model, words) => googleChunk(model, words, googleParts(words), true),
  stream(model, words) {
    const said = halves(words.text ?? '').map((text) => data(googleChunk(model, words, [{ text }], false)));
    if (words.inBandError) return [...said, data(google.error(words.inBandError))];
    if (words.finish === null) return said;
    return [...said, data(googleChunk(model, words, googleParts({ ...words, text: '' }), true))];
  },
};
const googleParts = ({ text, toolCalls = [] }: Words) => [
  ...(text ? [{ text }] : []),
  ...toolCalls.map((call) => ({ functionCall: { name: call.name, args: objectOf(call.arguments) } })),
];
function googleChunk(modelVersion: string, words: Words, parts: object[], isLast: boolean): object {
  const usage = usageOf(words);
  return {
    candidates: [
      {
        content: { role: 'model', parts },
        index: 0,
        ...(isLast && words.finish !== null ? { finishReason: words.finish ?? 'STOP' } : {}),
      },
    ],
    modelVersion,
    ...(isLast && usage
      ? {
          usageMetadata: {
            promptTokenCount: usage.input,
            candidatesTokenCount: usage.output,
            totalTokenCount: usage.input + usage.output,
          },
        }
      : {}),
  };
}

const anthropic: Format = {
  read: (_, body) => ({ model: body.model, isStream: body.stream === true }),
  error: (error) => ({
    type: 'error',
    error: {
      type: error.status === 429 ? 'rate_limit_error' : 'overloaded_error',
      message: messageOf(error),
    },
  }),
  whole(model, words) {
    const { input, output } = usageOf(words) ?? { input: 0, output: 0 };
    return {
      ...{ id: 'msg_1', type: 'message', role: 'assistant', model },
      content: [
        ...(words.text ? [{ type: 'text', text: words.text }] : []),
        ...(words.toolCalls ?? []).map((call, index) => ({
          ...{ type: 'tool_use', id: `toolu_${index}`, name: call.name, input: objectOf(call.arguments) },
        })),
      ],
      stop_reason: words.finish === null ? null : stopOf(words, 'end_turn', 'tool_use'),
      stop_sequence: null,
      usage: { input_tokens: input, output_tokens: output },
    };
  },
  stream(model, words) {
    const { input, output } = usageOf(words) ?? { input: 0, output: 0 };
    const event = (type: string, fields: object) => `event: ${type}\n${data({ type, ...fields })}`;
    const block = (index: number, content_block: object, deltas: object[]) => [
      event('content_block_start', { index, content_block }),
      ...deltas.map((delta) => event('content_block_delta', { index, delta })),
      event('content_block_stop', { index }),
    ];
    const texts = halves(words.text ?? '').map((text) => ({ type: 'text_delta', text }));
    const calls = words.toolCalls ?? [];
    const begun = [
      event('message_start', {
        message: {
          ...{ id: 'msg_1', type: 'message', role: 'assistant', model, content: [] },
          ...{ stop_reason: null, stop_sequence: null, usage: { input_tokens: input, output_tokens: 1 } },
        },
      }),
      ...(texts.length > 0 ? block(0, { type: 'text', text: '' }, texts) : []),
    ];
    if (words.inBandError) return [...begun, event('error', anthropic.error(words.inBandError))];
    const used = calls.flatMap((call, at) => {
      const index = at + (texts.length > 0 ? 1 : 0);
      const json = halves(textual(call.arguments)).map((partial_json) => ({
        type: 'input_json_delta',
        partial_json,
      }));
      return block(index, { type: 'tool_use', id: `toolu_${at}`, name: call.name, input: {} }, json);
    });
    if (words.finish === null) return [...begun, ...used];
    const end = [
      event('message_delta', {
        delta: { stop_reason: stopOf(words, 'end_turn', 'tool_use'), stop_sequence: null },
        usage: { output_tokens: output },
      }),
      event('message_stop', {}),
    ];
    return [...begun, ...used, ...end];
  },
};

export const WIRES: Record<Wire, Format> = { openai, google, anthropic };

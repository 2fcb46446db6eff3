import { estimateTokens } from '../domain/budget.js';
import type { ModelError } from './model-error.js';
import type { ModelRequest } from './models.js';

type Usage = { input: number; output: number };

/** Follows one answer as it comes, to know what it used should it not come to its end. */
export interface UsageMeter {
  /** The `fetch` to ask with. */
  fetch: typeof globalThis.fetch;
  /** A part of the stream, as the AI SDK has it. */
  hear(part: { type: string }): void;
  /** What was used although there is no answer; undefined where nothing was. */
  usageOf(error: ModelError): Usage | undefined;
}

const fieldsOf = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? { ...value } : {};

function sumOf(fields: Record<string, unknown>, names: readonly string[]): number {
  const counts = names.map((name) => Number(fields[name] ?? 0));
  return counts.every((count) => Number.isFinite(count) && count >= 0)
    ? counts.reduce((sum, count) => sum + count, 0)
    : 0;
}

/** As Anthropic counts at the start of an answer, Google in every part of it, OpenAI at the end. */
const INPUT = [
  ['input_tokens', 'cache_creation_input_tokens', 'cache_read_input_tokens'],
  ['promptTokenCount'],
  ['prompt_tokens'],
];
const OUTPUT = [['output_tokens'], ['candidatesTokenCount', 'thoughtsTokenCount'], ['completion_tokens']];

/** What a part of a stream, as it came over the wire, says of tokens so far; 0 where it says nothing. */
function toldBy(raw: unknown): Usage {
  const { usage, usageMetadata, message } = fieldsOf(raw);
  const counts = { ...fieldsOf(fieldsOf(message).usage), ...fieldsOf(usage), ...fieldsOf(usageMetadata) };
  const most = (names: readonly string[][]) => Math.max(...names.map((some) => sumOf(counts, some)));
  return { input: most(INPUT), output: most(OUTPUT) };
}

/** The text of a part, of whatever kind: all of it is paid for. */
function saidBy(part: object): string {
  if ('text' in part && typeof part.text === 'string') return part.text;
  return 'delta' in part && typeof part.delta === 'string' ? part.delta : '';
}

export function createUsageMeter(fetch: typeof globalThis.fetch, request: ModelRequest): UsageMeter {
  let wasSent = false;
  let wasTaken = false;
  let said = '';
  const told: Usage = { input: 0, output: 0 };

  /** A question that was sent is worked on until somebody refuses it: whoever hangs up does not know how far. */
  function wasPaidFor({ kind, isTimeout }: ModelError): boolean {
    if (said !== '' || told.input > 0) return true;
    return kind === 'cancelled' || isTimeout ? wasSent : wasTaken && kind === 'outage';
  }

  return {
    async fetch(input, init) {
      wasSent = true;
      const response = await fetch(input, init);
      wasTaken = response.ok;
      // Whoever refused has done no work, also where the refusal itself does not come to its end.
      wasSent = response.ok;
      return response;
    },
    hear(part) {
      if (part.type !== 'raw') {
        said += saidBy(part);
        return;
      }
      const { input, output } = toldBy('rawValue' in part ? part.rawValue : undefined);
      told.input = Math.max(told.input, input);
      told.output = Math.max(told.output, output);
    },
    usageOf(error) {
      if (!wasPaidFor(error)) return undefined;
      const { system, messages, tools, schema } = request;
      const output = Math.min(request.maxOutput, said === '' ? 0 : estimateTokens(said));
      return {
        input: told.input > 0 ? told.input : estimateTokens([system, messages, tools, schema]),
        output: Math.max(told.output, output),
      };
    },
  };
}

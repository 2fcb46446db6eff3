import { costOf, type TokenPrice, toUsd } from './model-cost.js';

/** Something that calls of models may use up. */
export interface Limit {
  /** As people set it: `maxTokens`, `ORG_MAX_COST_USD_PER_DAY`. */
  name: string;
  unit: 'tokens' | 'nanos';
  most: number;
  /** By what was answered, and at most by what is under way. */
  used: number;
}

/** A call that somebody wants to make. */
export interface PlannedCall {
  model: string;
  price: TokenPrice | null;
  /** Of the question, estimated. */
  inputTokens: number;
  /** So many may be answered. */
  outputTokens: number;
}

export type Allowance =
  | { kind: 'allowed'; outputTokens: number; reserved: { tokens: number; nanos: number } }
  | { kind: 'refused'; message: string };

/** A shorter answer is of no use to anybody. */
const LEAST_OUTPUT = 16;

const CHARACTERS_PER_TOKEN = 3;
const ASCII = /^[\x20-\x7e\s]*$/;

/**
 * Tokens of something that is said, rather too many than too few: English has some four characters a token, JSON some
 * three; of other scripts a character may be a token.
 */
export function estimateTokens(said: unknown): number {
  const text = typeof said === 'string' ? said : (JSON.stringify(said) ?? '');
  return ASCII.test(text) ? Math.ceil(text.length / CHARACTERS_PER_TOKEN) : text.length;
}

const inWords = ({ unit }: Limit, amount: number): string =>
  unit === 'tokens' ? `${amount} tokens` : `${toUsd(amount)} USD`;

/** So many tokens of an answer a limit leaves room for. */
function roomFor({ unit, most, used }: Limit, { price, inputTokens }: PlannedCall): number {
  const left = most - used;
  if (unit === 'tokens') return left - inputTokens;
  const { input, output } = price ?? { input: 0, output: 0 };
  const forAnswer = left - input * inputTokens;
  if (output > 0) return Math.floor(forAnswer / output);
  return forAnswer >= 0 ? Number.POSITIVE_INFINITY : -1;
}

/** How long an answer a call may ask for so that it passes no limit, or why it may not be made. */
export function allowanceOf(limits: readonly Limit[], call: PlannedCall): Allowance {
  const needed = Math.min(LEAST_OUTPUT, call.outputTokens);
  let outputTokens = call.outputTokens;
  for (const limit of limits) {
    if (limit.unit === 'nanos' && costOf(call.price, { input: call.inputTokens, output: 0 }) === null)
      return { kind: 'refused', message: `the price of ${call.model} is not known: set MODEL_PRICES` };
    const room = roomFor(limit, call);
    if (room < needed) return { kind: 'refused', message: refusal(limit, call) };
    outputTokens = Math.min(outputTokens, room);
  }
  const { inputTokens: input, price } = call;
  const nanos = costOf(price, { input, output: outputTokens }) ?? 0;
  return { kind: 'allowed', outputTokens, reserved: { tokens: input + outputTokens, nanos } };
}

const refusal = (limit: Limit, { inputTokens }: PlannedCall): string =>
  `${limit.name} is ${inWords(limit, limit.most)}, of which ${inWords(limit, limit.used)} are used: ` +
  `a question of about ${inputTokens} tokens and its answer would pass it`;

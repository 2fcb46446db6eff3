import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { Config } from '../config.js';
import { perToken } from '../domain/model-cost.js';
import type { Candidate, Price } from './models.js';
import { PROVIDER_NAMES } from './provider-table.js';

const Prices = z.record(
  z.string(),
  z.strictObject({
    input: z.number().min(0),
    output: z.number().min(0),
    /** Questions of more tokens have another price. */
    mostInput: z.int().optional(),
  }),
);
/** In US dollars for a million tokens; what its own provider asks for a model. */
const listed = z
  .looseObject({ version: z.string() })
  .transform((file) => Object.fromEntries(PROVIDER_NAMES.map((name) => [name, file[name]])))
  .pipe(z.record(z.enum(PROVIDER_NAMES), Prices))
  .parse(JSON.parse(readFileSync(new URL('./prices.json', import.meta.url), 'utf8')));

function priceIn(prices: z.infer<typeof Prices>, model: string): Price | null {
  const price = Object.hasOwn(prices, model) ? prices[model] : undefined;
  if (!price) return null;
  const { input, output, mostInput } = price;
  return {
    input: perToken(input),
    output: perToken(output),
    ...(mostInput === undefined ? {} : { mostInput }),
  };
}

/** What a model costs: as MODEL_PRICES says, or its provider's list. Null where nobody said; never guessed. */
export function priceOf(
  { provider, model }: Pick<Candidate, 'provider' | 'model'>,
  { MODEL_PRICES }: Pick<Config, 'MODEL_PRICES'>,
): Price | null {
  const own = priceIn(MODEL_PRICES, model);
  return own ?? (provider === 'custom' ? null : priceIn(listed[provider], model));
}

import { expect, test } from '@jest/globals';
import { readConfig } from '../../src/config.js';
import { costOf } from '../../src/domain/model-cost.js';
import type { Provider } from '../../src/models/models.js';
import { priceOf } from '../../src/models/prices.js';

const usage = { input: 1_000_000, output: 500_000 };
const costIn = (provider: Provider, model: string, prices = '{}') =>
  costOf(priceOf({ provider, model }, readConfig({ MODEL_PRICES: prices })), usage);

test.each([
  ['google', 'gemini-2.0-flash', 0.1 + 0.2],
  ['openai', 'gpt-4', 30 + 30],
  ['openai', 'gpt-3.5-turbo', 0.5 + 0.75],
  ['anthropic', 'claude-sonnet-4-5', 3 + 7.5],
] as const)('%s %s costs what its provider lists', (provider, model, usd) => {
  expect(costIn(provider, model)).toBe(Math.round(usd * 1e9));
});

test.each([
  ['custom', 'llama3'],
  ['custom', 'gpt-4'],
  ['openai', 'gpt-99'],
  ['openai', 'constructor'],
] as const)('the price of %s %s is not known, and not guessed', (provider, model) => {
  expect(costIn(provider, model)).toBeNull();
});

test('a price that was set goes before a list', () => {
  const prices = JSON.stringify({ llama3: { input: 0, output: 0 }, 'gpt-4': { input: 1, output: 2 } });
  expect(costIn('custom', 'llama3', prices)).toBe(0);
  expect(costIn('openai', 'gpt-4', prices)).toBe(2e9);
});

test('a price of shorter questions is not taken for longer ones', () => {
  const price = priceOf({ provider: 'google', model: 'gemini-2.5-pro' }, { MODEL_PRICES: {} });
  expect(costOf(price, { input: 200_000, output: 0 })).toBe(250_000_000);
  expect(costOf(price, { input: 200_001, output: 0 })).toBeNull();
});

test.each(['[]', 'cheap', '{"a":1}', '{"a":{"input":-1,"output":1}}', '{"a":{"input":1}}'])(
  'MODEL_PRICES of %s is refused at the start',
  (prices) => {
    expect(() => readConfig({ MODEL_PRICES: prices })).toThrow(/^MODEL_PRICES: must be JSON/);
  },
);

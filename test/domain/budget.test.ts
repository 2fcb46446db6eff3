import { describe, expect, test } from '@jest/globals';
import { allowanceOf, estimateTokens, type Limit, type PlannedCall } from '../../src/domain/budget.js';

const call: PlannedCall = {
  model: 'gpt-4',
  // 30 and 60 dollars for a million tokens.
  price: { input: 30_000, output: 60_000 },
  inputTokens: 100,
  outputTokens: 1_000,
};
const tokens = (most: number, used = 0): Limit => ({ name: 'maxTokens', unit: 'tokens', most, used });
const usd = (most: number, used = 0): Limit => ({
  ...{ name: 'maxCostUsd', unit: 'nanos', most: most * 1e9, used: used * 1e9 },
});

describe('a call of a model', () => {
  test('without a limit may have the answer that it wants, and that is reserved', () => {
    expect(allowanceOf([], call)).toEqual({
      kind: 'allowed',
      outputTokens: 1_000,
      reserved: { tokens: 1_100, nanos: 63_000_000 },
    });
  });

  test('gets a shorter answer where a limit leaves room for no longer one', () => {
    expect(allowanceOf([tokens(700, 200)], call)).toMatchObject({ outputTokens: 400 });
    // 0.033 dollars, of which the question takes 0.003.
    expect(allowanceOf([usd(0.033)], call)).toMatchObject({ outputTokens: 500 });
    expect(allowanceOf([tokens(700, 200), usd(0.033)], call)).toMatchObject({ outputTokens: 400 });
  });

  test('never reserves more than a limit leaves', () => {
    for (const most of [0.004, 0.0137, 0.02, 0.0619]) {
      const allowance = allowanceOf([usd(most)], call);
      if (allowance.kind === 'allowed') expect(allowance.reserved.nanos).toBeLessThanOrEqual(most * 1e9);
    }
  });

  test('is refused where there is no room for an answer, saying which limit, its value and what was used', () => {
    expect(allowanceOf([tokens(1_000, 890)], call)).toEqual({
      kind: 'refused',
      message:
        'maxTokens is 1000 tokens, of which 890 tokens are used: a question of about 100 tokens and its answer would pass it',
    });
    expect(allowanceOf([usd(0.5, 0.4999)], call)).toMatchObject({
      message: expect.stringMatching(/^maxCostUsd is 0.5 USD, of which 0.4999 USD are used/),
    });
  });

  test('that wants a short answer needs room for no longer one', () => {
    expect(allowanceOf([tokens(105)], { ...call, outputTokens: 5 })).toMatchObject({ outputTokens: 5 });
    expect(allowanceOf([tokens(105)], call).kind).toBe('refused');
  });

  test('is refused by a limit of cost where its price is not known', () => {
    const unknown = { kind: 'refused', message: 'the price of gpt-4 is not known: set MODEL_PRICES' };
    expect(allowanceOf([usd(100)], { ...call, price: null })).toEqual(unknown);
    const forShort = { input: 30_000, output: 60_000, mostInput: 99 };
    expect(allowanceOf([usd(100)], { ...call, price: forShort })).toEqual(unknown);
    expect(allowanceOf([tokens(5_000)], { ...call, price: null })).toMatchObject({ reserved: { nanos: 0 } });
  });

  test('that costs nothing passes any limit of cost that is not used up', () => {
    expect(allowanceOf([usd(0.001)], { ...call, price: { input: 0, output: 0 } }).kind).toBe('allowed');
    expect(allowanceOf([usd(0.001, 0.002)], { ...call, price: { input: 0, output: 0 } }).kind).toBe(
      'refused',
    );
  });
});

test('tokens are rather over- than underestimated', () => {
  expect(estimateTokens('four score and seven years ago')).toBe(10);
  expect(estimateTokens('四十七年前')).toBe(5);
  expect(estimateTokens(undefined)).toBe(0);
});

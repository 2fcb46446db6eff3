import { expect, test } from '@jest/globals';
import { several, took, usd } from '../../src/dashboard/amounts.js';

test('what something took is told in the unit that people would take, without a gap at their borders', () => {
  const told = [0, 0.4, 999, 1_000, 59_940, 59_960, 60_000, 119_999, 259_200_000].map(took);
  expect(told).toEqual(['0 ms', '0 ms', '999 ms', '1.0 s', '59.9 s', '1m 00s', '1m 00s', '2m 00s', '3d 00h']);
  expect([took(null), took(undefined)]).toEqual(['–', '–']);
});

test('small amounts of money are not nothing, and an unknown price is not zero', () => {
  const told = [0, 0.000_123, 0.0099, 0.01, 12.345, null].map(usd);
  expect(told).toEqual(['$0.00', '$0.00012', '$0.0099', '$0.01', '$12.35', 'price not known']);
});

test('one is told in the singular', () => {
  expect([several(1, 'timer'), several(1_200, 'delivery', 'deliveries')]).toEqual([
    '1 timer',
    '1,200 deliveries',
  ]);
});

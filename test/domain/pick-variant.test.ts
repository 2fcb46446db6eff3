import { expect, test } from '@jest/globals';
import { pickVariant } from '../../src/domain/pick-variant.js';

const AGENTS = Array.from({ length: 4_000 }, (_, index) => `agent-${index}`);
const countOf = (picked: ({ name: string } | undefined)[], name: string) =>
  picked.filter((variant) => variant?.name === name).length;

test('each falls to as large a share of the agents as its weight is of all weights', () => {
  const variants = [
    { name: 'a', weight: 1 },
    { name: 'never', weight: 0 },
    { name: 'b', weight: 3 },
  ];
  const picked = AGENTS.map((agent) => pickVariant(variants, 'instruction', agent));
  expect(countOf(picked, 'never')).toBe(0);
  expect(countOf(picked, 'a') / AGENTS.length).toBeCloseTo(0.25, 1);
  expect(countOf(picked, 'a') + countOf(picked, 'b')).toBe(AGENTS.length);
});

test('the same agent gets the same, and another instruction is another draw', () => {
  const variants = [
    { name: 'a', weight: 1 },
    { name: 'b', weight: 1 },
  ];
  const first = AGENTS.map((agent) => pickVariant(variants, 'first', agent));
  expect(AGENTS.map((agent) => pickVariant(variants, 'first', agent))).toEqual(first);
  const both = AGENTS.filter(
    (agent, index) => first[index] === pickVariant(variants, 'second', agent),
  ).length;
  expect(both / AGENTS.length).toBeCloseTo(0.5, 1);
});

test('there is none where there are none, or all weigh nothing', () => {
  expect(pickVariant([], 'instruction', 'agent')).toBeUndefined();
  expect(pickVariant([{ weight: 0 }], 'instruction', 'agent')).toBeUndefined();
});

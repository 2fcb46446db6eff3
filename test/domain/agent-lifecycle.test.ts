import { expect, test } from '@jest/globals';
import { type LifecycleVerb, moved, startsOf } from '../../src/domain/agent-lifecycle.js';
import type { Lifecycle } from '../../src/schemas/agent.js';

const STATES: Lifecycle[] = ['created', 'running', 'paused', 'stopped'];
const EXPECTED: Record<LifecycleVerb, (Lifecycle | null)[]> = {
  start: ['running', null, null, 'running'],
  pause: [null, 'paused', null, null],
  resume: [null, null, 'running', null],
  stop: ['stopped', 'stopped', 'stopped', null],
};

test.each(Object.entries(EXPECTED))('%s leads where it should from every state', (name, expected) => {
  const verb = name as LifecycleVerb;
  expect(STATES.map((state) => moved(state, verb))).toEqual(expected);
  expect(startsOf(verb)).toEqual(STATES.filter((_, index) => expected[index] !== null));
});

import { describe, expect, test } from '@jest/globals';
import { type EndedTask, handledOutcome } from '../../src/domain/handled-outcome.js';
import { LINGER_MS, restOfMailbox } from '../../src/domain/mailbox-rest.js';
import { refusalDelayMs } from '../../src/domain/refusal-delay.js';

const ended = (over: Partial<EndedTask>): EndedTask => ({
  ...{ status: 'completed', output: null, error_category: null, error_message: null },
  ...over,
});

test.each([
  ['an object is the reply', { a: 1 }, { a: 1 }],
  ['text is its content', 'Sunny.', { content: 'Sunny.' }],
  ['a list is its content', [1], { content: [1] }],
  ['nothing is no reply', null, null],
])('of the output of a task %s', (_, output, reply) => {
  expect(handledOutcome(ended({ output }))).toEqual({ kind: 'processed', reply });
});

test('an answer that no message can carry fails', () => {
  expect(handledOutcome(ended({ output: 'x'.repeat(300_000) }))).toEqual({
    ...{ kind: 'failed', error: 'its answer is larger than 256 KB' },
  });
});

test.each(['model', 'rate_limit', 'tool', 'interrupted', 'timeout'] as const)(
  'what fails because of %s comes again',
  (error_category) => {
    const task = ended({ status: 'failed', error_category, error_message: 'why' });
    expect(handledOutcome(task)).toEqual({ kind: 'refused', error: `${error_category}: why` });
  },
);

test.each(['configuration', 'invalid_input', 'budget', 'step_limit', 'code', 'invalid_output'] as const)(
  'what fails because of %s has failed for good',
  (error_category) => {
    const task = ended({ status: 'failed', error_category, error_message: 'why' });
    expect(handledOutcome(task)).toEqual({ kind: 'failed', error: `${error_category}: why` });
  },
);

test('what took too long comes again, what was cancelled does not', () => {
  expect(handledOutcome(ended({ status: 'timed_out' })).kind).toBe('refused');
  expect(handledOutcome(ended({ status: 'cancelled' }))).toEqual({ kind: 'failed', error: 'cancelled' });
});

test('a message whose task is known no more comes again', () => {
  expect(handledOutcome(undefined)).toEqual({ kind: 'refused', error: 'interrupted' });
});

test('what is refused comes again ever later, at most after a minute', () => {
  expect([1, 2, 3, 7, 50].map(refusalDelayMs)).toEqual([1_000, 2_000, 4_000, 60_000, 60_000]);
});

describe('a mailbox rests', () => {
  const now = Date.parse('2030-01-01T00:00:00.000Z');
  const rest = (over: Partial<Parameters<typeof restOfMailbox>[0]>) =>
    restOfMailbox({
      nextAt: null,
      isHandling: false,
      patienceMs: null,
      lastWordAt: now - 5_000,
      now,
      ...over,
    });

  test('until the next message may be given', () => {
    expect(rest({ nextAt: new Date(now + 700).toISOString() })).toBe(700);
    expect(rest({ nextAt: new Date(now - 700).toISOString() })).toBe(50);
  });

  test('until it is told, while it handles something', () => {
    expect(rest({ isHandling: true })).toBeNull();
  });

  test('no longer than it has patience with what others have begun', () => {
    expect(rest({ isHandling: true, patienceMs: 4_000 })).toBe(4_000);
  });

  test('until nobody can be writing any more, and is done then', () => {
    expect(rest({})).toBe(LINGER_MS - 5_000);
    expect(rest({ lastWordAt: now - LINGER_MS })).toBe(0);
  });

  test('no longer than 2 s after a word: its row may come after it', () => {
    expect(rest({ lastWordAt: now - 500 })).toBe(1_500);
    expect(rest({ lastWordAt: now - 500, isHandling: true })).toBe(1_500);
  });
});

import { describe, expect, test } from '@jest/globals';
import { dueOf, plan } from '../../src/domain/timer-plan.js';

const now = Date.parse('2030-01-31T09:00:00Z');
const YEAR_MS = 365 * 86_400_000;

describe('the due time of a request', () => {
  test('of a duration counts from now', () => {
    expect(dueOf({ duration: 1_500 }, now)).toMatchObject({
      kind: 'due',
      durationMs: 1_500,
      fireAt: new Date(now + 1_500),
    });
  });

  test('of a moment is that moment', () => {
    expect(dueOf({ fireAt: new Date(now + 7) }, now)).toMatchObject({ kind: 'due', durationMs: 7 });
  });

  test.each([
    [{ fireAt: new Date(now) }, 'fireAt'],
    [{ fireAt: new Date(now - 1) }, 'fireAt'],
    [{ fireAt: new Date(now + 5 * YEAR_MS + 1) }, 'fireAt'],
    [{ duration: 5 * YEAR_MS + 1 }, 'duration'],
  ])('%p is refused, naming the field', (asked, path) => {
    expect(dueOf(asked, now)).toMatchObject({ kind: 'refused', path });
  });

  test('a repetition that ends before it begins is refused', () => {
    const repeat = { every: 1_000, until: new Date(now + 1) };
    expect(plan({ duration: 5_000, repeat }, now)).toMatchObject({ kind: 'refused', path: 'repeat.until' });
  });
});

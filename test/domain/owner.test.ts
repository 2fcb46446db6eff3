import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  HOUR_MS,
  isArmed,
  LEAD_MS,
  OPENING_MS,
  ownersOf,
  WINDOW_MS,
  windowOf,
} from '../../src/domain/owner.js';

const hourStart = Date.parse('2030-01-31T09:00:00Z');
const fireAt = new Date(hourStart + 50_000);
const kinds = (now: number) => ownersOf(fireAt, now).map(({ kind }) => kind);

describe('the owner of a due time', () => {
  test('is the window of 20 s that it lies in', () => {
    expect(windowOf(new Date('2030-01-31T09:00:39.999Z')).toISOString()).toBe('2030-01-31T09:00:20.000Z');
    expect(windowOf(new Date('2030-01-31T09:00:40.000Z')).toISOString()).toBe('2030-01-31T09:00:40.000Z');
  });

  test('is the hour while that is not open, then the window, and both around the opening', () => {
    const opensAt = hourStart - OPENING_MS;
    expect(kinds(opensAt - 6_000)).toEqual(['hour']);
    expect(kinds(opensAt - 4_000)).toEqual(['window', 'hour']);
    expect(kinds(opensAt + 4_000)).toEqual(['window', 'hour']);
    expect(kinds(opensAt + 6_000)).toEqual(['window']);
    expect(kinds(fireAt.getTime() + 1)).toEqual(['window']);
  });

  test('exists at every moment, and its time holds the due moment', () => {
    fc.assert(
      fc.property(fc.integer({ min: -HOUR_MS * 3, max: HOUR_MS }), (offset) => {
        const [owner] = ownersOf(fireAt, fireAt.getTime() + offset);
        const length = owner.kind === 'hour' ? HOUR_MS : WINDOW_MS;
        const into = fireAt.getTime() - owner.startsAt.getTime();
        expect(into >= 0 && into < length).toBe(true);
      }),
    );
  });

  test('is armed 4 s before it begins', () => {
    expect(isArmed(new Date(hourStart), hourStart - LEAD_MS - 1)).toBe(false);
    expect(isArmed(new Date(hourStart), hourStart - LEAD_MS)).toBe(true);
  });
});

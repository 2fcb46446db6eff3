import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { presenceOf, type SessionSpan } from '../../src/domain/agent-analytics.js';

const MINUTE = 60_000;
const session = (over: Partial<SessionSpan> = {}): SessionSpan => ({
  ...{ connectedAt: 0, endedAt: null, endReason: null, intervalMs: MINUTE, heartbeats: 0 },
  ...over,
});
const sinceCreation = { from: -1_000, createdAt: 0 };

describe('uptime', () => {
  test('is the connected share of the period', () => {
    const sessions = [
      session({ endedAt: 10 * MINUTE, endReason: 'disconnected' }),
      session({ connectedAt: 20 * MINUTE }),
    ];
    expect(presenceOf(sessions, sinceCreation, 40 * MINUTE)).toMatchObject({
      ...{ uptime: 0.75, connectedMs: 30 * MINUTE, sessions: 2 },
    });
  });

  test('counts from the creation of an agent that is younger than the period', () => {
    const period = { from: -60 * MINUTE, createdAt: 10 * MINUTE };
    expect(presenceOf([session({ connectedAt: 15 * MINUTE })], period, 20 * MINUTE).uptime).toBe(0.5);
  });

  test('counts of a session that began before the period what lies in it', () => {
    const period = { from: 30 * MINUTE, createdAt: 0 };
    const sessions = [session({ endedAt: 40 * MINUTE, endReason: 'silent' })];
    expect(presenceOf(sessions, period, 50 * MINUTE)).toMatchObject({
      ...{ uptime: 0.5, connectedMs: 10 * MINUTE, sessions: 1, silences: 1 },
    });
  });

  test('leaves out a session that ended before the period', () => {
    const period = { from: 30 * MINUTE, createdAt: 0 };
    const sessions = [session({ endedAt: 29 * MINUTE, endReason: 'silent' })];
    expect(presenceOf(sessions, period, 50 * MINUTE)).toMatchObject({ uptime: 0, sessions: 0, silences: 0 });
  });

  test('is 0 for an agent that was created this very moment', () => {
    expect(presenceOf([], sinceCreation, 0)).toEqual({
      ...{ uptime: 0, connectedMs: 0, sessions: 0, silences: 0, missedHeartbeats: 0 },
    });
  });
});

describe('missed heartbeats', () => {
  const missed = (over: Partial<SessionSpan>, now: number, period = sinceCreation) =>
    presenceOf([session(over)], period, now).missedHeartbeats;

  test('are none while the next one is not late yet', () => {
    expect(missed({ heartbeats: 2 }, 3 * MINUTE - 1)).toBe(0);
    expect(missed({ heartbeats: 2 }, 3 * MINUTE)).toBe(1);
  });

  test('are those of its deadline where an agent fell silent', () => {
    const silent = { endedAt: 5 * MINUTE + 400, endReason: 'silent', heartbeats: 2 };
    expect(missed(silent, 60 * MINUTE)).toBe(3);
  });

  test('are none where more came than were expected', () => {
    expect(missed({ heartbeats: 500 }, 3 * MINUTE)).toBe(0);
  });

  test('are, of a session that began before the period, its share', () => {
    const period = { from: 50 * MINUTE, createdAt: 0 };
    expect(missed({ heartbeats: 40 }, 100 * MINUTE, period)).toBe(30);
  });
});

const moment = fc.integer({ min: 0, max: 1_000_000 });
const anySession = fc.record({
  connectedAt: moment,
  endedAt: fc.option(moment),
  endReason: fc.constantFrom(null, 'silent', 'disconnected'),
  intervalMs: fc.integer({ min: 1, max: 100_000 }),
  heartbeats: fc.integer({ min: 0, max: 1_000 }),
});

describe('whatever the rows say', () => {
  const check = (property: (sessions: SessionSpan[], from: number, createdAt: number, now: number) => void) =>
    fc.assert(fc.property(fc.array(anySession, { maxLength: 8 }), moment, moment, moment, property));

  test('uptime lies from 0 to 1, and no count below 0', () => {
    check((sessions, from, createdAt, now) => {
      const { uptime, ...counts } = presenceOf(sessions, { from, createdAt }, now);
      expect(uptime).toBeGreaterThanOrEqual(0);
      expect(uptime).toBeLessThanOrEqual(1);
      for (const count of Object.values(counts)) expect(Number.isSafeInteger(count) && count >= 0).toBe(true);
      expect(counts.connectedMs).toBeLessThanOrEqual(Math.max(0, now - Math.max(from, createdAt)));
      expect(counts.silences).toBeLessThanOrEqual(counts.sessions);
    });
  });

  test('the order of the sessions changes nothing', () => {
    const distinct = fc.uniqueArray(anySession, { maxLength: 8, selector: ({ connectedAt }) => connectedAt });
    fc.assert(
      fc.property(distinct, moment, (sessions, now) => {
        const period = { from: 0, createdAt: 0 };
        expect(presenceOf(sessions.toReversed(), period, now)).toEqual(presenceOf(sessions, period, now));
      }),
    );
  });

  test('a longer period never shows less of an agent', () => {
    check((sessions, from, later, now) => {
      const [long, short] = [Math.min(from, later), Math.max(from, later)].map((begin) =>
        presenceOf(sessions, { from: begin, createdAt: 0 }, now),
      );
      expect(long?.connectedMs).toBeGreaterThanOrEqual(short?.connectedMs ?? 0);
      expect(long?.sessions).toBeGreaterThanOrEqual(short?.sessions ?? 0);
    });
  });
});

import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  afterFailure,
  afterSuccess,
  attemptsAllowed,
  type Circuit,
  CLOSED,
} from '../../src/domain/circuit.js';

const DAY_MS = 86_400_000;

function failing(times: number, now: number, from: Circuit = CLOSED): Circuit {
  let circuit = from;
  for (let failure = 0; failure < times; failure++) circuit = afterFailure(circuit, now);
  return circuit;
}

/** Fails every probe as soon as it is allowed, until `endsAt`. */
function failingProbes(
  endsAt: number,
  whose: { isOurs?: boolean } = {},
): { circuit: Circuit; pauses: number[] } {
  let circuit = failing(10, 0);
  const pauses: number[] = [];
  for (let now = 0; circuit.state === 'open' && now < endsAt; ) {
    pauses.push(circuit.openedUntil - now);
    now = circuit.openedUntil;
    circuit = afterFailure(circuit, now, whose);
  }
  return { circuit, pauses };
}

describe('a circuit', () => {
  test('lets 20 attempts through while the receiver works', () => {
    expect(attemptsAllowed(CLOSED, 0)).toBe(20);
  });

  test('stays closed for 9 failures in a row and opens with the 10th', () => {
    expect(failing(9, 0).state).toBe('closed');
    expect(failing(10, 0)).toEqual({ state: 'open', failures: 10, failingSince: 0, openedUntil: 1_000 });
  });

  test('counts failures in a row only', () => {
    const circuit = failing(9, 0, afterSuccess());
    expect(failing(9, 0, circuit.state === 'closed' ? afterSuccess() : circuit).state).toBe('closed');
  });

  test('lets nothing through while it is open, then one probe', () => {
    const circuit = failing(10, 0);
    expect(attemptsAllowed(circuit, 999)).toBe(0);
    expect(attemptsAllowed(circuit, 1_000)).toBe(1);
  });

  test('pauses twice as long after each failed probe, from 1 s up to 5 min', () => {
    const { pauses } = failingProbes(3_600_000);
    expect(pauses.slice(0, 5)).toEqual([1_000, 2_000, 4_000, 8_000, 16_000]);
    expect(Math.max(...pauses)).toBe(300_000);
  });

  test('does not count what was under way when it opened', () => {
    expect(failing(500, 0)).toEqual(failing(10, 0));
  });

  test('closes with one success', () => {
    expect(afterSuccess()).toEqual(CLOSED);
  });

  test('is switched off after 5 days of nothing but failures, and not before', () => {
    expect(failingProbes(4.99 * DAY_MS).circuit.state).toBe('open');
    expect(failingProbes(6 * DAY_MS).circuit.state).toBe('off');
  });

  test("of the operator's own server stays open, and probes it, however long that is away", () => {
    const { circuit, pauses } = failingProbes(20 * DAY_MS, { isOurs: true });
    expect(circuit.state).toBe('open');
    expect(pauses.at(-1)).toBe(300_000);
  });

  test('lets nothing through when it is switched off, however late', () => {
    const off = failingProbes(6 * DAY_MS).circuit;
    expect(attemptsAllowed(off, 100 * DAY_MS)).toBe(0);
    expect(afterFailure(off, 100 * DAY_MS)).toBe(off);
  });

  test('of two failures that lie days apart is not switched off', () => {
    expect(afterFailure(failing(1, 0), 6 * DAY_MS).state).toBe('closed');
  });

  test('opens again at some moment, whatever happens', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 600_000 }), { maxLength: 60 }), (gaps) => {
        let now = 0;
        let circuit: Circuit = CLOSED;
        for (const gap of gaps) {
          now += gap;
          circuit = afterFailure(circuit, now);
        }
        expect(attemptsAllowed(circuit, now + 300_000)).toBeGreaterThan(0);
      }),
    );
  });
});

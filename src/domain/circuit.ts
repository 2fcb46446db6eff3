/** A circuit opens after so many failures in a row. */
export const OPENS_AFTER = 10;
/** It stays open this long, and twice as long after each probe that fails, up to the longest. */
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 300_000;
/** A receiver that did nothing but fail for 5 days is switched off. */
const SWITCHED_OFF_AFTER_MS = 432_000_000;
/** At once to a receiver that works. */
const ABREAST = 20;

/** What is known of a receiver. Times are ms since 1970. */
export type Circuit =
  | { state: 'closed'; failures: number; failingSince: number | null }
  | { state: 'open'; failures: number; failingSince: number; openedUntil: number }
  | { state: 'off'; failures: number; failingSince: number };

/** Of a receiver that never failed, or works again. */
export const CLOSED: Circuit = { state: 'closed', failures: 0, failingSince: null };

/** The receiver answered: whatever was, it is there. */
export const afterSuccess = (): Circuit => CLOSED;

/**
 * The receiver failed. What was under way when the circuit opened is no probe and changes nothing. `isOurs`: a server of
 * the operator's own, which is never switched off.
 */
export function afterFailure(circuit: Circuit, now: number, { isOurs = false } = {}): Circuit {
  if (circuit.state === 'off') return circuit;
  if (circuit.state === 'open' && now < circuit.openedUntil) return circuit;
  const failures = circuit.failures + 1;
  const failingSince = circuit.failingSince ?? now;
  if (failures < OPENS_AFTER) return { state: 'closed', failures, failingSince };
  if (!isOurs && now - failingSince >= SWITCHED_OFF_AFTER_MS) return { state: 'off', failures, failingSince };
  const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** (failures - OPENS_AFTER), LONGEST_PAUSE_MS);
  return { state: 'open', failures, failingSince, openedUntil: now + pauseMs };
}

/**
 * How many attempts a receiver may get at once: of one that has begun to fail, as many as would open its circuit; one
 * probe when its pause is over.
 */
export function attemptsAllowed(circuit: Circuit, now: number): number {
  if (circuit.state === 'closed') return circuit.failures === 0 ? ABREAST : OPENS_AFTER - circuit.failures;
  return circuit.state === 'open' && now >= circuit.openedUntil ? 1 : 0;
}

import { createLog, type Log } from '../../src/log.js';

/** A log whose lines a test may read, and empty. */
export function keepLog(): { log: Log; lines: string[] } {
  const lines: string[] = [];
  return { log: createLog('info', { write: (line: string) => void lines.push(line) }), lines };
}

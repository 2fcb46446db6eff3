import { InvalidInput } from '../../plugin/define-tool.js';
import { type Cycle, nextRuns, readCycle } from '../../schedules/cycle.js';

const FIELDS: Record<string, string> = { cron_expression: 'cron' };

/** Reads a cron expression, and its next three runs; throws a sentence for one that is wrong, or never runs. Day of month and day of week have both to match. */
export function readCron(cron: string, timezone: string, now: Date): Cycle & { next: Date[] } {
  const read = readCycle({ cron_expression: cron, timezone }, now);
  if (read.kind === 'ready')
    return { ...read.cycle, next: nextRuns(read.cycle, { after: now, count: 3, anchor: now }) };
  const sentences = read.errors.map(({ path, message }) => `${FIELDS[path] ?? path}: ${message}`);
  throw new InvalidInput(sentences.join('; '));
}

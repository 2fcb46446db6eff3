import { expect, test } from '@jest/globals';
import { readCron } from '../../src/tools/scheduling/cron.js';

const NOW = new Date('2030-01-31T09:00:00.000Z');
const read = (cron: string, timezone = 'UTC') => readCron(cron, timezone, NOW);

test.each([
  ['0 9 * * 1-5', '2030-02-01T09:00:00.000Z'],
  ['*/15 * * * *', '2030-01-31T09:15:00.000Z'],
  ['30 8 1 JAN,JUL *', '2030-07-01T08:30:00.000Z'],
  ['0 0 * * SUN', '2030-02-03T00:00:00.000Z'],
  ['  0   0  29 2 *  ', '2032-02-29T00:00:00.000Z'],
])('%j runs next at %s', (cron, at) => {
  expect(read(cron).next[0]?.toISOString()).toBe(at);
});

test('day of month and day of week both have to match, as Temporal does it', () => {
  // The next 13th that is a Friday.
  expect(read('0 0 13 * 5').next[0]?.toISOString()).toBe('2030-09-13T00:00:00.000Z');
});

test('a time zone moves the runs, and is written as the IANA database has it', () => {
  expect(read('0 9 * * *', 'europe/madrid')).toMatchObject({ timezone: 'Europe/Madrid' });
  expect(read('0 9 * * *', 'America/New_York').next[0]?.toISOString()).toBe('2030-01-31T14:00:00.000Z');
});

test.each([
  ['*/10 * * * * *', 'five fields'],
  ['* * * *', 'five fields'],
  ['@daily', 'five fields'],
  ['0 0 * * SUN#2', 'are not taken'],
  ['0 0 L * *', 'are not taken'],
  ['0 0 15W * *', 'are not taken'],
  ['0 0 ? * 1', 'are not taken'],
  ['0 0 * MON 1', 'are not taken'],
  ['61 * * * *', 'is not an expression'],
  ['0 0 31 2 *', 'never runs'],
  ['0 0 30 FEB *', 'never runs'],
])('%j is refused: %s', (cron, words) => {
  expect(() => read(cron)).toThrow(words);
});

test.each(['Mars/Olympus', '+02:00', '', 'Local', 'UTC; drop'])('the time zone %j is refused', (timezone) => {
  expect(() => read('0 9 * * *', timezone)).toThrow('is not the name of a time zone');
});

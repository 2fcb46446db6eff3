import { expect, test } from '@jest/globals';
import { endedNotices, tellsOf } from '../../src/domain/ended-notice.js';

test('every id is told of exactly once, in notices that PostgreSQL takes', () => {
  const ids = Array.from({ length: 1_000 }, (_, index) => `timer-${index}`.padEnd(60, 'x'));
  const notices = endedNotices('demo', ids);
  expect(Math.max(...notices.map((notice) => notice.length))).toBeLessThan(8_000);
  for (const id of ids) expect(notices.filter((notice) => tellsOf(notice, 'demo', id))).toHaveLength(1);
});

test('an id that another one begins with is not told of', () => {
  const [notice = ''] = endedNotices('demo', ['abc']);
  expect(tellsOf(notice, 'demo', 'ab')).toBe(false);
  expect(tellsOf(notice, 'other', 'abc')).toBe(false);
});

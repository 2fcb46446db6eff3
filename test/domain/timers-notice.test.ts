import { expect, test } from '@jest/globals';
import { noticesOf } from '../../src/domain/timers-notice.js';

const windowAt = new Date(1_000_000);
const timer = (id: string, over = {}) => ({
  orgId: 'o',
  id,
  windowAt,
  fireAt: new Date(1_005_000),
  mustBeRead: false,
  ...over,
});

test('a window that is not armed is told nothing: it reads its rows when it is', () => {
  expect(noticesOf([timer('a')], windowAt.getTime() - 4_001)).toEqual([]);
});

test('an armed window is told what was added, or to read again where that is too much for one notice', () => {
  const now = windowAt.getTime();
  expect(noticesOf([timer('a'), timer('b')], now)).toEqual([
    {
      orgId: 'o',
      windowAt: 1_000_000,
      timers: [
        ['a', 1_005_000],
        ['b', 1_005_000],
      ],
    },
  ]);
  expect(noticesOf([timer('a', { mustBeRead: true })], now)).toEqual([{ orgId: 'o', windowAt: 1_000_000 }]);
  const many = Array.from({ length: 200 }, (_, index) => timer(`t${index}`));
  expect(noticesOf(many, now)).toEqual([{ orgId: 'o', windowAt: 1_000_000 }]);
});

test('a notice always fits into the 8,000 bytes that PostgreSQL gives it', () => {
  const many = Array.from({ length: 90 }, (_, index) => timer(String(index).padStart(63, 'x')));
  const [notice] = noticesOf(many, windowAt.getTime());
  expect(notice?.timers).toHaveLength(90);
  expect(JSON.stringify(notice).length).toBeLessThan(8_000);
});

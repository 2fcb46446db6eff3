import { expect, test } from '@jest/globals';
import { toolNames } from '../../src/models/tool-names.js';

test('names that every provider takes stay as they are', () => {
  const names = toolNames(['get_listings', 'read-file']);
  expect(names.outward('get_listings')).toBe('get_listings');
  expect(names.inward('read-file')).toBe('read-file');
});

test('others come back as they were, however alike they look', () => {
  const given = ['a.b', 'a_b', '_a_b', '7zip', 'a..b', '.'.repeat(64), `${'.'.repeat(63)}x`];
  const names = toolNames(given);
  const outward = given.map(names.outward);
  expect(new Set(outward).size).toBe(given.length);
  expect(outward.every((name) => /^[A-Za-z_][A-Za-z0-9_-]{0,63}$/.test(name))).toBe(true);
  expect(outward.map(names.inward)).toEqual(given);
});

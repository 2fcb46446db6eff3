import { expect, test } from '@jest/globals';
import { isSignalTarget } from '../../src/domain/signal-target.js';

test.each([
  ['order/acme/7', true],
  ['order/acme', true],
  ['order/other/7', false],
  ['acme', false],
  ['', false],
  ['timers/acme/2030-01-31T09:00:00.000Z', false],
  ['endpoint/acme/https://a.example', false],
])('a signal to %s: %p', (workflowId, isAllowed) => {
  expect(isSignalTarget(workflowId, 'acme')).toBe(isAllowed);
});

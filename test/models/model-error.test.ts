import { expect, test } from '@jest/globals';
import { retryAfterOf, toModelError } from '../../src/models/model-error.js';
import { OutboundError } from '../../src/outbound/outbound-error.js';

const NOW = Date.parse('2030-01-31T09:00:00Z');
const signal = new AbortController().signal;
const circumstances = { signal, timeout: signal, timeoutMs: 1_000, apiKey: null, now: NOW };

test.each([
  [{ 'retry-after': '2' }, 2_000],
  [{ 'retry-after': 'Thu, 31 Jan 2030 09:00:05 GMT' }, 5_000],
  [{ 'retry-after': 'Thu, 31 Jan 2030 08:00:00 GMT' }, 0],
  [{ 'retry-after-ms': '120', 'retry-after': '9' }, 120],
  [{ 'retry-after': 'soon' }, undefined],
  [{ 'retry-after': '' }, undefined],
  [undefined, undefined],
])('%p means %p ms', (headers, expected) => {
  expect(retryAfterOf(headers, NOW)).toBe(expected);
});

test.each([
  [{ error: { code: 429, message: 'slow down' } }, 'rate_limit'],
  [{ type: 'insufficient_quota', message: 'You exceeded your current quota' }, 'rate_limit'],
  [{ type: 'overloaded_error', message: 'Overloaded' }, 'outage'],
  ['boom', 'outage'],
  [new TypeError('terminated'), 'outage'],
  [new OutboundError('address_not_allowed'), 'refused'],
  [new OutboundError('timeout'), 'outage'],
])('%p is taken for what it is: %s', (error, kind) => {
  expect(toModelError(error, circumstances).kind).toBe(kind);
});

test('what fails because the task was cancelled is cancelled', () => {
  const cancelled = { ...circumstances, signal: AbortSignal.abort() };
  expect(toModelError(new Error('aborted'), cancelled).kind).toBe('cancelled');
});

test('an answer that is no stream says how to ask for none', () => {
  const error = new Error('Response stream ended without a finish reason.');
  expect(toModelError(error, circumstances).message).toContain('LLM_STREAM=off');
});

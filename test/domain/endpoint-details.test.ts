import { expect, test } from '@jest/globals';
import { endpointDetails } from '../../src/domain/endpoint-details.js';

test('the details of a receiver say what waits, when it goes on, and how the receiver is', () => {
  const state = {
    circuit: 'open',
    failures: 12,
    pending: 3,
    nextAttemptAt: '2030-01-31T09:00:00.000Z',
  } as const;
  const details = endpointDetails('https://agents.example.com', state);
  expect(details).toContain('**3 pending** for `https://agents.example.com`');
  expect(details).toContain('next attempt at 2030-01-31T09:00:00.000Z');
  expect(details).toContain('Circuit **open**');
});

test('a receiver without anything pending is said to be so', () => {
  const state = { circuit: 'closed', failures: 0, pending: 0, nextAttemptAt: null } as const;
  expect(endpointDetails('log', state)).toContain('nothing is waiting');
});

import { expect, test } from '@jest/globals';
import { streamRefusal } from '../../src/domain/stream-owner.js';

const OWNER = { REDIS_ORG: 'demo', TASK_STREAM: 'tasks' };

test('streams are for the organisation that they belong to', () => {
  expect(streamRefusal('demo', undefined, OWNER)).toBeNull();
  expect(streamRefusal('demo', 'of-my-own', OWNER)).toBeNull();
  expect(streamRefusal('another', 'of-my-own', OWNER)?.field).toBe('channel');
});

test('nobody makes tasks by way of results', () => {
  expect(streamRefusal('demo', 'tasks', OWNER)?.field).toBe('response_stream');
});

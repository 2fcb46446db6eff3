import { describe, expect, test } from '@jest/globals';
import { type EndedTask, resultBody, resultMessage } from '../../src/domain/task-result.js';

const ended = (over: Partial<EndedTask> = {}): EndedTask => ({
  ...{ id: 'abc123', agentName: 'MyAgent', status: 'completed', output: 'All is well', error: null },
  ...{ durationMs: 1_234, metadata: { source: 'cron' } },
  ...over,
});

describe('a result for programs', () => {
  test('has these keys, in this order, and no others', () => {
    expect(resultBody(ended())).toBe(
      '{"task_id":"abc123","agent_name":"MyAgent","success":true,"output":"All is well","error":null,' +
        '"execution_time_ms":1234,"metadata":{"source":"cron"}}',
    );
  });

  test.each(['failed', 'cancelled', 'timed_out'] as const)('is no success when it %s', (status) => {
    const body = JSON.parse(resultBody(ended({ status, output: null, error: 'no listings' })));
    expect(body).toMatchObject({ success: false, output: null, error: 'no listings' });
  });
});

describe('a result for people', () => {
  const messageOf = (over: Partial<EndedTask>) => JSON.parse(resultMessage(ended(over)));

  test.each([
    ['All is well', 'All is well'],
    [{ found: [1] }, '{\n  "found": [\n    1\n  ]\n}'],
    [0, '0'],
    [null, 'Done, without an output.'],
    ['', 'Done, without an output.'],
  ])('is its agent and the output %j as text', (output, text) => {
    expect(messageOf({ id: 'order-7', output })).toEqual({
      title: 'MyAgent',
      text: `${text}\n\nTask order-7`,
    });
  });

  test.each([
    ['failed', 'no listings', 'MyAgent: a task failed', 'no listings'],
    ['cancelled', null, 'MyAgent: a task was cancelled', 'No reason is known.'],
    ['timed_out', 'took too long', 'MyAgent: a task ran out of time', 'took too long'],
  ] as const)('says that it %s, and why', (status, error, title, text) => {
    expect(messageOf({ id: 'order-7', status, error })).toEqual({
      title,
      text: `${text}\n\nTask order-7`,
    });
  });
});

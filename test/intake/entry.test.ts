import { describe, expect, test } from '@jest/globals';
import { type Entry, readEntry } from '../../src/intake/entry.js';

const STREAM = 'parrot:agent_tasks';
const read = (fields: Entry['fields']) => readEntry({ id: '1700000000000-0', fields }, STREAM);
const payload = (task: unknown) => read({ task_id: 'task-1', payload: JSON.stringify(task) });
const requestOf = (result: ReturnType<typeof read>) => {
  if (result.kind === 'refused') throw new Error(result.refusal.error);
  return result.request;
};
const refusalOf = (result: ReturnType<typeof read>) => {
  if (result.kind === 'request') throw new Error('it is a request');
  return result.refusal;
};

describe('an entry', () => {
  test('is a task with all its defaults', () => {
    expect(requestOf(payload({ agent_name: 'MyAgent', prompt: 'Hello!' }))).toEqual({
      ...{ task_id: 'task-1', agent_name: 'MyAgent', prompt: 'Hello!', priority: 5 },
      ...{ input: {}, metadata: {}, delivery: [{ channel: 'log' }] },
    });
  });

  test('may say what a task does not have, and null for what is not given, as those do who serialise a whole object', () => {
    const request = requestOf(
      payload({
        ...{ task_id: 'task-1', agent_name: 'ResearchBot', prompt: 'Summarize latest news', priority: 3 },
        ...{ user_id: 'user_123', session_id: 'sess_abc', method_name: null, scheduled_at: null },
        ...{ status: 'pending', created_at: '2026-01-01T00:00:00', retries: 0 },
        delivery: {
          channel: 'webhook',
          webhook_url: 'https://example.com/callback',
          ...{ telegram_bot_token: null, telegram_chat_id: null, teams_webhook_url: null },
          ...{ email_recipients: [], email_subject: 'Report', response_stream: null },
        },
        metadata: { source: 'cron_job', department: null },
      }),
    );
    expect(request).toMatchObject({
      ...{ priority: 3, user_id: 'user_123', session_id: 'sess_abc' },
      delivery: [{ channel: 'webhook', webhook_url: 'https://example.com/callback' }],
      metadata: { source: 'cron_job', department: null },
    });
  });

  test('may be flat, with numbers as text and objects as JSON', () => {
    const request = requestOf(
      read({
        ...{
          task_id: 'task-1',
          agent_name: 'MyAgent',
          prompt: '42',
          priority: 'HIGH',
          timeout_seconds: '30',
        },
        ...{ user_id: '', metadata: '{"source":"cron"}', delivery: '[{"channel":"log"}]', colour: 'blue' },
      }),
    );
    expect(request).toMatchObject({
      ...{ prompt: '42', priority: 3, timeout_seconds: 30, metadata: { source: 'cron' } },
      delivery: [{ channel: 'log' }],
    });
    expect(request).not.toHaveProperty('user_id');
    expect(request).not.toHaveProperty('colour');
    expect(requestOf(read({ agent_name: 'MyAgent', prompt: 'x', priority: '9' })).priority).toBe(9);
  });

  test('is found by the id of the entry where it names none', () => {
    const { task_id: id } = requestOf(read({ agent_name: 'MyAgent', prompt: 'x' }));
    expect(id).toBe('parrot:agent_tasks:1700000000000-0');
    const odd = readEntry({ id: '1-0', fields: { agent_name: 'A', prompt: 'x' } }, 'my tasks/ü');
    expect(requestOf(odd).task_id).toBe('my_tasks__:1-0');
  });

  test('has the id of its field, else that of its payload', () => {
    const task = { task_id: 'inner', agent_name: 'A', prompt: 'x' };
    expect(requestOf(read({ payload: JSON.stringify(task) })).task_id).toBe('inner');
    expect(requestOf(payload(task)).task_id).toBe('task-1');
  });

  test.each([
    ['no payload', {}, 'agent_name: is required'],
    ['no JSON', { payload: '{"agent_name": secret' }, 'payload: is not valid JSON'],
    ['a list', { payload: '[]' }, 'payload: must be a JSON object'],
    [
      'flat fields that are no JSON',
      { agent_name: 'A', prompt: 'x', metadata: '{' },
      'metadata: is not valid JSON',
    ],
    [
      'a priority that does not exist',
      { payload: '{"agent_name":"A","prompt":"x","priority":4}' },
      'priority: ',
    ],
    ['no prompt', { payload: '{"agent_name":"A"}' }, 'prompt: is needed where no method_name is given'],
    ['an id that cannot be one', { payload: '{"task_id":7,"agent_name":"A","prompt":"x"}' }, 'task_id: '],
    [
      'a channel without its parameters',
      { payload: '{"agent_name":"A","prompt":"x","delivery":{"channel":"webhook"}}' },
      'delivery.webhook_url: is required',
    ],
    [
      'a channel that does not exist',
      { payload: '{"agent_name":"A","prompt":"x","delivery":{"channel":"fax"}}' },
      'delivery',
    ],
    ['a NUL character', { agent_name: 'A', prompt: 'x\0y' }, 'prompt: contains a NUL character'],
    [
      'a name that reaches prototypes',
      { payload: '{"agent_name":"A","prompt":"x","input":{"__proto__":{}}}' },
      'input.__proto__',
    ],
    [
      'depth',
      {
        payload: `{"agent_name":"A","prompt":"x","metadata":{"a":${'['.repeat(9_000)}${']'.repeat(9_000)}}}`,
      },
      'metadata.a',
    ],
    [
      'size',
      { payload: `{"agent_name":"A","prompt":"${'x'.repeat(1_100_000)}"}` },
      'the entry is larger than 1 MB',
    ],
  ])('with %s is refused in words', (_, fields, words) => {
    const refusal = refusalOf(read(fields as Entry['fields']));
    expect(refusal.error).toContain(words);
    expect(refusal.error).not.toContain('secret');
  });

  test('that is refused names task and agent, and keeps its metadata', () => {
    const task = { agent_name: 'MyAgent', prompt: 'x', priority: 'SOON', metadata: { ticket: 7 } };
    expect(refusalOf(payload(task))).toEqual({
      ...{ taskId: 'task-1', agentName: 'MyAgent', metadata: { ticket: 7 } },
      error: expect.stringContaining('priority'),
    });
    expect(refusalOf(read({ task_id: 'task-2', agent_name: 'A', payload: 'no' }))).toMatchObject({
      ...{ taskId: 'task-2', agentName: 'A', metadata: {} },
    });
  });
});

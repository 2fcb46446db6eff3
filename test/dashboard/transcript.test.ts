import { expect, test } from '@jest/globals';
import type { Event, TaskMessage } from '../../src/client/index.js';
import { type Line, withMessage } from '../../src/dashboard/transcript.js';

const AT = '2030-01-31T09:00:00.000Z';
let id = 0;
function event(type: Event['type'], data: Record<string, unknown> = {}): TaskMessage {
  id += 1;
  return { kind: 'event', event: { id: `1-${id}`, type, subject: 'a task', data, at: AT } };
}
const text = (piece: string): TaskMessage => ({ kind: 'text', text: piece });
const answer = (whole: string, place = 'execute.0'): TaskMessage => ({ kind: 'answer', place, text: whole });
const read = (...messages: TaskMessage[]) =>
  messages.reduce<readonly Line[]>((lines, message) => withMessage(lines, message), []);
const shown = (lines: readonly Line[]) =>
  lines.map((line) => (line.kind === 'said' ? [line.text, line.isOver] : line.kind));

test('pieces grow together, and the whole takes their place under the same key', () => {
  const growing = read(event('task.started'), text('Hel'), text('lo'));
  expect(shown(growing)).toEqual(['step', ['Hello', false]]);
  const over = withMessage(growing, answer('Hello, you'));
  expect(shown(over)).toEqual(['step', ['Hello, you', true]]);
  expect(over.at(-1)?.key).toBe(growing.at(-1)?.key);
});

test('what happens while something is said stands above it', () => {
  const lines = read(
    text('Let me'),
    event('task.model_called', { model: 'm', place: 'execute.0' }),
    answer('Let me see'),
  );
  expect(shown(lines)).toEqual(['step', ['Let me see', true]]);
});

test('a second answer is said under the first one, with a key of its own', () => {
  const lines = read(answer('one'), text('tw'), answer('two', 'execute.1'), text('three'));
  expect(shown(lines)).toEqual([
    ['one', true],
    ['two', true],
    ['three', false],
  ]);
  expect(new Set(lines.map(({ key }) => key)).size).toBe(3);
});

test('calls of tools and of models say what came of them; an event that is not known is left out', () => {
  const lines = read(
    event('task.model_called', { model: 'gemini', inputTokens: 5, outputTokens: 2, place: 'preprocess.0' }),
    event('task.tool_called', {
      tool: 'pay',
      callId: 'c',
      status: 'failed',
      durationMs: 12,
      place: 'execute.0',
    }),
    event('task.approval_decided', { tool: 'pay', decision: 'rejected', decidedBy: 'Ada' }),
    event('agent.connected'),
  );
  expect(lines).toMatchObject([
    { kind: 'step', text: 'gemini', more: '5 tokens in, 2 out, in preprocess' },
    { kind: 'tool', tool: 'pay', callId: 'c', status: 'failed', durationMs: 12 },
    { kind: 'step', status: 'rejected', text: 'pay', more: 'rejected by Ada' },
  ]);
});

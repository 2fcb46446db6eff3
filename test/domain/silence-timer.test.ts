import { expect, test } from '@jest/globals';
import { silenceActions } from '../../src/domain/silence-timer.js';
import type { Action } from '../../src/schemas/action.js';

const silence = {
  ...{ agentId: 'a1', name: 'scout', sessionId: 's1', lastHeartbeatAt: '2030-01-31T09:00:00.000Z' },
};
const facts = { agent_id: 'a1', agent_name: 'scout', last_heartbeat_at: '2030-01-31T09:00:00.000Z' };

test('whoever is told of a silence is told whose it is, but for what carries no data', () => {
  const actions: Action[] = [
    { type: 'webhook', url: 'https://a.example', method: 'POST', data: { agent_name: 'mine', more: 1 } },
    { type: 'log' },
    { type: 'telegram', telegram_bot_token: '1:a', telegram_chat_id: 7, text: 'Look!' },
    { type: 'teams', teams_webhook_url: 'https://t.example' },
    { type: 'email', email_recipients: ['a@example.com'] },
    { type: 'redis_stream' },
    { type: 'signal', workflowId: 'orders/demo/1', signal: 'go', args: [] },
    { type: 'timer', duration: 1_000 },
  ];
  const [webhook, ...others] = silenceActions(actions, silence);
  expect(webhook).toMatchObject({ data: { ...facts, agent_name: 'mine', more: 1 } });
  for (const told of others.slice(0, 5)) expect(told).toHaveProperty('data', facts);
  expect(others.slice(5)).toEqual(actions.slice(6));
});

test('a task that a silence sets off has it in its metadata', () => {
  const asked = { agent_name: 'nurse', prompt: 'Look after it.', priority: 5 as const, input: {} };
  const task: Action = { type: 'task', ...asked, delivery: [], metadata: { agent_name: 'mine' } };
  expect(silenceActions([task], silence)).toEqual([{ ...task, metadata: { ...facts, agent_name: 'mine' } }]);
});

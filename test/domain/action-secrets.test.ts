import { expect, test } from '@jest/globals';
import { mapActionSecrets } from '../../src/domain/action-secrets.js';
import { effectsOf } from '../../src/domain/effects.js';
import type { Action } from '../../src/schemas/action.js';

const webhook = (url: string) => ({ type: 'webhook' as const, url, method: 'POST' as const });
const telegram = (token: string) => ({
  ...{ type: 'telegram' as const, telegram_bot_token: token, telegram_chat_id: 7 },
});

const ACTIONS: Action[] = [
  {
    ...{ ...webhook('https://1.example'), headers: { 'X-Key': 'a key' } },
    escalation: { afterAttempts: 2, action: webhook('https://2.example') },
  },
  {
    type: 'timer',
    duration: 1_000,
    actionBundle: { actions: [webhook('https://3.example'), telegram('1:inner')] },
    escalation: { afterAttempts: 1, action: { type: 'teams', teams_webhook_url: 'https://4.example' } },
  },
  { type: 'log' },
  { ...telegram('1:outer'), escalation: { afterAttempts: 3, action: telegram('1:escalated') } },
  { type: 'email', email_recipients: ['a@example.com'] },
];

test('every secret of a bundle is found: direct, in an escalation, in a timer that is started', () => {
  const found = { secret: [] as string[], url: [] as string[] };
  const noting = (kind: keyof typeof found) => (text: string) => {
    found[kind].push(text);
    return 'changed';
  };
  const changed = mapActionSecrets({ actions: ACTIONS }, { secret: noting('secret'), url: noting('url') });
  expect(found.url.sort()).toEqual(['https://1.example', 'https://2.example', 'https://3.example']);
  expect(found.secret.sort()).toEqual(['1:escalated', '1:inner', '1:outer', 'a key', 'https://4.example']);
  const text = JSON.stringify(changed);
  expect(text.match(/changed/g)).toHaveLength(8);
  for (const secret of [...found.url, ...found.secret]) expect(text).not.toContain(secret);
});

test('what is not secret stays as it is, in its place', () => {
  const same = mapActionSecrets({ actions: ACTIONS }, { secret: (text) => text, url: (text) => text });
  expect(same).toEqual({ actions: ACTIONS });
});

test('every effect of a bundle has its path in the request', () => {
  expect(effectsOf({ actions: ACTIONS }).map(({ path }) => path)).toEqual([
    'actionBundle.actions.0',
    'actionBundle.actions.0.escalation.action',
    'actionBundle.actions.1.actionBundle.actions.0',
    'actionBundle.actions.1.actionBundle.actions.1',
    'actionBundle.actions.1.escalation.action',
    'actionBundle.actions.2',
    'actionBundle.actions.3',
    'actionBundle.actions.3.escalation.action',
    'actionBundle.actions.4',
  ]);
});

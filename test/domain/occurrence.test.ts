import { describe, expect, test } from '@jest/globals';
import { freeze, type Occurrence } from '../../src/domain/occurrence.js';

const occurrence = (over: Partial<Occurrence> = {}): Occurrence => ({
  orgId: 'demo',
  timerId: 't1',
  tenantId: 'agent-7',
  requestedBy: 'someone',
  name: 'tea',
  number: 1,
  missed: 0,
  isRepeating: false,
  fireAt: new Date('2030-01-31T09:00:00Z'),
  firedAt: new Date('2030-01-31T09:00:00Z'),
  actions: [],
  retryPolicy: {},
  ...over,
});
const open = (text: string) => text.replace('sealed:', '');

describe('the body of a webhook', () => {
  const bodyOf = (data: Record<string, unknown>, over: Partial<Occurrence> = {}) => {
    const actions = [{ type: 'webhook' as const, method: 'POST' as const, url: 'https://a.example/x', data }];
    return freeze(occurrence({ actions, ...over }), open)[0]?.body ?? '';
  };

  test('begins with the data as it was given, in its order, and tells of the timer behind it', () => {
    expect(bodyOf({ zeta: 1, alpha: [null, 'ü'] })).toBe(
      '{"zeta":1,"alpha":[null,"ü"],"timer_id":"t1","tenant_id":"agent-7","name":"tea",' +
        '"fire_at":"2030-01-31T09:00:00.000Z","fired_at":"2030-01-31T09:00:00.000Z"}',
    );
  });

  test('leaves the names that the data uses to the data', () => {
    const body = JSON.parse(bodyOf({ name: 'mine', timer_id: null, fired_at: 7 }));
    expect(body).toMatchObject({ name: 'mine', timer_id: null, fired_at: 7, tenant_id: 'agent-7' });
  });

  test('says how many occurrences it stands for', () => {
    expect(JSON.parse(bodyOf({}, { isRepeating: true, number: 4, missed: 2 }))).toMatchObject({
      occurrence: 4,
      missed_occurrences: 2,
    });
  });
});

describe('the deliveries of an occurrence', () => {
  test('have ids that follow from timer, occurrence and action', () => {
    const log = { type: 'log' as const };
    const signal = { type: 'signal' as const, workflowId: 'order/demo/1', signal: 'go', args: [1, 'two'] };
    const frozen = freeze(occurrence({ number: 3, actions: [log, signal] }), open);
    expect(frozen.map(({ id, channel, receiver }) => [id, channel, receiver])).toEqual([
      ['t1.3.0', 'log', 'log'],
      ['t1.3.1', 'signal', 'signal'],
    ]);
    expect(frozen[1]).toMatchObject({
      body: '[1,"two"]',
      request: { workflowId: 'order/demo/1', signal: 'go' },
    });
  });

  test('go to whom their channel names, with what is sealed still sealed', () => {
    const telegram = {
      ...{ type: 'telegram' as const, telegram_bot_token: 'sealed:123:abc', telegram_chat_id: '@tea' },
    };
    const teams = { type: 'teams' as const, teams_webhook_url: 'sealed:https://t.example:8443/x?sig=y' };
    const email = { type: 'email' as const, email_recipients: ['a@example.com'], email_subject: 'Tea' };
    const stream = { type: 'redis_stream' as const, response_stream: 'out', data: { a: 1 } };
    const frozen = freeze(occurrence({ actions: [telegram, teams, email, stream] }), open);
    expect(frozen.map(({ channel, receiver, request }) => [channel, receiver, request])).toEqual([
      ['telegram', 'telegram:123', { botToken: 'sealed:123:abc', chatId: '@tea' }],
      ['teams', 'https://t.example:8443', { url: 'sealed:https://t.example:8443/x?sig=y' }],
      ['email', 'email', { recipients: ['a@example.com'], subject: 'Tea' }],
      ['redis_stream', 'redis_stream', { stream: 'out' }],
    ]);
    expect(JSON.parse(frozen[3]?.body ?? '')).toMatchObject({ a: 1, timer_id: 't1' });
  });

  test('are made also where what was sealed cannot be read any more', () => {
    const lost = () => {
      throw new Error('the key is gone');
    };
    const teams = { type: 'teams' as const, teams_webhook_url: 'sealed:x' };
    const telegram = { type: 'telegram' as const, telegram_bot_token: 'sealed:x', telegram_chat_id: 1 };
    const frozen = freeze(occurrence({ actions: [teams, telegram] }), lost);
    expect(frozen.map(({ receiver }) => receiver)).toEqual(['unreadable', 'unreadable']);
  });

  test.each([
    [{ text: 'The tea is ready' }, 'The tea is ready'],
    [{ text: 'Ready', data: { cups: 2 } }, 'Ready\n\n{\n  "cups": 2\n}'],
    [{ data: { cups: 2 } }, '{\n  "cups": 2\n}'],
    [{}, 'Due at 2030-01-31T09:00:00.000Z'],
  ])('tell people the name of the timer and %j', (words, text) => {
    const email = { type: 'email' as const, email_recipients: ['a@example.com'], ...words };
    const [frozen] = freeze(occurrence({ actions: [email] }), open);
    expect(JSON.parse(frozen?.body ?? '')).toEqual({ title: 'tea', text });
  });

  test('a timer that is started takes over whose it is, and its name, where it leaves them out', () => {
    const timer = { type: 'timer' as const, duration: 5_000, name: 'second cup' };
    const [child] = freeze(occurrence({ actions: [timer] }), open);
    expect(JSON.parse(child?.body ?? '')).toEqual({
      tenantId: 'agent-7',
      requestedBy: 'someone',
      name: 'second cup',
      duration: 5_000,
    });
  });
});

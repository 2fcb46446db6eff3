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
const originOf = (url: string) => new URL(url).origin;

describe('the body of a webhook', () => {
  const bodyOf = (data: Record<string, unknown>, over: Partial<Occurrence> = {}) => {
    const actions = [{ type: 'webhook' as const, method: 'POST' as const, url: 'https://a.example/x', data }];
    return freeze(occurrence({ actions, ...over }), originOf)[0]?.body ?? '';
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
    const frozen = freeze(occurrence({ number: 3, actions: [log, signal] }), originOf);
    expect(frozen.map(({ id, channel, receiver }) => [id, channel, receiver])).toEqual([
      ['t1.3.0', 'log', 'log'],
      ['t1.3.1', 'signal', 'signal'],
    ]);
    expect(frozen[1]).toMatchObject({
      body: '[1,"two"]',
      request: { workflowId: 'order/demo/1', signal: 'go' },
    });
  });

  test('a timer that is started takes over whose it is, and its name, where it leaves them out', () => {
    const timer = { type: 'timer' as const, duration: 5_000, name: 'second cup' };
    const [child] = freeze(occurrence({ actions: [timer] }), originOf);
    expect(JSON.parse(child?.body ?? '')).toEqual({
      tenantId: 'agent-7',
      requestedBy: 'someone',
      name: 'second cup',
      duration: 5_000,
    });
  });
});

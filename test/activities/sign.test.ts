import { createHmac, randomBytes } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { signed } from '../../src/activities/sign.js';

const at = new Date('2030-01-31T09:00:00.900Z');
const newSecret = () => `whsec_${randomBytes(32).toString('base64')}`;

/** By hand, from the specification of Standard Webhooks: HMAC-SHA-256 of `id.timestamp.body`, in base64. */
function macOf(secret: string, id: string, timestamp: string, body: string): string {
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
  return createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
}

test('a signature is what the specification says, over the very bytes of the body', () => {
  const secret = newSecret();
  const body = JSON.stringify({ z: 1, text: 'é🎉\u2028', a: null });
  const headers = signed({ id: 'timer.1.0', at, body, secrets: [secret] });
  expect(headers).toEqual({
    'webhook-id': 'timer.1.0',
    'webhook-timestamp': '1896080400',
    'webhook-signature': `v1,${macOf(secret, 'timer.1.0', '1896080400', body)}`,
  });
});

test('while a rotation overlaps, both secrets sign', () => {
  const secrets = [newSecret(), newSecret()];
  const headers = signed({ id: 'one', at, body: '{}', secrets });
  const macs = secrets.map((secret) => `v1,${macOf(secret, 'one', '1896080400', '{}')}`);
  expect(headers['webhook-signature'].split(' ')).toEqual(macs);
});

test('every attempt has the same id, a new timestamp and a new signature', () => {
  const secrets = [newSecret()];
  const first = signed({ id: 'one', at, body: '{}', secrets });
  const second = signed({ id: 'one', at: new Date(at.getTime() + 1_000), body: '{}', secrets });
  expect(second['webhook-id']).toBe(first['webhook-id']);
  expect(second['webhook-timestamp']).not.toBe(first['webhook-timestamp']);
  expect(second['webhook-signature']).not.toBe(first['webhook-signature']);
});

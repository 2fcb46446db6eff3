import { createHmac, randomBytes } from 'node:crypto';
import type { RequestListener } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { OutgoingDelivery } from '../../../src/activities/channels/channel.js';
import { createWebhookChannel } from '../../../src/activities/channels/webhook.js';
import { createLog } from '../../../src/log.js';
import { createOutbound, type Outbound } from '../../../src/outbound/outbound.js';
import { aDelivery, outgoing } from '../../support/deliveries.js';
import { closedPort, openReceiver, type Receiver } from '../../support/receiver.js';
import { newVault } from '../../support/vault.js';

const vault = newVault();
const secret = `whsec_${randomBytes(32).toString('base64')}`;
let outbound: Outbound;
let receiver: Receiver | undefined;
let lines: string[] = [];

beforeEach(() => {
  lines = [];
  outbound = createOutbound({ allow: [], allowLoopback: true, timeoutMs: 1_000, connectionsPerHost: 4 });
});
afterEach(async () => {
  await outbound.close();
  await receiver?.close();
  receiver = undefined;
});

const log = createLog('info', { write: (line: string) => void lines.push(line) });

function channelOf(given: { secretsOf?: () => Promise<string[]>; now?: () => number } = {}) {
  const secretsOf = async () => [secret];
  return createWebhookChannel({ outbound, vault, log, version: '1.2.3', secretsOf, ...given });
}

/** Delivers to a receiver that answers so. */
async function deliverTo(answer: RequestListener, given: Partial<OutgoingDelivery> = {}, now?: () => number) {
  receiver = await openReceiver(answer);
  const delivery = outgoing(aDelivery(), given);
  const request = { ...delivery.request, ...given.request, url: `${receiver.url}/hook?a=b` };
  return channelOf(now ? { now } : {}).deliver({ ...delivery, request });
}

const answering =
  (status: number, headers: Record<string, string> = {}): RequestListener =>
  (_, response) =>
    void response.writeHead(status, headers).end('said so');

describe('what a receiver gets', () => {
  test('is the frozen body, signed so that a foreign implementation verifies it', async () => {
    const body = JSON.stringify({ z: 'é🎉', a: [1, { b: null }], '1': 2 });
    await deliverTo(answering(200), { id: 'timer.1.0', body });
    const [got] = receiver?.received ?? [];
    expect(got).toMatchObject({ method: 'POST', path: '/hook?a=b', body });
    expect(got?.headers).toMatchObject({
      'content-type': 'application/json',
      'user-agent': 'Mainspring/1.2.3',
      'webhook-id': 'timer.1.0',
    });
    const timestamp = String(got?.headers['webhook-timestamp']);
    expect(Math.abs(Number(timestamp) - Date.now() / 1_000)).toBeLessThan(5);
    const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
    const mac = createHmac('sha256', key).update(`timer.1.0.${timestamp}.${got?.body}`).digest('base64');
    expect(got?.headers['webhook-signature']).toBe(`v1,${mac}`);
  });

  test('has the same id and bytes on every attempt, with a timestamp of its own', async () => {
    let now = Date.now();
    receiver = await openReceiver();
    const channel = channelOf({ now: () => now });
    const delivery = outgoing(aDelivery({ request: { url: receiver.url } }));
    await channel.deliver(delivery);
    now += 60_000;
    await channel.deliver({ ...delivery, attemptNumber: 2 });
    const [first, second] = receiver.received;
    expect(second?.body).toBe(first?.body);
    expect(second?.headers['webhook-id']).toBe(first?.headers['webhook-id']);
    expect(Number(second?.headers['webhook-timestamp']) - Number(first?.headers['webhook-timestamp'])).toBe(
      60,
    );
    expect(second?.headers['webhook-signature']).not.toBe(first?.headers['webhook-signature']);
  });

  test("carries the caller's own headers, unsealed only now, and the method that was asked for", async () => {
    const headers = { 'X-Api-Key': vault.seal('hunter2'), 'Content-Type': 'application/cloudevents+json' };
    await deliverTo(answering(200), { request: { method: 'PUT', headers } });
    expect(receiver?.received).toMatchObject([
      { method: 'PUT', headers: { 'x-api-key': 'hunter2', 'content-type': 'application/cloudevents+json' } },
    ]);
  });

  test('comes from a sealed URL with its credentials as Basic Authorization', async () => {
    receiver = await openReceiver();
    const url = vault.seal(receiver.url.replace('http://', 'http://user:hunter2@'));
    await channelOf().deliver(outgoing(aDelivery({ request: { url } })));
    const authorization = `Basic ${Buffer.from('user:hunter2').toString('base64')}`;
    expect(receiver.received).toMatchObject([{ headers: { authorization } }]);
  });
});

describe('what an answer means', () => {
  test.each([200, 201, 202, 204, 299])('%i is success', async (statusCode) => {
    expect(await deliverTo(answering(statusCode))).toMatchObject({ kind: 'delivered', statusCode });
  });

  test.each([400, 401, 403, 404, 405, 409, 410, 413, 422, 451])('%i is final', async (statusCode) => {
    const error = `status_${statusCode}`;
    const result = await deliverTo(answering(statusCode));
    expect(result).toEqual({ kind: 'dead', statusCode, error, answer: 'said so' });
  });

  test.each([408, 425, 429, 500, 502, 503, 504, 599])('%i is worth another try', async (statusCode) => {
    const error = `status_${statusCode}`;
    const result = await deliverTo(answering(statusCode));
    expect(result).toEqual({ kind: 'retry', statusCode, error, answer: 'said so' });
  });

  test.each([301, 302, 303, 307, 308])('%i is final: a redirect is never followed', async (statusCode) => {
    const location = 'http://169.254.169.254/latest/meta-data';
    const result = await deliverTo(answering(statusCode, { location }));
    expect(result).toMatchObject({ kind: 'dead', statusCode, error: 'redirect_not_followed' });
    expect(receiver?.received).toHaveLength(1);
  });

  test.each([429, 503])('%i may ask for a wait in seconds', async (statusCode) => {
    const result = await deliverTo(answering(statusCode, { 'retry-after': '90' }));
    expect(result).toMatchObject({ kind: 'retry', retryAfterMs: 90_000 });
  });

  test.each([429, 503])('%i may ask for a wait until a date', async (statusCode) => {
    const answer = answering(statusCode, { 'retry-after': 'Thu, 31 Jan 2030 09:05:00 GMT' });
    const result = await deliverTo(answer, {}, () => Date.parse('2030-01-31T09:00:00Z'));
    expect(result).toMatchObject({ kind: 'retry', retryAfterMs: 300_000 });
  });

  test('no other status may', async () => {
    expect(await deliverTo(answering(500, { 'retry-after': '90' }))).not.toHaveProperty('retryAfterMs');
  });
});

describe('no answer', () => {
  const to = (url: string) => channelOf().deliver(outgoing(aDelivery({ request: { url } })));

  test('is worth another try', async () => {
    const url = `http://127.0.0.1:${await closedPort()}/`;
    expect(await to(url)).toEqual({ kind: 'retry', error: 'connection_refused' });
  });

  test('in time is worth another try', async () => {
    receiver = await openReceiver(() => undefined);
    expect(await to(receiver.url)).toEqual({ kind: 'retry', error: 'timeout' });
  });

  test('for want of a connection of ours is no attempt', async () => {
    receiver = await openReceiver(() => undefined);
    const narrow = createOutbound({
      allow: [],
      allowLoopback: true,
      timeoutMs: 1_000,
      connectionsPerHost: 1,
    });
    const secretsOf = async () => [secret];
    const channel = createWebhookChannel({ outbound: narrow, vault, log, version: '1', secretsOf });
    const delivery = outgoing(aDelivery({ request: { url: receiver.url } }));
    // The one between may get the connection in the very moment in which all of them give up.
    const [first, , last] = await Promise.all([1, 2, 3].map(() => channel.deliver(delivery)));
    expect([first, last]).toEqual([
      { kind: 'retry', error: 'timeout' },
      { kind: 'unsent', error: 'receiver_busy' },
    ]);
    await narrow.close();
  });

  test('from an address that is not allowed is final', async () => {
    expect(await to('http://169.254.169.254/')).toEqual({ kind: 'dead', error: 'address_not_allowed' });
  });

  test('because a secret cannot be read is worth another try: the operator may bring its key back', async () => {
    const other = newVault();
    expect(await to(other.seal('https://example.com/'))).toEqual({
      kind: 'retry',
      error: 'secrets_unreadable',
    });
  });
});

describe('secrets stay secret', () => {
  test('a failure is logged with tenant, timer and status, without URL, headers or body', async () => {
    const headers = { 'x-api-key': vault.seal('hunter2') };
    const given = {
      timerId: 'the-timer',
      id: 'the-timer.1.0',
      body: '{"password":"letmein"}',
      request: { headers },
    };
    await deliverTo(answering(500), given);
    const [line, ...others] = lines.map((text) => JSON.parse(text));
    expect(others).toEqual([]);
    expect(line).toMatchObject({
      ...{
        msg: 'Webhook failed',
        tenant: 'tenant',
        timer: 'the-timer',
        delivery: 'the-timer.1.0',
        status: 500,
      },
    });
    expect(lines.join()).not.toMatch(/hunter2|letmein|127\.0\.0\.1|\/hook/);
  });

  test('an answer that echoes the headers does not keep what they hold', async () => {
    const headers = { 'x-api-key': vault.seal('hunter2') };
    const echo: RequestListener = (request, response) => response.end(JSON.stringify(request.headers));
    const result = await deliverTo(echo, { request: { headers } });
    expect(result.answer).toContain('"x-api-key":"***"');
    expect(result.answer).not.toContain('hunter2');
  });

  test('what is delivered is not logged', async () => {
    await deliverTo(answering(200));
    expect(lines).toEqual([]);
  });
});

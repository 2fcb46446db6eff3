import type { RequestListener } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { OutgoingDelivery } from '../../../src/activities/channels/channel.js';
import { createTelegramChannel } from '../../../src/activities/channels/telegram.js';
import { createOutbound, type Outbound } from '../../../src/outbound/outbound.js';
import { aDelivery, outgoing } from '../../support/deliveries.js';
import { keepLog } from '../../support/kept-log.js';
import { closedPort, openReceiver, type Receiver } from '../../support/receiver.js';
import { newVault } from '../../support/vault.js';

const TOKEN = '123456:ABC-DEF_canary';
const vault = newVault();
let outbound: Outbound;
let api: Receiver | undefined;
const { log, lines } = keepLog();

beforeEach(() => {
  lines.length = 0;
  outbound = createOutbound({ allow: [], allowLoopback: true, timeoutMs: 1_000, connectionsPerHost: 4 });
});
afterEach(async () => {
  await outbound.close();
  await api?.close();
  api = undefined;
});

const answering =
  (status: number, told: object | string): RequestListener =>
  (_, response) =>
    void response.writeHead(status).end(typeof told === 'string' ? told : JSON.stringify(told));

const refusing = (code: number, description: string, parameters = {}) =>
  answering(code, { ok: false, error_code: code, description, parameters });

const message = { message_id: 42, chat: { id: 987654321 }, text: 'x'.repeat(2_000) };
const taking = answering(200, { ok: true, result: message });

function deliverTo(baseUrl: string, given: Partial<OutgoingDelivery> = {}) {
  const request = { botToken: vault.seal(TOKEN), chatId: 987654321 };
  const body = JSON.stringify({ title: 'MyAgent', text: '1 < 2 & "so on"' });
  const delivery = aDelivery({ channel: 'telegram', receiver: 'telegram:123456', request, body });
  return createTelegramChannel({ outbound, vault, log, baseUrl }).deliver(outgoing(delivery, given));
}

async function deliver(answer: RequestListener, given: Partial<OutgoingDelivery> = {}) {
  api = await openReceiver(answer);
  return deliverTo(api.url, given);
}

test('a message goes to the chat by way of the bot, escaped, without a preview of links', async () => {
  expect(await deliver(taking)).toEqual({ kind: 'delivered', statusCode: 200, answer: 'message 42' });
  const [got] = api?.received ?? [];
  expect(got).toMatchObject({ method: 'POST', path: `/bot${TOKEN}/sendMessage` });
  expect(got?.headers['content-type']).toBe('application/json');
  expect(JSON.parse(got?.body ?? '')).toEqual({
    chat_id: 987654321,
    text: '<b>MyAgent</b>\n\n1 &lt; 2 &amp; &quot;so on&quot;',
    parse_mode: 'HTML',
    link_preview_options: { is_disabled: true },
  });
});

test('a base URL may have a path', async () => {
  api = await openReceiver(taking);
  await deliverTo(`${api.url}/telegram`);
  expect(api.received[0]?.path).toBe(`/telegram/bot${TOKEN}/sendMessage`);
});

describe('what the Bot API answers', () => {
  test.each([
    [400, 'Bad Request: chat not found'],
    [401, 'Unauthorized'],
    [403, 'Forbidden: bot was blocked by the user'],
    [404, 'Not Found'],
  ])('%i is final, in its own words', async (statusCode, error) => {
    expect(await deliver(refusing(statusCode, error))).toMatchObject({ kind: 'dead', statusCode, error });
  });

  test('429 says when to come again', async () => {
    const told = refusing(429, 'Too Many Requests: retry after 35', { retry_after: 35 });
    expect(await deliver(told)).toMatchObject({ kind: 'retry', statusCode: 429, retryAfterMs: 35_000 });
  });

  test.each([500, 502, 503])('%i is worth another try', async (statusCode) => {
    const result = await deliver(answering(statusCode, '<html>Bad Gateway</html>'));
    expect(result).toMatchObject({ kind: 'retry', statusCode, error: `status_${statusCode}` });
  });

  test('a success that is none is not taken for one', async () => {
    expect(await deliver(answering(200, '<html>Please log in</html>'))).toMatchObject({
      kind: 'retry',
      error: 'answer_unreadable',
    });
    await api?.close();
    expect(
      await deliver(answering(200, { ok: false, error_code: 400, description: 'Bad Request' })),
    ).toMatchObject({ kind: 'dead', statusCode: 400 });
  });

  test('no redirect is followed', async () => {
    const away: RequestListener = (_, response) =>
      void response.writeHead(302, { location: 'http://169.254.169.254/' }).end();
    expect(await deliver(away)).toMatchObject({ kind: 'dead', error: 'redirect_not_followed' });
    expect(api?.received).toHaveLength(1);
  });

  test('nothing in time, or nobody there, is worth another try', async () => {
    expect(await deliver(() => undefined)).toEqual({ kind: 'retry', error: 'timeout' });
    expect(await deliverTo(`http://127.0.0.1:${await closedPort()}`)).toEqual({
      kind: 'retry',
      error: 'connection_refused',
    });
  });
});

describe('the token', () => {
  test('is in no answer, error or line of the log, however it is echoed', async () => {
    const echo: RequestListener = (request, response) =>
      void response.writeHead(404).end(
        JSON.stringify({
          ok: false,
          error_code: 404,
          description: `no ${request.url} and no ${encodeURIComponent(TOKEN)}`,
        }),
      );
    const result = await deliver(echo);
    expect(result).toMatchObject({ kind: 'dead', statusCode: 404 });
    await deliverTo(`http://127.0.0.1:${await closedPort()}`);
    expect(JSON.stringify(result) + lines.join()).not.toContain('canary');
    expect(lines).toHaveLength(2);
  });

  test('that cannot be read is not the receiver’s fault', async () => {
    const request = { botToken: newVault().seal(TOKEN), chatId: 1 };
    expect(await deliver(taking, { request })).toEqual({ kind: 'retry', error: 'secrets_unreadable' });
    expect(api?.received).toEqual([]);
  });
});

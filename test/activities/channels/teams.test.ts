import type { RequestListener } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { OutgoingDelivery } from '../../../src/activities/channels/channel.js';
import { createTeamsChannel } from '../../../src/activities/channels/teams.js';
import { teamsMessage } from '../../../src/domain/teams-card.js';
import { createOutbound, type Outbound } from '../../../src/outbound/outbound.js';
import { aDelivery, outgoing } from '../../support/deliveries.js';
import { keepLog } from '../../support/kept-log.js';
import { openReceiver, type Receiver } from '../../support/receiver.js';
import { newVault } from '../../support/vault.js';

const PATH = '/workflows/0123456789canary0123456789/triggers/manual/paths/invoke';
const QUERY = '?api-version=2016-06-01&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=canary-sig_%2F';
const vault = newVault();
let outbound: Outbound;
let workflow: Receiver | undefined;
const { log, lines } = keepLog();

beforeEach(() => {
  lines.length = 0;
  outbound = createOutbound({ allow: [], allowLoopback: true, timeoutMs: 1_000, connectionsPerHost: 4 });
});
afterEach(async () => {
  await outbound.close();
  await workflow?.close();
  workflow = undefined;
});

const told = { title: 'WeeklyDigest', text: 'up **12 %**\nsee [here](https://evil.example)' };

async function deliver(answer: RequestListener, given: Partial<OutgoingDelivery> = {}) {
  workflow = await openReceiver(answer);
  const request = { url: vault.seal(workflow.url + PATH + QUERY) };
  const delivery = aDelivery({ channel: 'teams', receiver: workflow.url, request });
  const channel = createTeamsChannel({ outbound, vault, log, now: () => Date.parse('2030-01-31T09:00:00Z') });
  return channel.deliver(outgoing({ ...delivery, body: JSON.stringify(told) }, given));
}

const answering =
  (status: number, headers: Record<string, string> = {}, text = ''): RequestListener =>
  (_, response) =>
    void response.writeHead(status, headers).end(text);

test('a card goes to the workflow, whose 202 is success', async () => {
  expect(await deliver(answering(202))).toEqual({ kind: 'delivered', statusCode: 202, answer: '' });
  const [got] = workflow?.received ?? [];
  expect(got).toMatchObject({ method: 'POST', path: PATH + QUERY });
  expect(got?.headers['content-type']).toBe('application/json');
  expect(JSON.parse(got?.body ?? '')).toEqual(teamsMessage(told));
});

describe('what a workflow answers', () => {
  test.each([400, 401, 403, 404, 413])('%i is final', async (statusCode) => {
    const error = `status_${statusCode}`;
    expect(await deliver(answering(statusCode))).toMatchObject({ kind: 'dead', statusCode, error });
  });

  test('429 says when to come again', async () => {
    const result = await deliver(answering(429, { 'retry-after': '17' }));
    expect(result).toMatchObject({ kind: 'retry', statusCode: 429, retryAfterMs: 17_000 });
  });

  test.each([408, 500, 502, 504])('%i is worth another try', async (statusCode) => {
    expect(await deliver(answering(statusCode))).toMatchObject({ kind: 'retry', statusCode });
  });

  test('a redirect is never followed', async () => {
    const result = await deliver(answering(307, { location: 'http://169.254.169.254/' }));
    expect(result).toMatchObject({ kind: 'dead', error: 'redirect_not_followed' });
    expect(workflow?.received).toHaveLength(1);
  });
});

describe('its address', () => {
  test('is in no answer, error or line of the log, however it is echoed', async () => {
    const echo: RequestListener = (request, response) => {
      const url = `http://${request.headers.host}${request.url}`;
      const key = request.url?.split('/')[2];
      response
        .writeHead(404)
        .end(JSON.stringify({ url, path: request.url, key, text: decodeURIComponent(url) }));
    };
    const result = await deliver(echo);
    expect(result).toMatchObject({ kind: 'dead', statusCode: 404 });
    expect(JSON.stringify(result) + lines.join()).not.toMatch(/canary/);
    expect(lines).toHaveLength(1);
  });

  test('that leads inwards is not called', async () => {
    await outbound.close();
    outbound = createOutbound({ allow: [], allowLoopback: false, timeoutMs: 1_000, connectionsPerHost: 4 });
    expect(await deliver(answering(202))).toEqual({ kind: 'dead', error: 'address_not_allowed' });
    expect(workflow?.received).toEqual([]);
  });

  test('that cannot be read is not the receiver’s fault', async () => {
    const request = { url: newVault().seal('https://example.com') };
    expect(await deliver(answering(202), { request })).toEqual({
      kind: 'retry',
      error: 'secrets_unreadable',
    });
  });
});

import { randomBytes, randomUUID } from 'node:crypto';
import type { RequestListener } from 'node:http';
import { afterEach, expect, test } from '@jest/globals';
import { MockActivityEnvironment } from '@temporalio/testing';
import { createLogChannel } from '../../src/activities/channels/log.js';
import { createWebhookChannel } from '../../src/activities/channels/webhook.js';
import { createOutcomeRecorder } from '../../src/activities/record-outcomes.js';
import { createRetryDeliveries } from '../../src/activities/retry-deliveries.js';
import { getDelivery, insertDeliveries, type NewDelivery } from '../../src/db/deliveries.js';
import { getEndpoint, writeEndpoints } from '../../src/db/endpoints.js';
import type { EndpointState } from '../../src/messages/endpoint.js';
import { createOutbound } from '../../src/outbound/outbound.js';
import { describeEachDatabase, silentLog } from '../support/databases.js';
import { aPending } from '../support/deliveries.js';
import { openReceiver, type Receiver } from '../support/receiver.js';
import { until } from '../support/until.js';
import { newVault } from '../support/vault.js';

const NOW = Date.parse('2030-01-31T09:00:00.000Z');
const vault = newVault();
const secret = `whsec_${randomBytes(32).toString('base64')}`;
const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.close();
});

async function receiverOf(answer?: RequestListener): Promise<Receiver> {
  const receiver = await openReceiver(answer);
  opened.push(receiver);
  return receiver;
}

describeEachDatabase('retried deliveries', (database) => {
  const db = () => database().db;
  const status =
    (code: number): RequestListener =>
    (_, response) =>
      void response.writeHead(code).end();

  /** Runs the activity for a receiver, under a clock that begins at `startsAt` and moves by what is waited. */
  async function retry(orgId: string, receiver: string, startsAt = NOW): Promise<EndpointState> {
    let time = startsAt;
    const now = () => time;
    const outbound = createOutbound({
      allow: [],
      allowLoopback: true,
      timeoutMs: 2_000,
      connectionsPerHost: 64,
    });
    opened.push(outbound);
    const secretsOf = async () => [secret];
    const webhook = createWebhookChannel({ outbound, vault, log: silentLog, version: '1', secretsOf });
    const unused = createLogChannel(silentLog);
    const starter = { ensureEndpoint: async () => undefined, wakeEndpoint: () => undefined };
    const recorder = createOutcomeRecorder({ starter, vault, now, random: () => 0.5 });
    const retryDeliveries = createRetryDeliveries({
      database: database(),
      channels: {
        ...{ webhook, log: unused, signal: unused, timer: unused },
        ...{ telegram: unused, teams: unused, email: unused, redis_stream: unused },
        ...{ broker: unused, message: unused, task: unused },
      },
      recorder,
      log: silentLog,
      attemptTimeoutMs: 2_000,
      now,
      wait: async (ms) => {
        time += ms;
      },
    });
    return new MockActivityEnvironment().run(retryDeliveries, { orgId, receiver });
  }

  /** Writes deliveries to a receiver, due so many ms after now. */
  async function pendingTo({ url }: Receiver, dueInMs: number[], given: Partial<NewDelivery> = {}) {
    const orgId = given.orgId ?? randomUUID();
    const deliveries = dueInMs.map((ms) =>
      aPending({
        orgId,
        receiver: url,
        request: { url: `${url}/hook` },
        nextAttemptAt: new Date(NOW + ms),
        ...given,
      }),
    );
    await insertDeliveries(db(), deliveries, NOW);
    return { orgId, deliveries };
  }

  const row = ({ orgId, id }: NewDelivery) => getDelivery(db(), { orgId, tenants: null }, id);

  test('that are due go out, the others wait', async () => {
    const receiver = await receiverOf();
    const { orgId, deliveries } = await pendingTo(receiver, [-5, 0, 60_000]);
    const nextAttemptAt = new Date(NOW + 60_000).toISOString();
    expect(await retry(orgId, receiver.url)).toEqual({
      circuit: 'closed',
      failures: 0,
      pending: 1,
      nextAttemptAt,
    });
    expect(receiver.received).toHaveLength(2);
    const statuses = await Promise.all(deliveries.map(async (delivery) => (await row(delivery))?.status));
    expect(statuses).toEqual(['delivered', 'delivered', 'pending']);
  });

  test('leave nothing to do when all arrived', async () => {
    const receiver = await receiverOf();
    const { orgId } = await pendingTo(
      receiver,
      Array.from({ length: 50 }, () => 0),
    );
    expect(await retry(orgId, receiver.url)).toMatchObject({ pending: 0, nextAttemptAt: null });
    expect(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size).toBe(50);
  });

  test('go out at most 20 at once', async () => {
    let atOnce = 0;
    let most = 0;
    const receiver = await receiverOf((_, response) => {
      most = Math.max(most, ++atOnce);
      setTimeout(() => {
        atOnce--;
        response.end();
      }, 10);
    });
    const { orgId } = await pendingTo(
      receiver,
      Array.from({ length: 50 }, () => 0),
    );
    await retry(orgId, receiver.url);
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(20);
  });

  test('that are answered late hold up no other, not even one that comes meanwhile', async () => {
    const order: string[] = [];
    let letGo = () => undefined as unknown;
    const receiver = await receiverOf(({ url = '' }, response) => {
      const answer = () => {
        order.push(url);
        return response.writeHead(204).end();
      };
      if (url === '/slow') letGo = answer;
      else answer();
    });
    const { orgId } = await pendingTo(receiver, [0], { request: { url: `${receiver.url}/slow` } });
    const isOver = retry(orgId, receiver.url);
    await until(() => receiver.received.length === 1);
    const { deliveries } = await pendingTo(receiver, [0], {
      orgId,
      request: { url: `${receiver.url}/fast` },
    });
    const isDelivered = async (one: NewDelivery) => (await row(one))?.status === 'delivered';
    await until(async () => (await Promise.all(deliveries.map(isDelivered))).every(Boolean));
    letGo();
    expect(await isOver).toMatchObject({ pending: 0 });
    expect(order).toEqual(['/fast', '/slow']);
  });

  test('that fail are attempted again to the moment when that is near, else left', async () => {
    const receiver = await receiverOf(status(500));
    const { orgId, deliveries } = await pendingTo(receiver, [0]);
    const nextAttemptAt = new Date(NOW + 3_000).toISOString();
    const left = { circuit: 'closed', failures: 2, pending: 1, nextAttemptAt };
    expect(await retry(orgId, receiver.url)).toEqual(left);
    const attempts = [0, 1_000].map((ms) => ({ at: new Date(NOW + ms).toISOString(), statusCode: 500 }));
    for (const delivery of deliveries) expect(await row(delivery)).toMatchObject({ attempts });
  });

  test('are sent once by two runs at the same time', async () => {
    const receiver = await receiverOf((_, response) => void setTimeout(() => response.end(), 20));
    const { orgId } = await pendingTo(
      receiver,
      Array.from({ length: 10 }, () => 0),
    );
    await Promise.all([retry(orgId, receiver.url), retry(orgId, receiver.url)]);
    expect(receiver.received).toHaveLength(10);
  });

  test('to a receiver that fails open its circuit: then one probe, and the rest waits', async () => {
    const receiver = await receiverOf(status(503));
    const { orgId } = await pendingTo(
      receiver,
      Array.from({ length: 60 }, () => 0),
    );
    const state = await retry(orgId, receiver.url);
    const nextAttemptAt = new Date(NOW + 3_000).toISOString();
    expect(state).toEqual({ circuit: 'open', failures: 11, pending: 60, nextAttemptAt });
    expect(receiver.received).toHaveLength(21);
    expect(await retry(orgId, receiver.url, NOW + 1_999)).toEqual(state);
    expect(receiver.received).toHaveLength(21);
  });

  test('to a receiver whose circuit is open are one probe, and all of them when it is back', async () => {
    let isBack = false;
    const receiver = await receiverOf((_, response) => void response.writeHead(isBack ? 200 : 500).end());
    const { orgId } = await pendingTo(
      receiver,
      Array.from({ length: 30 }, () => 0),
    );
    const failing = {
      org_id: orgId,
      receiver: receiver.url,
      failures: 10,
      failing_since: new Date(NOW - 10),
    };
    await writeEndpoints(db(), [{ ...failing, state: 'open', opened_until: new Date(NOW) }]);
    expect(await retry(orgId, receiver.url)).toMatchObject({ circuit: 'open', failures: 11, pending: 30 });
    expect(receiver.received).toHaveLength(1);
    isBack = true;
    expect(await retry(orgId, receiver.url, NOW + 2_000)).toMatchObject({
      circuit: 'closed',
      failures: 0,
      pending: 0,
    });
    expect(receiver.received).toHaveLength(31);
  });

  test('to a receiver that is switched off end without an attempt', async () => {
    const receiver = await receiverOf();
    const { orgId, deliveries } = await pendingTo(receiver, [0, 60_000]);
    const off = {
      org_id: orgId,
      receiver: receiver.url,
      state: 'off' as const,
      failures: 99,
      opened_until: null,
    };
    await writeEndpoints(db(), [{ ...off, failing_since: new Date(NOW - 1) }]);
    expect(await retry(orgId, receiver.url)).toMatchObject({
      circuit: 'off',
      pending: 0,
      nextAttemptAt: null,
    });
    expect(receiver.received).toEqual([]);
    for (const delivery of deliveries) {
      const ended = { status: 'dead', last_error: 'endpoint_disabled', attempts: [], attempt_count: 0 };
      expect(await row(delivery)).toMatchObject(ended);
    }
    expect(await getEndpoint(db(), { orgId, receiver: receiver.url })).toMatchObject({ state: 'off' });
  });

  test('of other organisations and receivers are left alone', async () => {
    const receiver = await receiverOf();
    const { orgId } = await pendingTo(receiver, [0]);
    await pendingTo(receiver, [0]);
    await pendingTo(receiver, [0], { orgId, receiver: 'https://other.example' });
    await retry(orgId, receiver.url);
    expect(receiver.received).toHaveLength(1);
  });
});

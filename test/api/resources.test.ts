import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { CreatedOrg } from '../../src/api/create-org.js';
import type { Subscription } from '../../src/schemas/event.js';
import { startTestApi, type TestApi } from '../support/api.js';

let api: TestApi;
let org: CreatedOrg;
beforeAll(async () => {
  api = await startTestApi();
  org = await api.org();
});
afterAll(() => api.close());

describe('the webhook secret', () => {
  test('is one of 32 bytes as Standard Webhooks write it, and the same on every call', async () => {
    const read = async () => (await api.send('/webhook-secret', { key: org.key })).json<{ secret: string }>();
    const { secret } = await read();
    expect(secret).toMatch(/^whsec_/);
    expect(Buffer.from(secret.slice(6), 'base64')).toHaveLength(32);
    expect((await read()).secret).toBe(secret);
  });

  test('is another after rotation, while the old one counts for 24 hours', async () => {
    const before = (await api.send('/webhook-secret', { key: org.key })).json<{ secret: string }>();
    const rotated = await api.send('/webhook-secret/rotate', { method: 'POST', key: org.key });
    const after = rotated.json<{ secret: string; previousSecretUntil: string }>();
    expect(after.secret).not.toBe(before.secret);
    const left = Date.parse(after.previousSecretUntil) - Date.now();
    expect(left).toBeGreaterThan(86_390_000);
    expect(left).toBeLessThanOrEqual(86_400_000);
    const row = await api.database.db
      .selectFrom('orgs')
      .selectAll()
      .where('id', '=', org.orgId)
      .executeTakeFirstOrThrow();
    expect(JSON.stringify(row)).not.toContain('whsec_');
    expect(api.vault.open(row.previous_webhook_secret ?? '')).toBe(before.secret);
  });

  test('does not change again while the one before it still counts, and says until when', async () => {
    const other = await api.org();
    const rotate = () => api.send('/webhook-secret/rotate', { method: 'POST', key: other.key });
    const read = () => api.send('/webhook-secret', { key: other.key });
    const first = (await rotate()).json<{ secret: string; previousSecretUntil: string }>();
    const second = await rotate();
    expect(second.problem()).toMatchObject({ status: 409, code: 'wrong_state' });
    expect(second.problem().detail).toContain(first.previousSecretUntil);
    expect((await read()).json()).toEqual(first);
    await api.database.db
      .updateTable('orgs')
      .set({ previous_secret_until: new Date() })
      .where('id', '=', other.orgId)
      .execute();
    expect((await rotate()).status).toBe(200);
  });
});

describe('a subscription', () => {
  const create = (body: object) => api.send('/subscriptions', { key: org.key, body });

  test('stands from when it is made until it is ended, credentials masked', async () => {
    const made = await create({
      url: 'https://u:hunter2@hooks.example.com/x?token=abc',
      types: ['timer.*', 'delivery.dead'],
    });
    expect(made.status).toBe(201);
    const { subscription } = made.json<{ subscription: Subscription }>();
    expect(subscription.url).toBe('https://***:***@hooks.example.com/x?token=***');
    const rows = await api.database.db.selectFrom('subscriptions').selectAll().execute();
    expect(JSON.stringify(rows)).not.toContain('hunter2');
    const path = `/subscriptions/${subscription.id}`;
    expect((await api.send(path, { method: 'DELETE', key: org.key })).status).toBe(204);
    expect((await api.send(path, { method: 'DELETE', key: org.key })).status).toBe(404);
    expect((await api.send('/subscriptions', { key: org.key })).json()).toEqual({ subscriptions: [] });
  });

  test.each([
    [{ url: 'http://10.0.0.1/', types: ['*'] }, 'url'],
    [{ url: 'ftp://example.com/', types: ['*'] }, 'url'],
    [{ url: 'https://example.com/', types: [] }, 'types'],
    [{ url: 'https://example.com/', types: ['message.bogus'] }, 'types.0'],
    [{ url: 'https://example.com/', types: ['bogus.*'] }, 'types.0'],
    [{ url: 'https://example.com/', types: ['timer.*; drop'] }, 'types.0'],
  ])('%j is refused', async (body, field) => {
    const answer = await create(body);
    expect(answer.status).toBe(422);
    expect(answer.problem().errors?.[0]?.path).toBe(field);
  });
});

describe('health', () => {
  test.each(['/healthz', '/livez', '/readyz'])('%s is open, and answers with a key as well', async (path) => {
    const headers = { 'x-forwarded-for': '203.0.113.9' };
    expect((await api.send(path, { headers })).json()).toEqual({ status: 'ok' });
    expect((await api.send(path, { headers, key: org.key })).status).toBe(200);
  });

  test('each part is told by itself', async () => {
    const statusOf = async (part: string) =>
      (await api.send(`/api/health/${part}`)).json<{ status: string }>().status;
    expect([await statusOf('temporal'), await statusOf('db')]).toEqual(['ok', 'ok']);
    for (const part of ['redis', 'smtp', 'nats', 'amqp']) expect(await statusOf(part)).toBe('not_configured');
    expect((await api.send('/api/health/printer')).status).toBe(404);
  });
});

describe('/metrics', () => {
  test('counts timers that are created and cancelled, each once', async () => {
    const countOf = async (outcome: string) => {
      const { text } = await api.send('/metrics');
      return Number(
        new RegExp(`mainspring_timers_total\\{outcome="${outcome}"\\} (\\d+)`).exec(text)?.[1] ?? 0,
      );
    };
    const before = [await countOf('created'), await countOf('cancelled')];
    const body = { tenantId: 'tenant', requestedBy: 'tests', name: 'counted', duration: '1h' };
    const headers = { 'idempotency-key': 'counted' };
    const made = await api.send('/timers', { key: org.key, headers, body });
    await api.send('/timers', { key: org.key, headers, body });
    const { timer } = made.json<{ timer: { id: string } }>();
    for (let time = 0; time < 2; time++)
      await api.send(`/timers/${timer.id}/cancel`, { key: org.key, body: {} });
    expect([await countOf('created'), await countOf('cancelled')]).toEqual(before.map((count) => count + 1));
  });

  test('counts requests by route, and names no caller', async () => {
    await api.send('/deliveries/secret-id', { key: org.key });
    const answer = await api.send('/metrics');
    expect(answer.headers.get('content-type')).toContain('text/plain');
    expect(answer.text).toMatch(
      /http_request_duration_seconds_count\{method="GET",route="\/deliveries\/:id",status="404"\} \d/,
    );
    expect(answer.text).not.toContain('secret-id');
    expect(answer.text).not.toContain(org.orgId);
  });
});

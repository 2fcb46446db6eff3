import { expect, test } from '@jest/globals';
import { startTestApi } from '../support/api.js';
import { describeRedis, startRedis } from '../support/redis-server.js';
import { until } from '../support/until.js';

test('without REDIS_URL, Redis is not configured', async () => {
  const api = await startTestApi();
  const answer = await api.send('/api/health/redis');
  expect({ status: answer.status, body: answer.json() }).toEqual({
    status: 200,
    body: { status: 'not_configured' },
  });
  await api.close();
});

describeRedis('the health of Redis', () => {
  test('is asked of the server, and what else the API does goes on without it', async () => {
    const server = await startRedis();
    const api = await startTestApi({ env: { REDIS_URL: `${server.url}/0` } });
    const status = async () => (await api.send('/api/health/redis')).status;
    await until(async () => (await status()) === 200);
    expect((await api.send('/api/health/redis')).json()).toEqual({ status: 'ok' });
    await server.kill();
    await until(async () => (await status()) === 503);
    expect((await api.send('/api/health/redis')).text).not.toContain(String(server.port));
    expect((await api.send('/healthz')).status).toBe(200);
    await server.start();
    await until(async () => (await status()) === 200);
    await api.close();
    await server.stop();
  });
});

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Context } from '../../src/process/context.js';
import type { RunningWorkers } from '../../src/process/program.js';
import { startWorkersAlone } from '../../src/worker/start-alone.js';
import { openTestContext } from '../support/api.js';
import { aTimer } from '../support/deliveries.js';
import { openTestEngine, type TestEngine } from '../support/engine.js';
import { until } from '../support/until.js';

describe('a process with workers and no API', () => {
  let engine: TestEngine;
  let context: Context;
  let workers: RunningWorkers;
  let url: string;
  beforeAll(async () => {
    engine = await openTestEngine();
    context = await openTestContext({ env: { TEMPORAL_NAMESPACE: engine.namespace, WORKER_PORT: '0' } });
    workers = await startWorkersAlone(context);
    const [[, metrics] = []] = workers.facts ?? [];
    url = new URL(metrics ?? '').origin;
  }, 60_000);
  afterAll(async () => {
    workers.beginShutdown();
    await workers.close();
    context.starter.close();
    await context.database.close();
    await context.connection.close();
    await engine.close();
  }, 60_000);

  const get = async (path: string) => {
    const answer = await fetch(url + path);
    return { status: answer.status, type: answer.headers.get('content-type'), text: await answer.text() };
  };

  test('shows what it counts: created and fired timers, how late they were', async () => {
    const fireAt = new Date(Date.now() + 100);
    await context.timers.create(aTimer({ orgId: 'alone', fireAt }));
    const metrics = async () => (await get('/metrics')).text;
    await until(async () => /mainspring_timers_total\{outcome="fired"\} 1/.test(await metrics()));
    const text = await metrics();
    expect(text).toMatch(/mainspring_timers_total\{outcome="created"\} 1/);
    expect(text).toMatch(/mainspring_timer_lateness_seconds_count 1/);
    expect(text).toContain('process_cpu_seconds_total');
    expect(text).not.toContain('alone');
    expect((await get('/metrics')).type).toContain('text/plain');
  }, 60_000);

  test('says that it lives and is ready, and serves nothing else', async () => {
    expect(await get('/livez')).toMatchObject({ status: 200, text: '{"status":"ok"}' });
    expect(await get('/readyz')).toMatchObject({ status: 200, text: '{"status":"ok"}' });
    expect((await get('/timers')).status).toBe(404);
  });

  test('is not ready any more once it is to stop, and lives on until it has', async () => {
    workers.beginShutdown();
    expect((await get('/readyz')).status).toBe(503);
    expect((await get('/livez')).status).toBe(200);
  });
});

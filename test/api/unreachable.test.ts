import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { DEMO_KEY, startTestApi, type TestApi } from '../support/api.js';
import { type CutOff, cutOff } from '../support/cut-off.js';

const timer = { tenantId: 'agent-1', requestedBy: 'tests', name: 'a timer', duration: '40m' };
const key = DEMO_KEY;

async function timed<T>(work: Promise<T>): Promise<{ result: T; millis: number }> {
  const startedAt = performance.now();
  return { result: await work, millis: performance.now() - startedAt };
}

describe('while the engine cannot be reached', () => {
  let way: CutOff;
  let api: TestApi;
  beforeAll(async () => {
    way = await cutOff(process.env.MAINSPRING_TEST_TEMPORAL ?? '');
    api = await startTestApi({ temporalAddress: way.address });
  });
  afterAll(async () => {
    way.mend();
    await api.close();
    await way.close();
  });

  test.each(['hang', 'break'] as const)(
    'nothing is acknowledged, and that is said within 2 s (%s)',
    async (fault) => {
      way[fault]();
      const { result, millis } = await timed(api.send('/timers', { key, body: { ...timer, name: fault } }));
      expect(result.status).toBe(503);
      expect(result.problem()).toMatchObject({ code: 'unavailable' });
      expect(Number(result.headers.get('retry-after'))).toBeGreaterThan(0);
      expect(millis).toBeLessThan(2_200);
      way.mend();
    },
  );

  test('reads go on, and readiness says what is missing', async () => {
    way.hang();
    expect((await api.send('/timers', { key })).status).toBe(200);
    expect((await api.send('/livez')).status).toBe(200);
    const ready = await api.send('/readyz');
    expect(ready.status).toBe(503);
    expect(ready.problem().detail).toContain('Temporal');
    expect((await api.send('/api/health/db')).status).toBe(200);
    expect((await api.send('/api/health/temporal')).status).toBe(503);
    way.mend();
  });

  test('it goes on by itself once the way is free', async () => {
    const deadline = Date.now() + 15_000;
    const until = async (wanted: number, ask: () => Promise<{ status: number }>) => {
      let { status } = await ask();
      while (status !== wanted && Date.now() < deadline) ({ status } = await ask());
      expect(status).toBe(wanted);
    };
    await until(201, () => api.send('/timers', { key, body: timer }));
    // A probe's answer is kept for a moment.
    await until(200, () => api.send('/readyz'));
  });
});

describe('while the database cannot be reached', () => {
  test('every call that needs it is a 503 within 2 s', async () => {
    const api = await startTestApi();
    await api.database.close();
    for (const sent of [{ path: '/timers', body: timer }, { path: '/deliveries' }, { path: '/readyz' }]) {
      const { result, millis } = await timed(api.send(sent.path, { key, body: sent.body }));
      expect(result.status).toBe(503);
      expect(result.problem().code).toBe('unavailable');
      expect(millis).toBeLessThan(2_200);
    }
    expect((await api.send('/livez')).status).toBe(200);
    await api.close();
  });
});

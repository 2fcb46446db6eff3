import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { CreatedOrg } from '../../src/api/create-org.js';
import { agentConnections } from '../support/agent-connections.js';
import { startTestApi, type TestApi } from '../support/api.js';
import { type CutOff, cutOff } from '../support/cut-off.js';
import { until } from '../support/until.js';

let api: TestApi;
let org: CreatedOrg;
const { armed, connect, connected, row } = agentConnections(
  () => api,
  () => org,
);
beforeAll(async () => {
  api = await startTestApi();
  org = await api.org();
});
afterAll(() => api.close());

describe('while the engine cannot be reached', () => {
  let way: CutOff;
  let away: TestApi;
  beforeAll(async () => {
    way = await cutOff(process.env.MAINSPRING_TEST_TEMPORAL ?? '');
    away = await startTestApi({ temporalAddress: way.address, database: api.database });
  });
  afterAll(async () => {
    way.mend();
    await away.close();
    await way.close();
  });

  test.each(['hang', 'break'] as const)(
    'a heartbeat is a 503 within 2 s, and counts all the same (%s)',
    async (fault) => {
      const { agent, token } = await connected();
      way[fault]();
      const startedAt = performance.now();
      const body = { status: 'busy' };
      const answer = await away.send(`/agents/${agent.id}/heartbeat`, { token, body });
      expect([answer.status, answer.problem().code]).toEqual([503, 'unavailable']);
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
      expect(performance.now() - startedAt).toBeLessThan(2_200);
      await until(async () => (await row(agent)).connection === 'busy');
      way.mend();
    },
  );

  test('connecting is a 503 within 2 s, and works when the engine is back', async () => {
    const { agent, secret } = await armed();
    way.hang();
    const startedAt = performance.now();
    expect((await connect(agent.id, { secret }, {}, away)).status).toBe(503);
    expect(performance.now() - startedAt).toBeLessThan(2_200);
    way.mend();
    await until(async () => (await connect(agent.id, { secret }, {}, away)).status === 200, 15_000);
  });
});

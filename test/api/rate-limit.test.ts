import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { CreatedOrg } from '../../src/api/create-org.js';
import { startTestApi, type TestApi } from '../support/api.js';
import { aMailAgent } from '../support/mail.js';

const QUOTA = 5;
let api: TestApi;
let org: CreatedOrg;
beforeAll(async () => {
  api = await startTestApi({
    env: { RATE_LIMITS: 'on', RATE_LIMIT_PRO: String(QUOTA), RATE_LIMIT_FREE: '2' },
  });
});
afterAll(() => api.close());

const makeKey = async (body: object) => {
  org ??= await api.org();
  return (await api.send('/api-keys', { token: org.adminToken, body })).json<{ key: string }>().key;
};

test('every answer says what is left; the one over the limit when to come again', async () => {
  const key = await makeKey({ name: 'counted' });
  for (let left = QUOTA - 1; left >= 0; left--) {
    const answer = await api.send('/deliveries', { key });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('ratelimit-policy')).toBe(`"default";q=${QUOTA};w=60`);
    expect(answer.headers.get('ratelimit')).toMatch(new RegExp(`^"default";r=${left};t=(?:60|59)$`));
  }
  const refused = await api.send('/deliveries', { key });
  expect(refused.status).toBe(429);
  expect(refused.problem().code).toBe('rate_limited');
  expect(refused.headers.get('ratelimit')).toMatch(/^"default";r=0;t=\d+$/);
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(50);
});

test('one key at its limit leaves the others alone, and its tier decides', async () => {
  const key = await makeKey({ name: 'free', tier: 'free' });
  const statuses = [];
  for (let count = 0; count < 3; count++) statuses.push((await api.send('/deliveries', { key })).status);
  expect(statuses).toEqual([200, 200, 429]);
  expect((await api.send('/deliveries', { key: org.key })).status).toBe(200);
});

test('a batch counts once, and a request that is wrong counts as well', async () => {
  const key = await makeKey({ name: 'batches' });
  const answer = await api.send('/timers/batch', { key, body: { timers: [{}, {}, {}] } });
  expect(answer.headers.get('ratelimit')).toContain(`r=${QUOTA - 1}`);
  const wrong = await api.send('/timers', { key, body: {} });
  expect(wrong.status).toBe(422);
  expect(wrong.headers.get('ratelimit')).toContain(`r=${QUOTA - 2}`);
});

test("an agent's mail has a larger quota than its other calls, and takes nothing of theirs", async () => {
  org ??= await api.org();
  const { row, token } = await aMailAgent(api, org.orgId);
  const mail = await api.send(`/agents/${row.id}/inbox`, { token });
  expect(mail.headers.get('ratelimit')).toMatch(/^"default";r=999;/);
  const other = await api.send(`/agents/${row.id}/config`, { token });
  expect(other.headers.get('ratelimit')).toMatch(/^"default";r=19;/);
});

test('open routes are not limited', async () => {
  for (let count = 0; count <= QUOTA; count++) expect((await api.send('/livez')).status).toBe(200);
});

import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { CreatedOrg } from '../../src/api/create-org.js';
import { startTestApi, type TestApi } from '../support/api.js';
import { type CutOff, cutOff } from '../support/cut-off.js';
import { aMailAgent } from '../support/mail.js';
import { timerRequest } from '../support/mainspring.js';
import { openMcp } from '../support/mcp.js';

let way: CutOff;
let api: TestApi;
let org: CreatedOrg;
beforeAll(async () => {
  way = await cutOff(process.env.MAINSPRING_TEST_TEMPORAL ?? '');
  api = await startTestApi({ temporalAddress: way.address });
  org = await api.org();
});
afterAll(async () => {
  way.mend();
  await api.close();
  await way.close();
});

describe('while the engine cannot be reached', () => {
  test('a tool says that nothing was done and to come back, and those that read go on', async () => {
    const mcp = await openMcp(api.url, { key: org.key });
    way.hang();
    const idempotencyKey = randomUUID();
    const words = await mcp.fail('create_timer', timerRequest({ name: 'away', idempotencyKey }));
    expect(words).toContain('Failed (unavailable)');
    expect(words).toContain('Try again after');
    expect((await mcp.call('list_timers', { name: 'away' })).timers).toEqual([]);
    way.mend();
    await mcp.close();
  });

  test('a message over A2A is a 503, and repeated later it begins its task once', async () => {
    const { row } = await aMailAgent(api, org.orgId);
    const message = { messageId: randomUUID(), role: 'ROLE_USER', parts: [{ text: 'what is new?' }] };
    const params = { message, configuration: { returnImmediately: true } };
    const body = { jsonrpc: '2.0', id: 1, method: 'SendMessage', params };
    const send = () => api.send(`/a2a/${row.id}`, { key: org.key, body });
    way.hang();
    const refused = await send();
    expect([refused.status, refused.headers.has('retry-after')]).toEqual([503, true]);
    way.mend();
    let answer = await send();
    for (const end = Date.now() + 20_000; answer.status !== 200 && Date.now() < end; ) answer = await send();
    expect([answer.status, answer.text]).toEqual([200, expect.stringContaining('TASK_STATE_SUBMITTED')]);
    const { tasks } = (await api.send('/tasks', { key: org.key })).json<{ tasks: unknown[] }>();
    expect(tasks).toHaveLength(1);
  });
});

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { CreatedOrg } from '../../src/api/create-org.js';
import { startMainspring, type TestMainspring, timerRequest } from '../support/mainspring.js';
import { type Era, type McpClient, openMcp, textOf } from '../support/mcp.js';
import { until } from '../support/until.js';

let mainspring: TestMainspring;
let org: CreatedOrg;
/** Requests that wait for the end of something. */
let waits = 0;
beforeAll(async () => {
  mainspring = await startMainspring();
  const { database } = mainspring;
  const listen = database.listen.bind(database);
  database.listen = (channel, listener) => {
    const stop = listen(channel, listener);
    if (channel !== 'ended') return stop;
    waits++;
    return () => {
      waits--;
      stop();
    };
  };
  org = await mainspring.org();
});
afterAll(() => mainspring.close());

const create = async (mcp: McpClient, duration: string): Promise<string> =>
  (await mcp.call('create_timer', timerRequest({ duration }))).timer.id;

const ERAS: Era[] = ['legacy', 'modern'];

test('a long wait says that it goes on, and ends with what came', async () => {
  await Promise.all(
    ERAS.map(async (era) => {
      const mcp = await openMcp(mainspring.url, { key: org.key, era });
      const timerId = await create(mcp, '22s');
      const told: { progress: number; total?: number | undefined; message?: string | undefined }[] = [];
      const result = await mcp.client.callTool(
        { name: 'wait_for_timer', arguments: { timerId, wait: '10m' } },
        { onprogress: (progress) => void told.push(progress), timeout: 30_000, resetTimeoutOnProgress: true },
      );
      expect(result.structuredContent).toMatchObject({ timer: { id: timerId, status: 'fired' } });
      expect(told[0]).toMatchObject({ total: 600, message: 'The timer is scheduled' });
      expect(told[0]?.progress).toBeGreaterThanOrEqual(14);
      await mcp.close();
    }),
  );
}, 60_000);

describe.each(ERAS)('a wait through the %s protocol', (era) => {
  let mcp: McpClient;
  beforeAll(async () => {
    mcp = await openMcp(mainspring.url, { key: org.key, era });
  });
  afterAll(() => mcp.close());

  test('that comes to nothing answers what there is, and says what to do', async () => {
    const timerId = await create(mcp, '1h');
    const args = { timerId, wait: '300ms' };
    const result = await mcp.client.callTool({ name: 'wait_for_timer', arguments: args });
    expect(result.isError).toBeFalsy();
    expect(textOf(result)).toContain('The timer is scheduled after 0 s. Call wait_for_timer again');
    expect(result.structuredContent).toMatchObject({ timer: { id: timerId, status: 'scheduled' } });
  });

  test('ends when the client gives it up', async () => {
    const timerId = await create(mcp, '1h');
    const controller = new AbortController();
    const args = { timerId, wait: '10m' };
    const waiting = mcp.client.callTool(
      { name: 'wait_for_timer', arguments: args },
      { signal: controller.signal },
    );
    waiting.catch(() => undefined);
    await until(() => waits === 1);
    controller.abort();
    await expect(waiting).rejects.toThrow();
    await until(() => waits === 0);
  });

  test('for what is not there is over at once', async () => {
    expect(await mcp.fail('wait_for_task', { task_id: 'no-such-task', wait: '10m' })).toContain('not_found');
  });
});

test('a process that stops ends waits with what there is', async () => {
  const other = await startMainspring();
  const { key } = await other.org();
  const mcp = await openMcp(other.url, { key });
  const timerId = await create(mcp, '1h');
  const waiting = mcp.call('wait_for_timer', { timerId, wait: '10m' });
  // It has begun once the server answers what was asked after it.
  await mcp.call('get_timer', { timerId });
  await other.close();
  expect((await waiting).timer.status).toBe('scheduled');
  await mcp.close();
});

import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { freePort } from '../../src/engine/port.js';
import type { Context } from '../../src/process/context.js';
import type { Agent } from '../../src/schemas/agent.js';
import { startWorkers } from '../../src/worker/start.js';
import { openTestContext, serveTestApi, type TestApi } from '../support/api.js';
import { describeContainers, startContainers, type TestContainers } from '../support/container-runtime.js';
import { openTestEngine, type TestEngine } from '../support/engine.js';
import { eventually } from '../support/mainspring.js';

const LIVES = 'trap "exit 0" TERM; while [ ! -e /tmp/crash ]; do sleep 0.1; done; exit 3';

describeContainers('containers without a worker', () => {
  let containers: TestContainers;
  let engine: TestEngine;
  let context: Context;
  let api: TestApi;
  beforeAll(async () => {
    containers = await startContainers();
    engine = await openTestEngine();
    const env = { DOCKER_HOST: containers.host, CONTAINER_NETWORK: 'host', PORT: String(await freePort()) };
    context = await openTestContext({ env: { ...env, TEMPORAL_NAMESPACE: engine.namespace } });
    api = await serveTestApi(context, {});
  }, 60_000);
  afterAll(async () => {
    await api?.close();
    await engine?.close();
    await containers?.close();
  }, 60_000);

  async function withWorkers(during: () => Promise<void>): Promise<void> {
    const workers = await startWorkers(context);
    try {
      await during();
    } finally {
      workers.beginShutdown();
      await workers.close();
    }
  }

  test('live on, and what became of them is found by the next one', async () => {
    const { adminToken: token } = await api.org();
    const image = await containers.image('lives:1', { command: ['/bin/sh', '-c', LIVES] });
    const start = async (name: string) => {
      const made = await api.send('/agents', { token, body: { name, image } });
      const { id } = made.json<{ agent: Agent }>().agent;
      await api.send(`/agents/${id}/start`, { token, method: 'POST' });
      return id;
    };
    const read = async (id: string) =>
      (await api.send(`/agents/${id}`, { token })).json<{ agent: Agent }>().agent;
    const ids: string[] = [];
    await withWorkers(async () => {
      for (const name of ['crashes', 'stops', 'lives']) ids.push(await start(name));
      for (const id of ids)
        await eventually(
          () => read(id),
          ({ container }) => container?.status === 'running',
        );
    });
    const [crashes = '', stops = '', lives = ''] = ids;
    const before = (await read(lives)).container;
    expect(await containers.podman('ps', '--quiet')).not.toBe('');
    await containers.podman('exec', `mainspring-${crashes}`, '/bin/busybox', 'touch', '/tmp/crash');
    await api.send(`/agents/${stops}/stop`, { token, method: 'POST' });
    await withWorkers(async () => {
      const crashed = await eventually(
        () => read(crashes),
        ({ container }) => (container?.restarts ?? 0) >= 1,
      );
      expect(crashed.container?.exitCode).toBe(3);
      await eventually(
        () => read(stops),
        ({ container }) => container?.status === 'stopped',
      );
      expect((await read(lives)).container).toEqual(before);
      for (const id of ids) await api.send(`/agents/${id}`, { token, method: 'DELETE' });
      await eventually(
        () => containers.podman('ps', '--all', '--quiet'),
        (left) => left === '',
      );
    });
  }, 90_000);
});

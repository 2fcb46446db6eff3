import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { v7 as newId } from 'uuid';
import type { ContainerWish } from '../../src/containers/container-runtime.js';
import { createDockerRuntime } from '../../src/containers/docker.js';
import { limitsOf } from '../../src/domain/resources.js';
import { describeContainers, startContainers, type TestContainers } from '../support/container-runtime.js';
import { until } from '../support/until.js';

const TALKS = 'trap "echo bye; exit 0" TERM; echo "hello $WHO"; echo oops >&2; while :; do sleep 0.1; done';
const runtimeAt = (host: string) => createDockerRuntime({ DOCKER_HOST: host, CONTAINER_NETWORK: 'host' });
const NOTHING = { limits: limitsOf(null) };

test('where no runtime listens, a sentence says so', async () => {
  for (const host of ['unix:///nowhere/d.sock', 'tcp://127.0.0.1:1', 'ftp://x', 'nonsense']) {
    const refusal = await runtimeAt(host).verify({ image: 'any', ...NOTHING });
    expect(refusal).toMatchObject({ code: 'no_container_runtime' });
    expect(refusal?.detail).toContain('DOCKER_HOST');
    await expect(runtimeAt(host).find('any')).rejects.toMatchObject({ code: 'no_container_runtime' });
  }
});

/** What a runtime answers, at the wire. */
async function whileAnswering(
  answer: (path: string) => object | 'broken off' | null,
  during: (host: string) => Promise<void>,
): Promise<void> {
  const server = createServer(({ url = '' }, response) => {
    const body = answer(url);
    if (body === 'broken off') {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write('{', () => response.destroy());
    } else if (body !== null)
      response.setHeader('content-type', 'application/json').end(JSON.stringify(body));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    await during(`tcp://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

test('one that does not answer is none', async () => {
  await whileAnswering(
    () => null,
    async (host) => {
      const refusal = await runtimeAt(host).verify({ image: 'any', ...NOTHING });
      expect(refusal).toMatchObject({ code: 'no_container_runtime' });
    },
  );
});

test('an end is noticed though the runtime broke off while it was waited for', async () => {
  const stateOf = (status: string) => ({ Status: status, StartedAt: '2030-01-31T09:00:00Z', ExitCode: 0 });
  let waits = 0;
  await whileAnswering(
    (path) => {
      if (path.includes('/wait')) return ++waits === 1 ? 'broken off' : { StatusCode: 0 };
      return { Id: 'c1', State: stateOf(waits < 2 ? 'running' : 'exited'), Config: {} };
    },
    async (host) => {
      const config = { DOCKER_HOST: host, CONTAINER_NETWORK: 'host' };
      const runtime = createDockerRuntime(config, { waitMs: 200 });
      await runtime.waitForEnd('c1', new AbortController().signal);
      expect(waits).toBe(2);
    },
  );
});

test('whoever waits for an end stops when told to, also when the runtime broke off before', async () => {
  const State = { Status: 'running', StartedAt: '2030-01-31T09:00:00Z' };
  const stopping = new AbortController();
  await whileAnswering(
    (path) => {
      if (!path.includes('/wait')) return { Id: 'c1', State, Config: {} };
      setTimeout(() => stopping.abort(), 100);
      return 'broken off';
    },
    async (host) => {
      await expect(runtimeAt(host).waitForEnd('c1', stopping.signal)).resolves.toBeUndefined();
    },
  );
});

test.each([
  [undefined, null],
  ['', null],
  ['none', null],
  ['starting', 'starting'],
  ['healthy', 'healthy'],
  ['unhealthy', 'unhealthy'],
])("an image's own health check that says %s is %s", async (Status, health) => {
  const State = {
    Status: 'running',
    ExitCode: 0,
    OOMKilled: false,
    StartedAt: '2030-01-31T09:00:00.123456789Z',
  };
  await whileAnswering(
    () => ({
      Id: 'c',
      State: { ...State, ...(Status === undefined ? {} : { Health: { Status } }) },
      Config: {},
    }),
    async (host) => {
      expect(await runtimeAt(host).find('c')).toEqual({
        ...{ id: 'c', status: 'running', exitCode: null, wasOutOfMemory: false, health, labels: {} },
        startedAt: new Date('2030-01-31T09:00:00.123Z'),
      });
    },
  );
});

describeContainers('a container runtime', () => {
  let containers: TestContainers;
  let image: string;
  let runtime: ReturnType<typeof runtimeAt>;
  const made: string[] = [];
  beforeAll(async () => {
    containers = await startContainers();
    image = await containers.image('talks:1', { command: ['/bin/sh', '-c', TALKS] });
    runtime = runtimeAt(containers.host);
  });
  afterAll(() => containers?.close());
  afterEach(async () => {
    for (const id of made.splice(0)) await runtime.remove(id);
  });

  async function create(over: Partial<ContainerWish> = {}): Promise<{ id: string; name: string }> {
    const name = `test-${newId()}`;
    const wish = {
      name,
      image,
      environment: { WHO: 'world' },
      labels: { of: 'a test' },
      ...NOTHING,
      ...over,
    };
    const id = await runtime.create(wish);
    made.push(id);
    return { id, name };
  }
  const logs = (id: string) => runtime.logs(id, { tail: 100 });

  test('starts, pauses, resumes and ends a container, each told twice without harm', async () => {
    const { id, name } = await create();
    expect(await runtime.find(name)).toMatchObject({ id, status: 'created', labels: { of: 'a test' } });
    for (const [verb, status] of [
      ['start', 'running'],
      ['pause', 'paused'],
      ['unpause', 'running'],
    ] as const) {
      await runtime[verb](id);
      await runtime[verb](id);
      expect((await runtime.find(id))?.status).toBe(status);
    }
    await until(async () => (await logs(id))?.includes('hello') === true);
    await runtime.stop(id, 5);
    await runtime.stop(id, 5);
    expect(await runtime.find(id)).toMatchObject({ status: 'ended', exitCode: 0 });
    expect((await logs(id))?.split('\n').sort()).toEqual(['', 'bye', 'hello world', 'oops']);
    await runtime.remove(id);
    await runtime.remove(id);
    expect(await runtime.find(id)).toBeNull();
    expect(await logs(id)).toBeNull();
  });

  test('of its logs the last lines are shown', async () => {
    const { id } = await create();
    await runtime.start(id);
    await until(async () => (await logs(id))?.includes('oops') === true);
    expect((await runtime.logs(id, { tail: 1 }))?.trim().split('\n')).toHaveLength(1);
    expect(await runtime.logs(id, { tail: 10, since: new Date(Date.now() + 60_000) })).toBe('');
  });

  test('has the memory and the CPU that it was given, and no more', async () => {
    const { id } = await create({ limits: limitsOf({ cpu: '500m', memory: '64Mi' }) });
    const shown = await containers.podman(
      'inspect',
      '--format',
      '{{.HostConfig.NanoCpus}} {{.HostConfig.Memory}}',
      id,
    );
    expect(shown).toBe('500000000 67108864');
    await runtime.start(id);
  });

  test('an end is noticed at once, also the end of one that was paused, and of one that is gone', async () => {
    const never = new AbortController().signal;
    const { id } = await create();
    await runtime.start(id);
    let hasEnded = false;
    const ended = runtime.waitForEnd(id, never).then(() => {
      hasEnded = true;
    });
    await runtime.pause(id);
    await runtime.unpause(id);
    expect(hasEnded).toBe(false);
    await containers.podman('kill', '--signal', 'KILL', id);
    await ended;
    expect(await runtime.find(id)).toMatchObject({ status: 'ended', exitCode: 137 });
    await runtime.waitForEnd(id, never);
    await runtime.remove(id);
    await runtime.waitForEnd(id, never);
  });

  test('an end is waited for longer than any other call may take', async () => {
    const { id } = await create();
    await runtime.start(id);
    const config = { DOCKER_HOST: containers.host, CONTAINER_NETWORK: 'host' };
    const hurried = createDockerRuntime(config, { callMs: 1_000 });
    const stopping = new AbortController();
    const waited = hurried.waitForEnd(id, stopping.signal).then(
      () => 'told to stop',
      (error: unknown) => error,
    );
    setTimeout(() => stopping.abort(), 2_000);
    expect(await waited).toBe('told to stop');
  });

  test('who waits for an end can be told to stop waiting', async () => {
    const { id } = await create();
    await runtime.start(id);
    const stopping = new AbortController();
    const waited = runtime.waitForEnd(id, stopping.signal);
    setTimeout(() => stopping.abort(), 50);
    await waited;
    expect((await runtime.find(id))?.status).toBe('running');
  });

  test('refuses an image that is not there, saying how to get it', async () => {
    const missing = 'registry.example.com/none:7';
    expect(await runtime.verify({ image: missing, ...NOTHING })).toMatchObject({
      code: 'image_not_found',
      detail: expect.stringContaining(`docker pull ${missing}`),
    });
    await expect(create({ image: missing })).rejects.toMatchObject({ code: 'image_not_found' });
  });

  test('refuses more than the host has', async () => {
    expect(await runtime.verify({ image, ...NOTHING })).toBeNull();
    const refusal = await runtime.verify({ image, limits: limitsOf({ cpu: '4000' }) });
    expect(refusal).toMatchObject({ code: 'resources_unavailable' });
  });

  test('what it will not do is told in its own words', async () => {
    const { name } = await create();
    await expect(create({ name })).rejects.toMatchObject({
      code: 'refused',
      message: expect.stringContaining('already in use'),
    });
  });

  test('a runtime that goes away is named as what it is, and found again', async () => {
    const { id } = await create();
    await containers.stopService();
    await expect(runtime.find(id)).rejects.toMatchObject({ code: 'no_container_runtime' });
    await containers.startService();
    expect((await runtime.find(id))?.status).toBe('created');
  });
});

import { resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { MainspringClient } from '../../src/client/index.js';
import { freePort } from '../../src/engine/port.js';
import type { Agent } from '../../src/schemas/agent.js';
import type { Message } from '../../src/schemas/message.js';
import {
  describeContainers,
  nodeFiles,
  startContainers,
  type TestContainers,
} from '../support/container-runtime.js';
import { eventually, startMainspring, type TestMainspring } from '../support/mainspring.js';

describeContainers('the sample agent', () => {
  let containers: TestContainers;
  let mainspring: TestMainspring;
  let image: string;
  beforeAll(async () => {
    containers = await startContainers();
    const files = { ...(await nodeFiles()), '/app/agent.mjs': resolve('examples/container-agent/agent.mjs') };
    image = await containers.image('sample:1', { command: ['/usr/bin/node', '/app/agent.mjs'], files });
    const env = { DOCKER_HOST: containers.host, CONTAINER_NETWORK: 'host', PORT: String(await freePort()) };
    mainspring = await startMainspring({ env });
  }, 60_000);
  afterAll(async () => {
    await mainspring?.close();
    await containers?.close();
  }, 60_000);

  test('connects, answers a message, is asked for its health, and leaves in order', async () => {
    const org = await mainspring.org();
    const token = org.adminToken;
    const port = await freePort();
    const body = {
      ...{ name: 'sample', image, topics: ['chat'], healthInterval: '1s' },
      ...{ environment: { HEALTH_PORT: String(port) }, healthUrl: `http://127.0.0.1:${port}/healthz` },
    };
    const { id } = (await mainspring.send('/agents', { token, body })).json<{ agent: Agent }>().agent;
    const read = async () =>
      (await mainspring.send(`/agents/${id}`, { token })).json<{ agent: Agent }>().agent;
    await mainspring.send(`/agents/${id}/start`, { token, method: 'POST' });
    await eventually(read, ({ connection }) => connection === 'online');

    const question = {
      id: 'hello-1',
      from: 'a person',
      type: 'question',
      payload: { content: 'are you there?' },
    };
    const sent = await mainspring.send('/topics/chat/messages', { key: org.key, body: question });
    expect(sent.status).toBe(202);
    const answered = await mainspring.send('/messages/hello-1?wait=20s', { key: org.key });
    const [receipt] = answered.json<{ message: Message }>().message.receipts;
    expect(receipt).toMatchObject({
      status: 'processed',
      reply: { content: 'a person said: are you there?' },
    });
    await eventually(read, ({ health }) => health?.status === 'healthy');

    const client = new MainspringClient({ baseUrl: mainspring.url, token });
    const text = await client.agents.logs(id, { tail: 50, since: new Date(Date.now() - 600_000) });
    const lines = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    // On a busy machine a heartbeat may not get through; the next one does.
    const told = lines.map(({ message }) => message).filter((message) => message !== 'heartbeat failed');
    expect(told).toEqual(['connected', 'handled']);

    await mainspring.send(`/agents/${id}/stop`, { token, method: 'POST' });
    const stopped = await eventually(read, ({ container }) => container?.status === 'stopped');
    expect(stopped.connection).toBe('offline');
    const history = await mainspring.send(`/agents/${id}/history`, { key: org.key });
    expect(history.json<{ sessions: object[] }>().sessions).toMatchObject([{ endReason: 'disconnected' }]);
  });

  test('tells that it was given nothing to connect with', async () => {
    const run = containers.podman('run', '--rm', image);
    await expect(run).rejects.toMatchObject({ stderr: expect.stringContaining('MAINSPRING_URL is not set') });
  });
});

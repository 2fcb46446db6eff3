import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { v7 as newId } from 'uuid';
import type { CreatedOrg } from '../../src/api/create-org.js';
import { freePort } from '../../src/engine/port.js';
import type { Agent } from '../../src/schemas/agent.js';
import type { Event } from '../../src/schemas/event.js';
import { describeContainers, startContainers } from '../support/container-runtime.js';
import { eventually, startMainspring, type TestMainspring } from '../support/mainspring.js';

let status = 200;
let asked = 0;
let server: Server;
let url: string;
let mainspring: TestMainspring;
let org: CreatedOrg;
beforeAll(async () => {
  const port = await freePort();
  server = createServer((_, response) => {
    asked += 1;
    response.writeHead(status, { location: '/elsewhere' }).end('well');
  }).listen(port, '127.0.0.1');
  url = `http://127.0.0.1:${port}/healthz?token=canary`;
  mainspring = await startMainspring();
  org = await mainspring.org();
});
afterAll(async () => {
  await mainspring.close();
  server.close();
});
beforeEach(() => {
  status = 200;
});

async function agentOf(at: TestMainspring, { adminToken: token, key }: CreatedOrg, over: object) {
  const body = { name: newId(), healthUrl: url, healthInterval: '1s', ...over };
  const made = await at.send('/agents', { token, body });
  const { id } = made.json<{ agent: Agent }>().agent;
  const path = `/agents/${id}`;
  const read = async () => (await at.send(path, { key })).json<{ agent: Agent }>().agent;
  return {
    id,
    read,
    verb: (verb: string) => at.send(`${path}/${verb}`, { token, method: 'POST' }),
    change: (changed: object) => at.send(path, { token, method: 'PATCH', body: changed }),
    remove: () => at.send(path, { token, method: 'DELETE' }),
    until: (isSo: (agent: Agent) => boolean) => eventually(read, isSo),
    events: async () => {
      const page = await at.send(`/events?subject=${id}&limit=500`, { key });
      return page.json<{ events: Event[] }>().events.filter(({ type }) => type.startsWith('agent.health_'));
    },
  };
}

test('an agent at work is asked in its interval, and each answer told', async () => {
  const agent = await agentOf(mainspring, org, {});
  const before = asked;
  await agent.verb('start');
  const healthy = await agent.until(({ health }) => health?.status === 'healthy');
  expect(healthy).toMatchObject({ container: null, health: { error: null, failures: 0 } });
  expect(healthy.healthUrl).not.toContain('canary');
  status = 503;
  const unwell = await agent.until(({ health }) => (health?.failures ?? 0) >= 2);
  expect(unwell.health).toMatchObject({ status: 'unhealthy', error: 'answered 503' });
  status = 204;
  await agent.until(({ health }) => health?.status === 'healthy');
  expect(asked - before).toBeGreaterThanOrEqual(4);
  const told = await agent.events();
  expect(told[0]).toMatchObject({ type: 'agent.health_checked', data: { status: 'healthy', failures: 0 } });
  const failed = told.filter(({ type }) => type === 'agent.health_check_failed');
  expect(failed.map(({ data }) => data.failures).slice(0, 2)).toEqual([1, 2]);
  await agent.remove();
});

test('a redirect is no good health', async () => {
  const agent = await agentOf(mainspring, org, {});
  status = 302;
  await agent.verb('start');
  expect((await agent.until(({ health }) => health !== null)).health?.error).toBe('redirected');
  await agent.remove();
});

test('one that is paused is not asked', async () => {
  const agent = await agentOf(mainspring, org, {});
  await agent.verb('start');
  await agent.until(({ health }) => health !== null);
  await agent.verb('pause');
  const { health } = await agent.read();
  await agent.verb('resume');
  const again = await agent.until((now) => now.health?.at !== health?.at);
  expect(again.health?.status).toBe('healthy');
  await agent.remove();
});

test('what would lead inwards is refused, when it is given', async () => {
  const agent = await agentOf(mainspring, org, {});
  const refused = await agent.change({ healthUrl: 'http://169.254.169.254/latest' });
  expect(refused.problem()).toMatchObject({ status: 422, errors: [{ path: 'healthUrl' }] });
});

describeContainers('a container', () => {
  test('that is not well three times in a row is started again', async () => {
    const containers = await startContainers();
    const image = await containers.image('sleeps:1', {
      command: ['/bin/sh', '-c', 'trap "exit 0" TERM; while :; do sleep 0.1; done'],
    });
    const env = { DOCKER_HOST: containers.host, CONTAINER_NETWORK: 'host' };
    const own = await startMainspring({ env });
    try {
      const agent = await agentOf(own, await own.org(), { image });
      await agent.verb('start');
      await agent.until(({ health }) => health?.status === 'healthy');
      status = 500;
      const restarting = await agent.until(({ container }) => container?.status === 'restarting');
      expect(restarting.container?.error).toBe('it was not well 3 times in a row: answered 500');
      status = 200;
      const again = await agent.until(({ container }) => container?.status === 'running');
      expect(again.container).toMatchObject({ id: restarting.container?.id, restarts: 1 });
      await agent.until(({ health }) => health?.status === 'healthy');
      await agent.remove();
      await eventually(
        () => containers.podman('ps', '--all', '--quiet'),
        (running) => running === '',
      );
    } finally {
      await own.close();
      await containers.close();
    }
  }, 60_000);
});

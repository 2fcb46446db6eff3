import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { v7 as newId } from 'uuid';
import type { CreatedOrg } from '../../src/api/create-org.js';
import { freePort } from '../../src/engine/port.js';
import { supervisorWorkflowId } from '../../src/messages/supervisor.js';
import type { Agent } from '../../src/schemas/agent.js';
import type { Event } from '../../src/schemas/event.js';
import { describeContainers, startContainers, type TestContainers } from '../support/container-runtime.js';
import { eventually, startMainspring, type TestMainspring } from '../support/mainspring.js';

/** Ends with 0 on SIGTERM; with 3 when somebody makes /tmp/crash. */
const LIVES =
  'trap "echo goodbye; exit 0" TERM; echo "I am $AGENT_ID at $MAINSPRING_URL, $GREETING"; while [ ! -e /tmp/crash ]; do sleep 0.1; done; exit 3';

describeContainers('an agent with an image', () => {
  let containers: TestContainers;
  let mainspring: TestMainspring;
  let org: CreatedOrg;
  let image: string;
  beforeAll(async () => {
    containers = await startContainers();
    image = await containers.image('lives:1', { command: ['/bin/sh', '-c', LIVES] });
    const port = String(await freePort());
    const env = { DOCKER_HOST: containers.host, CONTAINER_NETWORK: 'host', PORT: port };
    mainspring = await startMainspring({ env });
    org = await mainspring.org();
  }, 60_000);
  afterAll(async () => {
    await mainspring?.close();
    await containers?.close();
  }, 60_000);

  async function agentOf(over: Record<string, unknown> = {}) {
    const { adminToken: token, key, orgId } = org;
    const made = await mainspring.send('/agents', { token, body: { name: newId(), image, ...over } });
    const { id } = made.json<{ agent: Agent }>().agent;
    const path = `/agents/${id}`;
    const name = `mainspring-${id}`;
    const read = async () => (await mainspring.send(path, { key })).json<{ agent: Agent }>().agent;
    return {
      id,
      name,
      path,
      read,
      verb: (verb: string) => mainspring.send(`${path}/${verb}`, { token, method: 'POST' }),
      change: (body: object) => mainspring.send(path, { token, method: 'PATCH', body }),
      remove: () => mainspring.send(path, { token, method: 'DELETE' }),
      logs: (query = '') => mainspring.send(`${path}/logs${query}`, { token }),
      until: (status: string | undefined, more: (agent: Agent) => boolean = () => true) =>
        eventually(read, (agent) => agent.container?.status === status && more(agent)),
      events: async () => {
        const page = await mainspring.send(`/events?subject=${id}&limit=100`, { key });
        return page.json<{ events: Event[] }>().events;
      },
      workflow: () => mainspring.client.workflow.getHandle(supervisorWorkflowId({ orgId, agentId: id })),
      runs: () =>
        containers.podman('ps', '--all', '--filter', `name=${name}`, '--format', '{{.ID}} {{.Status}}'),
      crash: () => containers.podman('exec', name, '/bin/busybox', 'touch', '/tmp/crash'),
    };
  }
  const isGone = (agent: { runs(): Promise<string> }) => eventually(agent.runs, (runs) => runs === '');

  test('starts, pauses, resumes and stops with its container', async () => {
    const agent = await agentOf({
      environment: { GREETING: 'hello' },
      resources: { cpu: '500m', memory: '64Mi' },
    });
    expect((await agent.logs()).problem()).toMatchObject({ status: 409, code: 'wrong_state' });
    expect((await agent.verb('start')).status).toBe(200);
    const { container } = await agent.until('running');
    expect(container).toMatchObject({ exitCode: null, error: null, restarts: 0 });
    const written = await eventually(agent.logs, (answer) => answer.text.includes('hello'));
    expect(written.headers.get('content-type')).toMatch('text/plain');
    expect(written.text).toContain(`I am ${agent.id} at http://127.0.0.1:`);
    expect(await containers.podman('inspect', '--format', '{{.HostConfig.Memory}}', agent.name)).toBe(
      '67108864',
    );
    await agent.verb('pause');
    await agent.until('paused');
    expect(await agent.runs()).toContain('Paused');
    await agent.verb('resume');
    await agent.until('running');
    await agent.verb('stop');
    expect((await agent.until('stopped')).container?.id).toBeNull();
    await isGone(agent);
    expect((await agent.events()).map(({ type }) => type)).toEqual(
      expect.arrayContaining(['agent.started', 'agent.paused', 'agent.resumed', 'agent.stopped']),
    );
    await agent.workflow().result();
  });

  test('connects with the secret that its container was given', async () => {
    const agent = await agentOf();
    await agent.verb('start');
    await agent.until('running');
    const env = await containers.podman(
      'inspect',
      '--format',
      '{{range .Config.Env}}{{println .}}{{end}}',
      agent.name,
    );
    const { AGENT_SECRET: secret } = Object.fromEntries(env.split('\n').map((line) => line.split('=')));
    expect((await mainspring.send(`${agent.path}/connect`, { body: { secret } })).status).toBe(200);
    await agent.verb('stop');
    await agent.until('stopped');
    expect((await eventually(agent.read, ({ connection }) => connection === 'offline')).status).toBe(
      'inactive',
    );
    await agent.verb('start');
    await agent.until('running');
    expect((await mainspring.send(`${agent.path}/connect`, { body: { secret } })).status).toBe(401);
    await agent.remove();
    await isGone(agent);
  });

  test('is started again when it crashes, and told of', async () => {
    const agent = await agentOf();
    await agent.verb('start');
    const { container: first } = await agent.until('running');
    await agent.crash();
    const restarting = await agent.until('restarting');
    expect(restarting.container).toMatchObject({ exitCode: 3, restarts: 1, id: first?.id });
    expect(restarting.health).toMatchObject({ status: 'unhealthy', failures: 1 });
    const told = (await agent.events()).find(({ type }) => type === 'agent.health_check_failed');
    expect(told?.data).toMatchObject({ exitCode: 3, error: 'it ended with exit code 3' });
    // What made it crash is still there, so it waits longer.
    await eventually(agent.read, ({ container }) => (container?.restarts ?? 0) >= 2);
    await containers.podman('rm', '--force', '--time', '0', agent.name);
    const again = await agent.until('running');
    expect(again.container?.id).not.toBe(first?.id);
    await agent.remove();
    await isGone(agent);
  });

  test.each([
    ['no', 3, 'failed'],
    ['on-failure', 0, 'stopped'],
  ])('with the restart policy %s stays as it ended, with %s', async (restartPolicy, exitCode, status) => {
    const agent = await agentOf({ restartPolicy });
    await agent.verb('start');
    await agent.until('running');
    if (exitCode === 0) await containers.podman('kill', '--signal', 'TERM', agent.name);
    else await agent.crash();
    expect((await agent.until(status)).container).toMatchObject({ exitCode });
    await agent.workflow().result();
    await agent.verb('stop');
    await isGone(agent);
    await agent.verb('start');
    await agent.until('running');
    await agent.remove();
    await isGone(agent);
  });

  test('that is changed gets another container', async () => {
    const agent = await agentOf();
    await agent.verb('start');
    const { container } = await agent.until('running');
    expect((await agent.change({ environment: { GREETING: 'changed' } })).status).toBe(200);
    await agent.until('running', (now) => now.container?.id !== container?.id);
    await eventually(agent.logs, (answer) => answer.text.includes('changed'));
    expect((await agent.change({ description: 'of no concern' })).status).toBe(200);
    await agent.remove();
    await isGone(agent);
  });

  test('that is suspended has none until it is activated', async () => {
    const agent = await agentOf();
    await agent.verb('start');
    await agent.until('running');
    await agent.verb('suspend');
    await isGone(agent);
    await agent.verb('activate');
    await agent.until('running');
    await agent.remove();
    await isGone(agent);
  });

  test('is not started where its image is missing, or the host too small', async () => {
    const missing = await agentOf({ image: 'registry.example.com/none:1' });
    const refused = await missing.verb('start');
    expect(refused.problem()).toMatchObject({ status: 409, code: 'image_not_found' });
    expect(refused.problem().detail).toContain('docker pull registry.example.com/none:1');
    expect((await missing.read()).lifecycle).toBe('created');
    const large = await agentOf({ resources: { memory: '900Ti' } });
    expect((await large.verb('start')).problem().code).toBe('resources_unavailable');
    const running = await agentOf();
    await running.verb('start');
    await running.until('running');
    expect((await running.change({ image: 'none:1' })).problem().code).toBe('image_not_found');
    await running.remove();
    await isGone(running);
  });

  test('is adopted by another supervisor when its own was ended', async () => {
    const agent = await agentOf();
    await agent.verb('start');
    const { container } = await agent.until('running');
    await agent.workflow().terminate();
    await mainspring.starter.tellSupervisor({ orgId: org.orgId, agentId: agent.id });
    await eventually(
      () => agent.workflow().query<{ container: unknown } | null>('supervisor'),
      (state) => state?.container !== undefined,
    );
    expect((await agent.read()).container?.id).toBe(container?.id);
    await agent.crash();
    await agent.until('restarting');
    await agent.remove();
    await isGone(agent);
  });

  test('outlives its runtime being away', async () => {
    const agent = await agentOf();
    await agent.verb('start');
    const { container } = await agent.until('running');
    await containers.stopService();
    const refused = await (await agentOf()).verb('start');
    expect(refused.problem()).toMatchObject({ status: 409, code: 'no_container_runtime' });
    expect((await agent.logs()).problem().code).toBe('no_container_runtime');
    await agent.change({ description: 'look again' });
    await containers.startService();
    const found = await agent.until('running', (now) => now.container?.error === null);
    expect(found.container?.id).toBe(container?.id);
    await agent.remove();
    await isGone(agent);
  });
});

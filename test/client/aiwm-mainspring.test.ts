import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import {
  AIWMClient,
  type AIWMCommand,
  type AIWMOptions,
  type AIWMState,
  type Event,
  type Listing,
  MainspringClient,
  type NewAgent,
} from '../../src/client/index.js';
import { startMainspring, type TestMainspring } from '../support/mainspring.js';
import { until } from '../support/until.js';

let mainspring: TestMainspring;
let admin: MainspringClient;
let clients: AIWMClient[] = [];
beforeAll(async () => {
  mainspring = await startMainspring();
  const { key, adminToken } = await mainspring.org();
  admin = new MainspringClient({ baseUrl: mainspring.url, apiKey: key, token: adminToken, retries: 0 });
});
afterEach(async () => {
  await Promise.all(clients.map((one) => one.disconnect()));
  clients = [];
});
afterAll(() => mainspring.close());

async function registered(over: Partial<NewAgent> = {}) {
  const agent = await admin.agents.create({ name: `agent ${Math.random()}`, ...over });
  return { id: agent.id, secret: (await admin.agents.regenerateCredentials(agent.id)).secret };
}
function client({ id, secret }: { id: string; secret: string }, options: AIWMOptions<true> = {}) {
  const given = { baseUrl: mainspring.url, agentId: id, agentSecret: secret, retries: 0 };
  const aiwm = new AIWMClient<true>({ enabled: true, ...given, ...options });
  clients.push(aiwm);
  return aiwm;
}
async function all<Item>(listing: Listing<Item>): Promise<Item[]> {
  const items: Item[] = [];
  for await (const item of listing) items.push(item);
  return items;
}
const typesOf = (events: Event[]) => events.map(({ type }) => type);

test('what an administrator changes reaches an agent that runs', async () => {
  const changes: string[] = [];
  const commands: AIWMCommand[] = [];
  const agent = await registered({ instruction: { systemPrompt: 'Be kind.' }, settings: { apiKey: 'k-1' } });
  const aiwm = client(agent, {
    metrics: () => ({ cpu: 12 }),
    onConfigChange: ({ instruction }) => changes.push(instruction),
    onCommand: (command) => commands.push(command),
  });
  const config = await aiwm.connect();
  expect(config).toMatchObject({ instruction: 'Be kind.', tools: [], settings: { apiKey: 'k-1' } });
  aiwm.setStatus('busy');
  aiwm.startHeartbeat(100);
  await until(async () => (await admin.agents.get(agent.id)).connection === 'busy');

  const read = await admin.agents.get(agent.id);
  expect(read).toMatchObject({ status: 'busy', lifecycle: 'running', settings: { apiKey: '***' } });
  const tool = await admin.tools.create({ name: 'read-file' });
  const changed = await admin.agents.update(agent.id, { tools: ['read-file'] }, { ifMatch: read.etag });
  await expect(admin.agents.update(agent.id, { tools: [] }, { ifMatch: read.etag })).rejects.toMatchObject({
    code: 'precondition_failed',
  });
  await until(() => aiwm.config?.configVersion === changed.configVersion);
  expect(aiwm.config?.tools.map(({ name }) => name)).toEqual(['read-file']);
  await admin.tools.delete(tool.id, { ifMatch: tool.etag });
  await admin.instructions.create({ name: 'all', layer: 'organisation', systemPrompt: 'Be brief.' });
  await until(() => changes.at(-1) === 'Be brief.\n\nBe kind.');
  expect(aiwm.config?.tools).toEqual([]);

  await admin.agents.pause(agent.id);
  await until(() => commands.length === 1);
  await admin.agents.resume(agent.id);
  await until(() => commands.length === 2);
  await admin.agents.stop(agent.id);
  await until(() => commands.length === 3);
  expect(commands).toEqual(['pause', 'resume', 'stop']);
});

test('what an agent counts and how long it was there can be read', async () => {
  const agent = await registered();
  await admin.tools.create({ name: 'write-file' });
  await admin.agents.update(agent.id, { tools: ['write-file'] });
  const aiwm = client(agent);
  await aiwm.connect();
  aiwm.recordToolUse('write-file', true);
  aiwm.recordToolUse('write-file', false);
  aiwm.startHeartbeat();
  // Before the first heartbeat: what was counted goes out all the same.
  await aiwm.disconnect();
  const analytics = () => admin.agents.analytics(agent.id, { period: '1h' });
  await until(async () => (await analytics()).tools.length > 0);
  const { tools, sessions } = await analytics();
  expect(tools).toEqual([{ name: 'write-file', succeeded: 1, failed: 1 }]);
  expect(sessions).toBe(1);
  const [session] = await all(admin.agents.history(agent.id));
  expect(session).toMatchObject({ endReason: 'disconnected' });
  const events = await all(admin.agents.events(agent.id));
  expect(typesOf(events)).toEqual(expect.arrayContaining(['agent.connected', 'agent.disconnected']));
  expect((await admin.agents.get(agent.id)).connection).toBe('offline');
  const inactive = await all(admin.agents.list({ status: 'inactive' }));
  expect(inactive.map(({ id }) => id)).toContain(agent.id);
});

test('a suspended agent knows it, and is back when it is activated', async () => {
  const states: AIWMState[] = [];
  const agent = await registered();
  const aiwm = client(agent, { slowRetryMs: 200, onState: (state) => states.push(state) });
  await aiwm.connect();
  aiwm.startHeartbeat(100);
  await admin.agents.suspend(agent.id);
  await until(() => aiwm.state === 'suspended');
  await admin.agents.activate(agent.id);
  await until(() => aiwm.state === 'connected');
  expect(states).toEqual(['connected', 'suspended', 'connected']);
});

test('a new secret locks out whoever has the old one', async () => {
  const agent = await registered();
  const aiwm = client(agent, { slowRetryMs: 60_000 });
  await aiwm.connect();
  const { secret } = await admin.agents.regenerateCredentials(agent.id);
  aiwm.startHeartbeat(200);
  await until(() => aiwm.state === 'refused');
  await expect(client(agent).connect()).rejects.toMatchObject({ status: 401 });
  expect((await client({ ...agent, secret }).connect()).agent.id).toBe(agent.id);
});

test('an agent that falls silent is noticed, and its next heartbeat brings it back', async () => {
  const agent = await registered({ heartbeat: { interval: '1s', missedAfter: 1 } });
  const aiwm = client(agent);
  await aiwm.connect();
  await until(async () => (await admin.agents.get(agent.id)).connection === 'offline');
  aiwm.startHeartbeat(300);
  await until(async () => (await admin.agents.get(agent.id)).connection === 'online');
  const ends = (await all(admin.agents.history(agent.id))).map(({ endReason }) => endReason);
  expect(ends).toEqual([null, 'silent']);
  expect(typesOf(await all(admin.agents.events(agent.id)))).toContain('agent.health_check_failed');
});

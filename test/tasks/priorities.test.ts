import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { CreatedOrg } from '../../src/api/create-org.js';
import { listTasks, type TaskRow } from '../../src/db/tasks.js';
import { taskWorkflowId } from '../../src/messages/task.js';
import { DEMO_KEY } from '../support/api.js';
import { eventually, startMainspring, type TestMainspring } from '../support/mainspring.js';
import { type ModelServer, startModelServer } from '../support/model-server.js';
import { until } from '../support/until.js';

let model: ModelServer;
let mainspring: TestMainspring;
let org: CreatedOrg;
let agent: string;

async function start(slots: number): Promise<void> {
  mainspring = await startMainspring({
    env: {
      ...{ GOOGLE_API_KEY: 'google-key', GOOGLE_BASE_URL: `${model.url}/v1beta` },
      MAX_WORKERS: String(slots),
    },
  });
  const adminToken = mainspring.api.facts.find(([label]) => label === 'Admin token')?.[1] ?? '';
  org = { orgId: 'demo', key: DEMO_KEY, adminToken };
  agent = await anAgentOf(org);
}
beforeEach(async () => {
  model = await startModelServer();
});
afterEach(async () => {
  await mainspring.close();
  await model.close();
});

async function anAgentOf({ adminToken }: CreatedOrg, over: object = {}): Promise<string> {
  const name = `agent ${randomUUID()}`;
  const answer = await mainspring.send('/agents', { token: adminToken, body: { name, ...over } });
  if (answer.status !== 201) throw new Error(answer.text);
  return name;
}

async function submit(id: string, over: object = {}, by: CreatedOrg = org): Promise<void> {
  const body = { task_id: id, agent_name: agent, prompt: id, delivery: [], ...over };
  const answer = await mainspring.send('/tasks', { key: by.key, body });
  if (answer.status !== 202) throw new Error(answer.text);
}

/** One after the other within a round of `abreast`. */
async function submitMany(ids: readonly string[], over: object, by: CreatedOrg, abreast: number) {
  for (let first = 0; first < ids.length; first += abreast)
    await Promise.all(ids.slice(first, first + abreast).map((id) => submit(id, over, by)));
}

const rowsOf = async ({ orgId }: CreatedOrg): Promise<TaskRow[]> => {
  const rows = await listTasks(mainspring.database.db, orgId, { limit: 2_000 }, undefined);
  return rows.reverse();
};
const allEnded = (by: CreatedOrg) =>
  eventually(
    () => rowsOf(by),
    (rows) => rows.every(({ completed_at: at }) => at !== null),
  );
const atMs = (at: Date | null): number => at?.getTime() ?? Number.NaN;
const idsByStart = (rows: TaskRow[]): string[] =>
  [...rows].sort((one, other) => atMs(one.started_at) - atMs(other.started_at)).map(({ id }) => id);
/** Its workflow has asked for its first step: of two that do so in one moment either may be the first. */
async function isInLine(taskId: string): Promise<void> {
  const handle = mainspring.workflows.getHandle(taskWorkflowId({ orgId: org.orgId, taskId }));
  await eventually(
    () => handle.describe(),
    ({ raw }) => (raw.pendingActivities?.length ?? 0) > 0,
  );
}
/** Holds the only slot until it is let go. */
async function occupy(): Promise<() => void> {
  let letGo: () => void = () => undefined;
  const held = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  model.script({ text: 'at last', after: held });
  await submit('first');
  await until(() => model.requests.length > 0);
  return letGo;
}

test('a CRITICAL task that was submitted last runs next, and within a priority the first submitted is the first', async () => {
  await start(1);
  const letGo = await occupy();
  const waves = ['BACKGROUND', 'LOW', 'NORMAL', 'HIGH', 'CRITICAL'];
  for (const priority of waves)
    for (let place = 0; place < 4; place++) {
      await submit(`${priority}-${place}`, { priority });
      await isInLine(`${priority}-${place}`);
    }
  letGo();
  const rows = await allEnded(org);
  const order = idsByStart(rows);
  const wanted = [...waves].reverse().flatMap((name) => [0, 1, 2, 3].map((place) => `${name}-${place}`));
  expect(order).toEqual(['first', ...wanted]);
});

test('1,000 BACKGROUND tasks of one organisation do not hold up the NORMAL one of another', async () => {
  await start(4);
  const other = await mainspring.org();
  const theirs = await anAgentOf(other);
  model.otherwise = { text: 'done', delayMs: 20 };
  const ids = Array.from({ length: 1_000 }, (_, index) => `background-${index}`);
  await submitMany(ids, { priority: 9 }, org, 16);
  await submit('normal', { agent_name: theirs }, other);
  const [normal] = await allEnded(other);
  const rest = (await rowsOf(org)).filter(
    ({ started_at: at }) => at === null || atMs(at) > atMs(normal?.started_at ?? null),
  );
  expect(normal?.status).toBe('completed');
  expect(rest.length).toBeGreaterThan(500);
}, 120_000);

test('organisations take turns within a priority', async () => {
  await start(1);
  const other = await mainspring.org();
  const theirs = await anAgentOf(other);
  const letGo = await occupy();
  for (let place = 0; place < 40; place++) await submit(`many-${place}`);
  for (let place = 0; place < 5; place++) await submit(`few-${place}`, { agent_name: theirs }, other);
  letGo();
  const few = await allEnded(other);
  const many = await allEnded(org);
  const lastOfFew = Math.max(...few.map(({ started_at: at }) => atMs(at)));
  const before = many.filter(({ started_at: at }) => atMs(at) < lastOfFew);
  expect(before.length).toBeLessThan(15);
});

test('tasks that have begun end before others begin', async () => {
  await start(1);
  const letGo = await occupy();
  agent = await anAgentOf(org, { tools: ['get_listings'] });
  const toolsOf = { toolCalls: [{ name: 'get_listings', arguments: { limit: 1 } }], delayMs: 50 };
  model.otherwise = ({ body }) =>
    JSON.stringify(body).split('functionResponse').length > 2 ? { text: 'done', delayMs: 50 } : toolsOf;
  for (let place = 0; place < 24; place++) await submit(`task-${place}`);
  letGo();
  const rows = await allEnded(org);
  const underWayAt = (moment: number) =>
    rows.filter(({ started_at: from, completed_at: to }) => atMs(from) <= moment && moment < atMs(to)).length;
  const most = Math.max(...rows.map(({ started_at: at }) => underWayAt(atMs(at))));
  // One, and those that were begun while the answer of a call was on its way to its workflow; not nearly all.
  expect(most).toBeLessThanOrEqual(16);
}, 90_000);

test('a second task for a busy agent waits, and both come to their result', async () => {
  await start(1);
  const letGo = await occupy();
  await submit('second');
  expect(
    (await mainspring.send('/tasks/second', { key: org.key })).json<{ task: { status: string } }>().task
      .status,
  ).toBe('queued');
  letGo();
  expect((await allEnded(org)).map(({ id, status }) => [id, status])).toEqual([
    ['first', 'completed'],
    ['second', 'completed'],
  ]);
});

test('a task of a schedule is seen while it waits', async () => {
  await start(1);
  const letGo = await occupy();
  const body = { agent_name: 'AdminAgent', method_name: 'health', interval_seconds: 3_600 };
  const created = await mainspring.send('/schedules', { key: org.key, body });
  const { schedule } = created.json<{ schedule: { id: string } }>();
  await mainspring.send(`/schedules/${schedule.id}/trigger`, { key: org.key, body: {} });
  const rows = await eventually(
    () => rowsOf(org),
    (seen) => seen.some(({ schedule_id: id }) => id === schedule.id),
  );
  const [waiting] = rows.filter(({ schedule_id: id }) => id === schedule.id);
  expect(waiting).toMatchObject({ status: 'queued', started_at: null, priority: 7 });
  letGo();
  const ended = await allEnded(org);
  expect(ended.find(({ id }) => id === waiting?.id)).toMatchObject({ status: 'completed' });
});

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { ConfigError, readConfig } from '../../src/config.js';
import { applyDeclared } from '../../src/declared/apply-declared.js';
import { createSchedules, type Schedules } from '../../src/engine/schedules.js';
import { temporalScheduleId } from '../../src/messages/task.js';
import type { Context } from '../../src/process/context.js';
import { createVault } from '../../src/secrets/vault.js';
import { openTestContext, serveTestApi, TEST_SECRET_KEYS, type TestApi } from '../support/api.js';

let context: Context;
let api: TestApi;
let folder: string;
let file: string;
let orgId: string;
let schedules: Schedules;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mainspring-declared-'));
  file = join(folder, 'mainspring.yaml');
  context = await openTestContext({});
  schedules = createSchedules(context.client);
  api = await serveTestApi(context, {});
});
afterAll(async () => {
  await api.close();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  ({ orgId } = await api.org());
});

const optionsOf = (path: string, env: Partial<Context['config']> = {}) => ({
  ...{ ...context, schedules },
  config: { ...context.config, MAINSPRING_CONFIG: path, ...env },
});
const apply = (yaml: string, env: Partial<Context['config']> = {}) => {
  writeFileSync(file, `org: ${orgId}\n${yaml}`);
  return applyDeclared(optionsOf(file, env));
};
const rows = (table: 'agents' | 'schedules') =>
  context.database.db
    .selectFrom(table)
    .select(['id', 'name', 'revision', 'is_declared'])
    .where('org_id', '=', orgId)
    .where('is_declared', '=', true)
    .orderBy('name')
    .execute();
const describeOf = (scheduleId: string) =>
  context.client.schedule.getHandle(temporalScheduleId({ orgId, scheduleId })).describe();

const TWO = `
agents:
  - name: Watcher
    instruction: You watch.
schedules:
  - agent_name: Watcher
    interval_seconds: 300
    delivery: { channel: webhook, webhook_url: "https://hook.example.com/?sig=s3cr3t" }
  - name: Nightly
    agent_name: Watcher
    cron_expression: 0 3 * * *
    overlap: buffer_one
`;

test('what is declared stands, in the database and in Temporal, and a second start changes nothing', async () => {
  await apply(TWO);
  const [agents, declared] = [await rows('agents'), await rows('schedules')];
  expect(agents).toMatchObject([{ name: 'Watcher', revision: 1 }]);
  expect(declared).toMatchObject([
    { name: 'Nightly', revision: 1 },
    { name: 'Watcher', revision: 1 },
  ]);
  expect((await describeOf(declared[0]?.id ?? '')).policies.overlap).toBe('BUFFER_ONE');
  await apply(TWO);
  expect(await rows('agents')).toEqual(agents);
  expect(await rows('schedules')).toEqual(declared);
});

test('a change is made, and what is declared no more goes; what people made stays', async () => {
  const { key } = await api.org(`${orgId}-x`).catch(() => ({ key: '' }));
  expect(key).not.toBe('');
  await apply(TWO);
  const [nightly, watcher] = await rows('schedules');
  await apply(`
agents:
  - name: Watcher
    instruction: You watch closely.
heartbeats:
  - { agent_name: Watcher, interval_seconds: 600 }
`);
  expect(await rows('agents')).toMatchObject([{ name: 'Watcher', revision: 2 }]);
  expect(await rows('schedules')).toMatchObject([{ id: watcher?.id, revision: 2 }]);
  expect((await describeOf(watcher?.id ?? '')).spec.intervals).toMatchObject([{ every: 600_000 }]);
  await expect(describeOf(nightly?.id ?? '')).rejects.toThrow();
  const others = await context.database.db
    .selectFrom('agents')
    .select('id')
    .where('org_id', '=', orgId)
    .where('is_declared', '=', false)
    .execute();
  expect(others.length).toBeGreaterThan(0);
  await apply('agents:\nschedules: []');
  expect([await rows('agents'), await rows('schedules')]).toEqual([[], []]);
  await expect(describeOf(watcher?.id ?? '')).rejects.toThrow();
});

test('an agent takes messages as it is declared; the secrets of its handler are sealed, and it is changed only once', async () => {
  const declared = (patience: string) => `
agents:
  - name: Desk
    topics: [support.*]
    handler: { type: webhook, url: "https://hook.example.com/?sig=s3cr3t", headers: { x-key: s3cr3t } }
    concurrency: 2
    busyPolicy: ${patience}
`;
  await apply(declared('reject'));
  await apply(declared('reject'));
  const desk = async () =>
    context.database.db
      .selectFrom('agents')
      .selectAll()
      .where('org_id', '=', orgId)
      .where('name', '=', 'Desk')
      .executeTakeFirstOrThrow();
  expect(await desk()).toMatchObject({
    ...{ topics: ['support.*'], concurrency: 2, busy_policy: 'reject', max_deliveries: 5, revision: 1 },
  });
  expect(JSON.stringify((await desk()).handler)).not.toContain('s3cr3t');
  await apply(declared('queue'));
  expect(await desk()).toMatchObject({ busy_policy: 'queue', revision: 2 });
  await apply('agents: [{ name: Desk, handler: chat }]');
  expect(await desk()).toMatchObject({ topics: [], handler: { type: 'chat' }, revision: 3 });
});

const [WATCHED] = TWO.split('schedules:');
const namesOf = async () => (await rows('schedules')).map(({ name }) => name);

test('each schedule of a file stands, whatever the others are called', async () => {
  const one = '\n  - { agent_name: Watcher, interval_seconds: 300 }';
  await apply(
    `${WATCHED}schedules:${one}${one}\n  - { name: Watcher 2, agent_name: Watcher, interval_seconds: 5 }`,
  );
  expect(await namesOf()).toEqual(['Watcher', 'Watcher 2', 'Watcher 3']);
  await expect(
    apply(`${WATCHED}schedules:
  - { name: A, agent_name: Watcher, interval_seconds: 300 }
  - { name: A, agent_name: Watcher, interval_seconds: 400 }`),
  ).rejects.toThrow(/:8: schedules\.1\.name: another schedule above has this name/);
});

test('what only the database says is no longer declared is not taken for declared', async () => {
  await apply(TWO);
  await context.database.db
    .updateTable('schedules')
    .set({ is_declared: false })
    .where('org_id', '=', orgId)
    .where('name', '=', 'Nightly')
    .execute();
  await expect(apply(TWO)).rejects.toThrow(/:10: schedules\.1: a schedule that no file declared has its id/);
});

test('what a key sealed that is gone is sealed anew', async () => {
  await apply(TWO);
  const [key] = TEST_SECRET_KEYS.split(':').slice(1);
  const vault = createVault(readConfig({ SECRET_KEYS: `other:${key}` }).SECRET_KEYS);
  expect(() => vault.open(context.vault.seal('x'))).toThrow('is not in SECRET_KEYS');
  await applyDeclared({ ...optionsOf(file), vault });
  expect(await rows('agents')).toMatchObject([{ revision: 2 }]);
  const sealed = await context.database.db
    .selectFrom('schedules')
    .select(['name', 'delivery'])
    .where('org_id', '=', orgId)
    .where('name', '=', 'Watcher')
    .executeTakeFirstOrThrow();
  const [delivery] = sealed.delivery;
  expect(delivery?.channel === 'webhook' && vault.open(delivery.webhook_url)).toContain('sig=s3cr3t');
});

test('an ending that has passed and a field with nothing behind it are no flaws of a file', async () => {
  await apply(`${WATCHED}schedules:
  - agent_name: Watcher
    interval_seconds: 300
    ends_at: 2020-01-01T00:00:00Z
    delivery:
    input:`);
  expect(await namesOf()).toEqual(['Watcher']);
});

test.each([
  ['agents:\n  - name: A\n    settings: { password: *hunter2 }', /mainspring\.yaml:4: a \* stands for/],
  [
    `agents: []\ntypo: &a [${'x,'.repeat(50)}]\nb: &b [${'*a,'.repeat(50)}]\nc: [${'*b,'.repeat(50)}]`,
    /mainspring\.yaml:1: its & and \* come to too much/,
  ],
])('%j ends the start and quotes nothing of it', async (yaml, words) => {
  const error = await apply(yaml).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(ConfigError);
  expect(error).toMatchObject({ message: expect.stringMatching(words) });
  expect(inspect(error)).not.toContain('hunter2');
});

test('two processes that start at once make each once', async () => {
  writeFileSync(file, `org: ${orgId}\n${TWO}`);
  await Promise.all([applyDeclared(optionsOf(file)), applyDeclared(optionsOf(file))]);
  expect(await rows('agents')).toHaveLength(1);
  expect(await rows('schedules')).toMatchObject([{ revision: 1 }, { revision: 1 }]);
});

// Line 1 names the organisation.
test.each([
  ['agents:\n  - nome: Watcher', /mainspring\.yaml:3: agents\.0\.name: is required/],
  ['agents:\n  - nome: Watcher', /mainspring\.yaml:3: agents\.0\.nome: is not a known field/],
  [
    'schedules:\n  - agent_name: Nobody\n    interval_seconds: 5',
    /:3: schedules\.0\.agent_name: is not the name of an agent/,
  ],
  [
    'heartbeats:\n  - agent_name: AdminAgent\n    cron_expression: 0 0 9 * * *',
    /:4: heartbeats\.0\.cron_expression: has five fields/,
  ],
  [
    'heartbeats:\n  - agent_name: AdminAgent\n    interval_seconds: 0',
    /:4: heartbeats\.0\.interval_seconds: /,
  ],
  ['heartbeats:\n  - agent_name: AdminAgent', /:3: heartbeats\.0\.cron_expression: exactly one/],
  [
    'heartbeats:\n  - agent_name: AdminAgent\n    interval_seconds: 9\n    delivery:\n      channel: email\n      email_recipients: [a@example.com]',
    /:6: heartbeats\.0\.delivery\.channel: is not available: SMTP_URL is not set/,
  ],
  ['agents:\n  - name: A\n  - name: A', /:4: agents\.1\.name: another agent above has this name/],
  ['agents:\n  - name: A\n    image: a:1', /:4: agents\.0\.image: is not a known field/],
  ['agents:\n  - name: A\n    handler: poet', /:4: agents\.0\.handler: must be one of .*chat/],
  [
    'agents:\n  - name: A\n    handler: { type: webhook, url: "http://10.0.0.1/" }',
    /:4: agents\.0\.handler\.url: is not an address that may be reached/,
  ],
  ['agents:\n  - name: A\n    tools: [hammer]', /:4: agents\.0\.tools\.0: is not the name of a tool/],
  [
    'agents:\n  - name: A\n    settings: { password: "***" }',
    /:4: agents\.0\.settings\.password: is the mask of a secret/,
  ],
  ['agents:\n  - name: AdminAgent', /:3: agents\.0\.name: is the name of an agent that no file declared/],
  ['agents: [', /mainspring\.yaml:\d: is not YAML/],
  ['typo: 1', /:2: typo: is not a known field/],
])('%j ends the start with file, line and field', async (yaml, words) => {
  await expect(apply(yaml)).rejects.toThrow(words);
  expect([await rows('agents'), await rows('schedules')]).toEqual([[], []]);
});

test('an organisation that is not there, and a file that is not there, say so', async () => {
  orgId = 'nobody-here';
  await expect(apply('agents: []')).rejects.toThrow(/:1: org: there is no organisation "nobody-here"/);
  await expect(applyDeclared(optionsOf(join(folder, 'none.yaml')))).rejects.toThrow('cannot be read');
});

test('the file of the examples declares four heartbeats, one of them off', async () => {
  const declaration = await applyDeclared(
    optionsOf('examples/config/mainspring.yaml', { SMTP_URL: 'smtp://127.0.0.1:1' }),
  );
  orgId = declaration?.org ?? '';
  const standing = await context.database.db
    .selectFrom('schedules')
    .innerJoin('agents', 'agents.id', 'schedules.agent_id')
    .select(['agents.name', 'schedules.interval_ms', 'cron', 'prompt', 'priority', 'is_enabled', 'delivery'])
    .where('schedules.org_id', '=', orgId)
    .orderBy('agents.name')
    .execute();
  expect(standing).toMatchObject([
    {
      name: 'ExperimentalBot',
      interval_ms: 60_000,
      is_enabled: false,
      prompt: 'Perform your scheduled check.',
    },
    { name: 'HealthChecker', interval_ms: 300_000, priority: 7, delivery: [{ channel: 'log' }] },
    { name: 'ReportAgent', cron: '0 9 * * *', delivery: [{ channel: 'email' }] },
    { name: 'WeeklyDigest', cron: '0 8 * * 1', delivery: [{ channel: 'teams' }] },
  ]);
});

import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { DEMO_KEY } from '../support/api.js';
import { type CommandLine, commandLine } from '../support/command-line.js';
import { eventually, startMainspring, type TestMainspring } from '../support/mainspring.js';

let mainspring: TestMainspring;
let cli: CommandLine;
beforeAll(async () => {
  mainspring = await startMainspring();
  const { adminToken, key } = await mainspring.org();
  const env = { MAINSPRING_BASE_URL: mainspring.url };
  cli = commandLine({ ...env, MAINSPRING_API_KEY: key, MAINSPRING_TOKEN: adminToken });
}, 60_000);
afterAll(() => mainspring.close());

const demo = () => commandLine({ MAINSPRING_BASE_URL: mainspring.url, MAINSPRING_API_KEY: DEMO_KEY });
const ANALYSIS = ['MarketAgent', '--method', 'analyze_market', '--input', '{"category":"books"}'];

test('a task is given, waited for and shown; one without a result is exit code 1', async () => {
  const done = await demo().run('tasks', 'submit', ...ANALYSIS, '--wait', '--json');
  expect(done).toMatchObject({ code: 0, err: '' });
  const { task_id: id, status } = JSON.parse(done.out);
  expect(status).toBe('completed');
  expect((await demo().run('tasks', 'get', id)).out).toContain('agent\tMarketAgent\n');
  expect((await demo().run('tasks', 'list', '--status', 'completed', '-q')).out).toContain(id);
  const late = await demo().run('tasks', 'cancel', id);
  expect(late.code).toBe(1);

  const failed = await demo().run('tasks', 'submit', 'ContentAgent', 'A title, please.', '--wait', '-q');
  expect(failed.code).toBe(1);
  expect(failed.err).toContain('The task ended as failed');
}, 60_000);

test('what happens to a task is told until it has ended', async () => {
  const { code, out } = await demo().run('tasks', 'submit', ...ANALYSIS, '--stream', '--json');
  expect(code).toBe(0);
  const events = out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).event.type);
  expect(events.at(0)).toBe('task.queued');
  expect(events.at(-1)).toBe('task.completed');
  const quiet = await demo().run('tasks', 'submit', ...ANALYSIS, '--stream', '-q');
  expect(quiet.out).toMatch(/^[\da-f-]{36}\n$/);
}, 60_000);

test('a task that waits for its moment is cancelled', async () => {
  const at = new Date(Date.now() + 3_600_000).toISOString();
  const { out } = await demo().run('tasks', 'submit', ...ANALYSIS, '--at', at, '-q');
  const cancelled = await demo().run('tasks', 'cancel', out.trim(), '--reason', 'no need', '--json');
  expect(JSON.parse(cancelled.out)).toMatchObject({ status: 'cancelled' });
  expect(await demo().run('tasks', 'approve', out.trim())).toMatchObject({ code: 1 });
});

test('an agent is made, led through its life, and found by its name', async () => {
  const made = await cli.run('agents', 'create', 'helper', '--system-prompt', 'You help.', '--json');
  const { id } = JSON.parse(made.out);
  for (const [verb, lifecycle] of [
    ['start', 'running'],
    ['pause', 'paused'],
    ['resume', 'running'],
    ['stop', 'stopped'],
  ] as const) {
    expect(JSON.parse((await cli.run('agents', verb, 'helper', '--json')).out)).toMatchObject({
      id,
      lifecycle,
    });
  }
  expect((await cli.run('agents', 'list', '--name', 'helper', '-q')).out).toBe(`${id}\n`);
  expect((await cli.run('agents', 'credentials', 'helper')).out).toContain("AIWM_ENABLED='true'");
  expect((await cli.run('agents', 'history', 'helper', '--json')).out).toBe('[]\n');
  expect((await cli.run('agents', 'logs', 'helper')).err).toContain('no container');
  expect((await cli.run('agents', 'get', 'nobody')).code).toBe(3);
  expect((await cli.run('agents', 'delete', id)).out).toBe('Deleted.\n');
}, 60_000);

test('what only an administrator may is exit code 4 for a key', async () => {
  const refused = await demo().run('agents', 'create', 'x');
  expect(refused).toMatchObject({ code: 4, out: '' });
  expect(refused.err).toContain('MAINSPRING_TOKEN');
});

test('keys are made, listed and revoked over the API as well', async () => {
  const made = JSON.parse((await cli.run('keys', 'create', '--name', 'CI', '--tenant', 't1', '--json')).out);
  const listed = await cli.run('keys', 'list');
  expect(listed.out).toContain(`${made['key id']}\t`);
  expect(listed.out).not.toContain(made['API key']);
  expect((await cli.run('keys', 'revoke', made['key id'])).out).toBe('Revoked.\n');
  expect((await cli.run('keys', 'revoke', made['key id'])).code).toBe(3);
}, 60_000);

test('a message is sent, taken, given back, taken again and acknowledged', async () => {
  await cli.run('agents', 'create', 'reader');
  await cli.run('agents', 'start', 'reader');
  const payload = ['--payload', '{"content":"hi"}'];
  const id = (await cli.run('messages', 'send', 'reader', '--type', 'question', ...payload, '-q')).out.trim();
  const take = async () =>
    JSON.parse((await cli.run('messages', 'inbox', 'reader', '--wait', '10s', '--json')).out);
  const [first] = await take();
  expect(first).toMatchObject({ id, payload: { content: 'hi' }, delivery: 1 });
  const back = ['--error', 'busy', '--delay', '1ms'];
  expect((await cli.run('messages', 'nack', id, '--lease', first.leaseId, ...back)).code).toBe(0);
  const [second] = await take();
  expect(second).toMatchObject({ id, delivery: 2 });
  const acked = await cli.run(
    'messages',
    'ack',
    id,
    '--lease',
    second.leaseId,
    '--reply',
    '{"content":"ho"}',
  );
  expect(acked.out).toContain('status\tprocessed\n');
  expect(JSON.parse((await cli.run('messages', 'get', id, '--json')).out).receipts).toMatchObject([
    { status: 'processed', reply: { content: 'ho' } },
  ]);
  expect((await cli.run('messages', 'list', 'reader', '-q')).out).toBe(`${id}\n`);
  expect((await cli.run('messages', 'ack', id, '--lease', 'another')).code).toBe(1);
}, 60_000);

test('an inbox is watched, and what it printed is acknowledged', async () => {
  await cli.run('agents', 'create', 'watcher');
  await cli.run('agents', 'start', 'watcher');
  const watching = cli.start(['messages', 'inbox', 'watcher', '--watch', '--ack', '--json']);
  try {
    const sent = await cli.run('messages', 'send', 'watcher', '--wait', '-q');
    expect(sent.code).toBe(0);
    expect(JSON.parse(watching.printed())).toMatchObject({ id: sent.out.trim() });
  } finally {
    watching.child.kill();
    await watching.ended;
  }
}, 60_000);

test('what was published on a topic is read', async () => {
  const id = (await cli.run('messages', 'publish', 'news.today', '--payload', '{"a":1}', '-q')).out.trim();
  const history = await cli.run('messages', 'history', 'news.today', '--json');
  expect(JSON.parse(history.out)).toMatchObject([{ id, payload: { a: 1 } }]);
});

test('a schedule is made, paused, triggered and deleted', async () => {
  const args = ['--interval', '3600', '--name', 'hourly', '--json'];
  const { id } = JSON.parse((await demo().run('schedules', 'create', ...ANALYSIS, ...args)).out);
  expect((await demo().run('schedules', 'pause', id)).out).toContain('state\tpaused\n');
  expect((await demo().run('schedules', 'list', '--paused', '-q')).out).toBe(`${id}\n`);
  expect((await demo().run('schedules', 'resume', id)).out).toContain('state\tactive\n');
  const { schedule_id: of } = JSON.parse((await demo().run('schedules', 'trigger', id, '--json')).out);
  expect(of).toBe(id);
  const history = () => demo().run('schedules', 'history', id, '-q');
  await eventually(history, ({ out }) => out !== '');
  expect((await demo().run('schedules', 'preview', id, '-q')).out.trim().split('\n')).toHaveLength(10);
  expect((await demo().run('schedules', 'delete', id)).code).toBe(0);
  expect((await demo().run('schedules', 'get', id)).code).toBe(3);
}, 60_000);

test('an expression is previewed in its time zone', async () => {
  const { out } = await demo().run(
    'schedules',
    'preview',
    '--cron',
    '0 9 * * 1-5',
    '--timezone',
    'Asia/Tokyo',
  );
  expect(out.split('\n').at(0)).toMatch(/T00:00:00\.000Z$/);
  expect((await demo().run('schedules', 'preview')).code).toBe(2);
});

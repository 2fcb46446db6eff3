import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { DEMO_KEY } from '../support/api.js';
import { type CommandLine, commandLine } from '../support/command-line.js';
import { eventually, startMainspring, type TestMainspring } from '../support/mainspring.js';
import { openReceiver, type Receiver } from '../support/receiver.js';

let mainspring: TestMainspring;
let receiver: Receiver;
let cli: CommandLine;
beforeAll(async () => {
  mainspring = await startMainspring();
  receiver = await openReceiver();
  cli = commandLine({ MAINSPRING_BASE_URL: mainspring.url, MAINSPRING_API_KEY: DEMO_KEY });
}, 60_000);
afterAll(async () => {
  await mainspring.close();
  await receiver.close();
});

const later = async () => (await cli.run('timers', 'create', 'later', '--in', '1h', '--quiet')).out.trim();

test('a timer is set, waited for, and its delivery looked at', async () => {
  const { code, out, err } = await cli.run(
    ...['timers', 'create', 'hello', '--in', '1s', '--webhook', receiver.url, '--data', '{"a":1}'],
    ...['--label', 'from=here', '--wait', '--json'],
  );
  expect({ code, err }).toEqual({ code: 0, err: '' });
  const timer = JSON.parse(out);
  expect(timer).toMatchObject({ status: 'fired', name: 'hello', labels: { from: 'here' } });
  const delivered = () => cli.run('deliveries', 'list', '--timer', timer.id, '--status', 'delivered', '-q');
  const { out: id } = await eventually(delivered, (listed) => listed.out !== '');
  const delivery = await cli.run('deliveries', 'get', id.trim());
  expect(delivery.out).toContain('status\tdelivered\n');
  expect((await cli.run('deliveries', 'redeliver', id.trim(), '-q')).code).toBe(0);
}, 60_000);

test('a timer is moved, reset, cancelled; what it cannot any more is exit code 1', async () => {
  const id = await later();
  const moved = JSON.parse((await cli.run('timers', 'move', id, '--in', '2h', '--json')).out);
  expect(moved.durationMs).toBe(7_200_000);
  expect((await cli.run('timers', 'reset', id, '-q')).out).toBe(`${id}\n`);
  const cancelled = await cli.run('timers', 'cancel', id, '--reason', 'no need');
  expect(cancelled.out).toContain('why\tno need\n');
  expect(await cli.run('timers', 'fire', id)).toMatchObject({ code: 1, out: '' });
  const waited = await cli.run('timers', 'wait', id);
  expect(waited).toMatchObject({ code: 1, err: 'error: The timer ended as cancelled.\n' });
});

test('a timer is fired at once, and a wait that is over first is exit code 1', async () => {
  const id = await later();
  const waited = await cli.run('timers', 'wait', id, '--timeout', '50ms');
  expect(waited.code).toBe(1);
  expect(waited.err).toContain('Not ended within the time');
  expect((await cli.run('timers', 'fire', id)).code).toBe(0);
  expect((await cli.run('timers', 'wait', id, '-q')).out).toBe(`${id}\n`);
});

test('a list is lines with tabs, ids, or one JSON array', async () => {
  const id = await later();
  const args = ['timers', 'list', '--status', 'scheduled', '--limit', '1'];
  expect((await cli.run(...args)).out).toMatch(
    new RegExp(`^${id}\\tscheduled\\tlater\\tdefault\\t[^\\n]+\\n$`),
  );
  expect((await cli.run(...args, '-q')).out).toBe(`${id}\n`);
  expect(JSON.parse((await cli.run(...args, '--json')).out)).toMatchObject([{ id }]);
});

test('what is watched tells each change in a line', async () => {
  const id = await later();
  const watching = cli.start(['timers', 'list', '--watch', '--every', '100ms', '--json']);
  const seen = () =>
    watching
      .printed()
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line))
      .filter((timer) => timer.id === id)
      .map(({ status }) => status);
  try {
    await eventually(seen, (statuses) => statuses.length === 1);
    await cli.run('timers', 'cancel', id);
    await eventually(seen, (statuses) => statuses.length === 2);
    expect(seen()).toEqual(['scheduled', 'cancelled']);
  } finally {
    watching.child.kill();
    await watching.ended;
  }
}, 60_000);

test('events are told as they happen', async () => {
  const watching = cli.start(['events', '--watch', '--type', 'timer.*', '--json']);
  const types = () =>
    watching
      .printed()
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line).type);
  try {
    // It is told of what happens from when it is connected on.
    await eventually(later, () => types().includes('timer.created'));
  } finally {
    watching.child.kill();
    await watching.ended;
  }
  const id = await later();
  const listed = await cli.run('events', 'list', '--type', 'timer.created', '--limit', '1');
  expect(listed.out).toMatch(new RegExp(`\\ttimer\\.created\\t${id}\\t`));
}, 60_000);

test.each([
  ['a timer that is not there', ['timers', 'get', 'nope'], 3, 'no such timer'],
  ['a key that is none', ['timers', 'list', '--key', 'mnt_wrong'], 4, 'MAINSPRING_API_KEY'],
  ['nobody there', ['timers', 'list', '--url', 'http://127.0.0.1:9'], 5, 'mainspring doctor'],
  ['a field that is wrong', ['timers', 'create', 'x', '--in', 'soon'], 2, 'is not a duration'],
  [
    'two due moments',
    ['timers', 'move', 'x', '--in', '1s', '--at', '2030-01-01T00:00:00Z'],
    2,
    'Exactly one',
  ],
  ['no due moment', ['timers', 'create', 'x'], 2, 'Exactly one'],
  ['an address that is none', ['timers', 'list', '--url', 'localhost:3000'], 2, 'MAINSPRING_BASE_URL'],
  ['an option in vain', ['events', '--after', 'x'], 2, '--after needs --watch'],
  ['a schedule and a cycle', ['schedules', 'preview', 'x', '--interval', '60'], 2, 'in its place'],
  ['a moment that is none', ['agents', 'logs', 'x', '--since', 'soon'], 2, 'must be a moment'],
  ['a word that is none', ['timers', 'list', '--status', 'bad'], 2, 'Allowed choices are'],
  ['a command that is none', ['timers', 'fly'], 2, "unknown command 'fly'"],
  ['no JSON', ['timers', 'create', 'x', '--in', '1s', '--data', '{'], 2, 'It is not JSON'],
])('%s: one sentence and an exit code of its own', async (_, args, code, words) => {
  const outcome = await cli.run(...args);
  expect(outcome).toMatchObject({ code, out: '' });
  expect(outcome.err).toContain(words);
  expect(outcome.err).not.toContain('    at ');
});

test('a body comes from a file or from stdin', async () => {
  const body = JSON.stringify({ duration: '1h', tenantId: 'of-the-body', metadata: { from: 'stdin' } });
  const { ended } = cli.start(['timers', 'create', 'x', '--body', '-', '--tenant', 'mine', '--json'], body);
  expect(JSON.parse((await ended).out)).toMatchObject({
    tenantId: 'mine',
    metadata: { from: 'stdin' },
    durationMs: 3_600_000,
  });
  expect(await cli.run('timers', 'create', 'x', '--body', '@/no/such/file')).toMatchObject({ code: 2 });
});

import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import { commandLine } from '../support/command-line.js';
import { eventually } from '../support/mainspring.js';

let server: Server;
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

const task = (status: string) => ({ task_id: 't1', status, token_usage: {}, run: {} });

/** An API that answers its n-th request as the test says. */
async function open(answer: (number: number) => { status: number; body: object }): Promise<string> {
  let number = 0;
  server = createServer((_, response) => {
    number++;
    const { status, body } = answer(number);
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const away = { status: 503, body: { code: 'unavailable', status: 503, detail: 'the database is away' } };
const page = (status: string) => ({ status: 200, body: { tasks: [task(status)], nextCursor: null } });

test('a watch waits out an outage, and tells of it once', async () => {
  const url = await open((number) => {
    if (number === 1) return page('running');
    return number < 9 ? away : page('completed');
  });
  const watching = commandLine({ MAINSPRING_BASE_URL: url }).start([
    'tasks',
    'list',
    '--watch',
    '--every',
    '10ms',
    '--json',
  ]);
  const lines = await eventually(
    () => watching.printed().trim().split('\n'),
    (printed) => printed.length === 2,
  );
  watching.child.kill();
  expect(lines.map((line) => JSON.parse(line).status)).toEqual(['running', 'completed']);
  expect((await watching.ended).err).toBe('the database is away; trying again\n');
});

test('a wait waits out an outage, and tells of it once', async () => {
  const url = await open((number) => {
    if (number > 1 && number < 9) return away;
    return { status: 200, body: { task: task(number === 1 ? 'running' : 'completed') } };
  });
  const waited = await commandLine({ MAINSPRING_BASE_URL: url }).run('tasks', 'wait', 't1', '-q');
  expect(waited).toEqual({ code: 0, out: 't1\n', err: 'the database is away; trying again\n' });
}, 60_000);

test('an inbox that is watched waits out an outage', async () => {
  const id = '01a1ff23-8975-74ef-b00f-64c38b6f8708';
  const url = await open((number) => {
    if (number > 1 && number < 9) return away;
    return { status: 200, body: { messages: number === 1 ? [] : [{ id: 'm1' }] } };
  });
  const env = { MAINSPRING_BASE_URL: url };
  const watching = commandLine(env).start(['messages', 'inbox', id, '--watch', '-q']);
  await eventually(watching.printed, (printed) => printed.startsWith('m1\n'));
  watching.child.kill();
  expect((await watching.ended).err).toBe('the database is away; trying again\n');
}, 60_000);

test.each([
  ['nothing', ''],
  ['another JSON', '{"hello":"world"}'],
  ['a page', '<html>'],
])('what answers with %s is not Mainspring: exit code 5', async (_, text) => {
  server = createServer((__, response) => response.end(text)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { code, err } = await commandLine({ MAINSPRING_BASE_URL: url }).run('timers', 'list');
  expect({ code, err }).toEqual({ code: 5, err: expect.stringContaining('Is that the address') });
});

test('a credential that no header can carry is refused, and not repeated', async () => {
  const cli = commandLine({ MAINSPRING_API_KEY: 'mnt_secret\nmore' });
  const { code, err } = await cli.run('timers', 'list');
  expect(code).toBe(2);
  expect(err).toContain('MAINSPRING_API_KEY');
  expect(err).not.toContain('secret');
});

test('what was never there is not waited for', async () => {
  const url = await open(() => away);
  const outcome = await commandLine({ MAINSPRING_BASE_URL: url }).run('tasks', 'list', '--watch');
  expect(outcome).toMatchObject({ code: 5, err: expect.stringContaining('the database is away') });
});

test('an error that brings control characters along shows them', async () => {
  const detail = 'no \u001b[31msuch\u009b1m task';
  const url = await open(() => ({ status: 404, body: { code: 'not_found', status: 404, detail } }));
  const { code, err } = await commandLine({ MAINSPRING_BASE_URL: url }).run('tasks', 'get', 'x');
  expect({ code, err }).toEqual({ code: 3, err: 'error: no \\x1b[31msuch\\x9b1m task\n' });
});

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

import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { deliverEmail, type GivenEmail } from '../../support/emails.js';
import { keepLog } from '../../support/kept-log.js';
import { closedPort } from '../../support/receiver.js';
import { openSmtpServer, reply, type TestSmtpServer } from '../../support/smtp-server.js';

let server: TestSmtpServer | undefined;
const { log, lines } = keepLog();

beforeEach(() => {
  lines.length = 0;
});
afterEach(async () => {
  await server?.close();
  server = undefined;
});

const deliver = (given: Omit<GivenEmail, 'log'> = {}) =>
  deliverEmail({ ...(server ? { url: server.url } : {}), ...given, log });

describe('the server', () => {
  const ofItsOwn = { disabledCommands: [], authOptional: false, onAuth: undefined };

  test('is logged into over STARTTLS', async () => {
    server = await openSmtpServer({
      ...ofItsOwn,
      onAuth: ({ username, password }, _, done) =>
        done(null, username === 'me@example.com' && password === 'p/w:1' ? { user: username } : {}),
    });
    const address = `127.0.0.1:${server.port}/?tls.rejectUnauthorized=false`;
    expect(await deliver({ url: `smtp://me%40example.com:p%2Fw%3A1@${address}` })).toMatchObject({
      kind: 'delivered',
    });
    expect(server.taken).toMatchObject([{ isSecure: true, user: 'me@example.com' }]);
  });

  test('gets no password when its certificate is not to be trusted', async () => {
    let asked = 0;
    server = await openSmtpServer({
      ...ofItsOwn,
      onAuth: (_, __, done) => {
        asked++;
        done(null, { user: 'me' });
      },
    });
    const result = await deliver({ url: `smtp://me:hunter2@127.0.0.1:${server.port}` });
    expect([result, asked]).toEqual([{ kind: 'retry', error: 'tls_failed' }, 0]);
  });

  test('that does not let us in is told of without a word of what it said', async () => {
    server = await openSmtpServer({
      disabledCommands: ['STARTTLS'],
      authOptional: false,
      onAuth: ({ username }, _, done) => done(reply(535, `no such user ${username}`)),
    });
    const result = await deliver({ url: `smtp://operator:hunter2@127.0.0.1:${server.port}` });
    expect(result).toEqual({ kind: 'dead', error: 'authentication_failed' });
    expect(lines.join()).not.toMatch(/operator|hunter2/);
  });
});

describe('no answer', () => {
  test('from anybody is worth another try', async () => {
    const url = `smtp://127.0.0.1:${await closedPort()}`;
    expect(await deliver({ url })).toEqual({ kind: 'retry', error: 'connection_refused' });
  });

  /** What a server does that is none. */
  async function deliverTo(behave: (socket: Socket) => void) {
    const sockets = new Set<Socket>();
    const odd = createServer((socket) => {
      sockets.add(socket.on('error', () => undefined));
      behave(socket);
    });
    odd.listen(0, '127.0.0.1');
    await once(odd, 'listening');
    const { port } = odd.address() as AddressInfo;
    const result = await deliver({ url: `smtp://127.0.0.1:${port}` });
    for (const socket of sockets) socket.destroy();
    odd.close();
    await once(odd, 'close');
    return result;
  }

  test.each([
    ['before its greeting', () => undefined],
    ['after its greeting', (socket: Socket) => void socket.write('220 hello\r\n')],
    [
      'because it goes on and on',
      (socket: Socket) => {
        const talking = setInterval(() => socket.write('220-still here\r\n'), 50);
        socket.on('close', () => clearInterval(talking));
      },
    ],
  ])('in time, %s, is worth another try', async (_, behave) => {
    const begunAt = Date.now();
    expect(await deliverTo(behave)).toEqual({ kind: 'retry', error: 'timeout' });
    expect(Date.now() - begunAt).toBeLessThan(1_900);
  });

  test('because it hangs up is worth another try', async () => {
    const result = await deliverTo((socket) => void socket.end());
    expect(result).toEqual({ kind: 'retry', error: 'connection_closed' });
  });
});

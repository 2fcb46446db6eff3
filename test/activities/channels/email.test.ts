import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { verdictOf } from '../../../src/activities/verdict.js';
import { deliverEmail, type GivenEmail, RECIPIENTS } from '../../support/emails.js';
import { keepLog } from '../../support/kept-log.js';
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

describe('what arrives', () => {
  test('is one e-mail for all recipients, with the title as its subject', async () => {
    server = await openSmtpServer();
    const text = 'Umsatz: 3 € – 🎉\n\n.\nein Punkt allein\n  eingerückt';
    expect(await deliver({ text })).toEqual({
      kind: 'delivered',
      statusCode: 250,
      answer: '250 queued as 1',
    });
    expect(server.taken).toHaveLength(1);
    const [mail] = server.taken;
    expect(mail).toMatchObject({ from: 'agents@example.com', recipients: RECIPIENTS });
    expect(mail?.email).toMatchObject({
      subject: 'ReportAgent',
      from: { name: 'Mainspring', address: 'agents@example.com' },
      to: RECIPIENTS.map((address) => ({ address })),
    });
    expect(mail?.email.text?.trimEnd()).toBe(text);
    expect(mail?.raw).toMatch(/^Auto-Submitted: auto-generated/m);
  });

  test('has the subject that was asked for, and then the title in its text', async () => {
    server = await openSmtpServer();
    await deliver({ subject: 'Daily Agent Report – ä', text: 'done' });
    expect(server.taken[0]?.email.subject).toBe('Daily Agent Report – ä');
    expect(server.taken[0]?.email.text?.trimEnd()).toBe('ReportAgent\n\ndone');
  });

  test('has the same Message-ID on every attempt, and another one for every delivery', async () => {
    server = await openSmtpServer();
    for (const id of ['t1.result.0', 't1.result.0', 't1.result.1']) await deliver({ id });
    const [first, second, third] = server.taken.map(({ email }) => email.messageId);
    expect(first).toMatch(/^<[0-9a-f]{40}@example\.com>$/);
    expect(second).toBe(first);
    expect(third).not.toBe(first);
  });

  test('has no header and no recipient that a title, a subject or a text smuggled in', async () => {
    server = await openSmtpServer();
    const evil = 'hello\r\nBcc: evil@example.com\r\nX-Evil: 1\r\n\r\nbody';
    await deliver({ title: evil, text: evil });
    await deliver({ subject: evil, text: '\r\n.\r\nRCPT TO:<evil@example.com>\r\n' });
    expect(server.taken).toHaveLength(2);
    for (const { email, recipients } of server.taken) {
      expect(recipients).toEqual(RECIPIENTS);
      expect(email.headers.map(({ key }) => key)).not.toContain('x-evil');
      expect(email.bcc).toBeUndefined();
      expect(email.subject).toBe('hello Bcc: evil@example.com X-Evil: 1 body');
    }
  });
});

describe('a refusal', () => {
  test.each([
    [550, 'dead'],
    [552, 'dead'],
    [421, 'retry'],
    [450, 'retry'],
    [452, 'retry'],
  ])('with %i of the e-mail means %s', async (code, kind) => {
    server = await openSmtpServer({
      onData: (stream, _, done) => void stream.on('end', () => done(reply(code, 'not now'))).resume(),
    });
    const result = await deliver();
    expect(result).toMatchObject({ kind, error: `status_${code}`, statusCode: code });
    expect(result.answer).toMatch(/not now/);
  });

  test.each([
    ['a mailbox', 452, 'works'],
    ['a server that goes away', 421, 'fails'],
  ])('of %s says so of the server: %i, it %s', async (_, code, verdict) => {
    server = await openSmtpServer({ onRcptTo: (__, ___, done) => done(reply(code, 'no')) });
    expect(verdictOf(await deliver())).toBe(verdict);
    await server.close();
    server = await openSmtpServer({ onMailFrom: (__, ___, done) => done(reply(code, 'no')) });
    expect(verdictOf(await deliver())).toBe('fails');
  });

  test('of every recipient is final only when each of them is', async () => {
    let code = (_: string) => 550;
    server = await openSmtpServer({ onRcptTo: ({ address }, _, done) => done(reply(code(address), 'no')) });
    expect(await deliver()).toMatchObject({ kind: 'dead', error: 'status_550' });
    code = (address) => (address.startsWith('team') ? 450 : 550);
    expect(await deliver()).toMatchObject({ kind: 'retry', error: 'status_450' });
  });

  test('of some recipients is told; the others have the e-mail, and get no second one', async () => {
    server = await openSmtpServer({
      onRcptTo: ({ address }, _, done) =>
        done(address === 'gone@example.com' ? reply(550, '5.1.1 unknown') : null),
    });
    const result = await deliver({ recipients: ['team@example.com', 'gone@example.com'] });
    expect(result.kind).toBe('delivered');
    expect(result.answer).toMatch(
      /^refused for gone@example\.com: 550.*5\.1\.1 unknown\ntaken for all others: 250/,
    );
    expect(server.taken).toMatchObject([{ recipients: ['team@example.com'] }]);
    expect(lines.join()).toMatch(/refused for some/);
    expect(lines.join()).not.toMatch(/gone@/);
  });
});

describe('a refusal of some recipients for the time being', () => {
  const recipients = ['Team@Example.com', 'gone@example.com', 'busy@Example.com'];
  const codes: Record<string, number> = {};
  const refuse = async () => {
    server = await openSmtpServer({
      onRcptTo: ({ address }, _, done) => {
        const code = codes[address.toLowerCase()];
        done(code === undefined ? null : reply(code, 'no'));
      },
    });
  };

  test('means another attempt, for them alone', async () => {
    await refuse();
    Object.assign(codes, { 'gone@example.com': 550, 'busy@example.com': 451 });
    const settled = ['Team@Example.com', 'gone@example.com'];
    const first = await deliver({ recipients });
    expect(first).toMatchObject({ kind: 'retry', error: 'status_451', statusCode: 451, settled });
    expect(verdictOf(first)).toBe('works');
    delete codes['busy@example.com'];
    expect(await deliver({ recipients, settled })).toMatchObject({ kind: 'delivered' });
    expect(server?.taken.map((mail) => mail.recipients.map((one) => one.toLowerCase()))).toEqual([
      ['team@example.com'],
      ['busy@example.com'],
    ]);
    const named = server?.taken.map(({ email }) => email.to?.length);
    expect(named).toEqual([3, 3]);
  });

  test('that ends in one for good does not make an e-mail dead that others have', async () => {
    await refuse();
    Object.assign(codes, { 'busy@example.com': 550 });
    const settled = ['Team@Example.com', 'gone@example.com'];
    const result = await deliver({ recipients, settled });
    expect(result).toMatchObject({ kind: 'delivered', statusCode: 550 });
    expect(result.answer).toMatch(/^refused for busy@Example\.com: 550/);
  });
});

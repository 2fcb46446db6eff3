import { afterEach, expect, test } from '@jest/globals';
import { startTestApi, type TestApi } from '../support/api.js';
import { closedPort } from '../support/receiver.js';
import { openSmtpServer, reply, type TestSmtpServer } from '../support/smtp-server.js';

let api: TestApi | undefined;
let smtp: TestSmtpServer | undefined;
afterEach(async () => {
  await api?.close();
  api = undefined;
  await smtp?.close();
});

async function health(env: Record<string, string>) {
  api ??= await startTestApi({ env });
  const answer = await api.send('/api/health/smtp');
  return { status: answer.status, text: answer.text };
}

test('a server for e-mails that answers is ok, and is not asked each time that somebody asks us', async () => {
  smtp = await openSmtpServer();
  for (let i = 0; i < 3; i++)
    expect(await health({ SMTP_URL: smtp.url })).toEqual({ status: 200, text: '{"status":"ok"}' });
  expect(smtp.connections()).toBe(1);
});

test('one that does not let us in, or is away, is not; the answer says nothing of it', async () => {
  smtp = await openSmtpServer({
    authOptional: false,
    onAuth: (_, __, done) => done(reply(535, 'canary')),
  });
  const refused = await health({ SMTP_URL: smtp.url.replace('//', '//operator:canary@') });
  await api?.close();
  api = undefined;
  const away = await health({ SMTP_URL: `smtp://127.0.0.1:${await closedPort()}` });
  for (const answer of [refused, away]) {
    expect(answer.status).toBe(503);
    expect(answer.text).toMatch(/no answer from smtp/);
    expect(answer.text).not.toMatch(/canary|operator|127\.0\.0\.1/);
  }
});

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { CreatedOrg } from '../../src/api/create-org.js';
import { insertDeliveries } from '../../src/db/deliveries.js';
import type { Delivery } from '../../src/schemas/delivery.js';
import type { Timer } from '../../src/schemas/timer.js';
import { startTestApi, type TestApi } from '../support/api.js';
import { aPending } from '../support/deliveries.js';
import { timerRequest } from '../support/mainspring.js';

/** One without servers for e-mails and streams, and one with both. */
let bare: TestApi;
let full: TestApi;
let ofBare: CreatedOrg;
let ofFull: CreatedOrg;
beforeAll(async () => {
  bare = await startTestApi();
  full = await startTestApi({
    env: {
      ...{ SMTP_URL: 'smtp://127.0.0.1:1', REDIS_URL: 'redis://127.0.0.1:1' },
      ...{ REDIS_ORG: 'org-of-streams', RESULT_STREAM: 'results' },
    },
  });
  ofBare = await bare.org();
  ofFull = await full.org('org-of-streams');
});
afterAll(async () => {
  await bare.close();
  await full.close();
});

const TELEGRAM = {
  type: 'telegram',
  telegram_bot_token: '123456:hunter2-hunter2',
  telegram_chat_id: '@ops_room',
};
const TEAMS = { type: 'teams', teams_webhook_url: 'https://teams.example.com/workflows/hunter2?sig=hunter2' };
const EMAIL = { type: 'email', email_recipients: ['ops@example.com'], email_subject: 'A timer' };
const STREAM = { type: 'redis_stream', data: { order: 7 } };

const timer = (...actions: object[]) => timerRequest({ actionBundle: { actions } });
const createOn = (api: TestApi, { key }: CreatedOrg, ...actions: object[]) =>
  api.send('/timers', { key, body: timer(...actions) });
const create = (...actions: object[]) => createOn(full, ofFull, ...actions);
const pathsOf = (answer: Awaited<ReturnType<typeof create>>) =>
  answer.problem().errors?.map(({ path }) => path.replace('actionBundle.actions.', ''));

describe('an action through a channel', () => {
  test('reads as it was given, but for its secrets, wherever it stands', async () => {
    const escalation = { afterAttempts: 2, action: TELEGRAM };
    const started = { type: 'timer', duration: '1s', actionBundle: { actions: [TEAMS, STREAM] } };
    const words = { text: 'Look at this', data: { order: 7 } };
    const made = await create({ ...TELEGRAM, ...words }, { ...TEAMS, escalation }, EMAIL, STREAM, started);
    expect(made.status).toBe(201);
    const { id } = made.json<{ timer: Timer }>().timer;
    const read = await full.send(`/timers/${id}`, { key: ofFull.key });
    const telegram = { ...TELEGRAM, telegram_bot_token: '***' };
    const teams = { ...TEAMS, teams_webhook_url: '***' };
    const stream = { ...STREAM, response_stream: 'results' };
    expect(read.json<{ timer: Timer }>().timer.actionBundle?.actions).toEqual([
      { ...telegram, ...words },
      { ...teams, escalation: { ...escalation, action: telegram } },
      EMAIL,
      stream,
      { ...started, duration: 1_000, actionBundle: { actions: [teams, stream] } },
    ]);
    const rows = await full.database.db.selectFrom('timers').selectAll().execute();
    expect(JSON.stringify(rows) + made.text + read.text).not.toContain('hunter2');
  });

  test.each([
    ['telegram without its token', { ...TELEGRAM, telegram_bot_token: undefined }, 'telegram_bot_token'],
    ['a token that is none', { ...TELEGRAM, telegram_bot_token: 'abc' }, 'telegram_bot_token'],
    ['a token that is masked', { ...TELEGRAM, telegram_bot_token: '***' }, 'telegram_bot_token'],
    ['telegram without its chat', { ...TELEGRAM, telegram_chat_id: undefined }, 'telegram_chat_id'],
    ['teams without its URL', { type: 'teams' }, 'teams_webhook_url'],
    [
      'a URL of Teams that leads inwards',
      { ...TEAMS, teams_webhook_url: 'http://10.0.0.1/' },
      'teams_webhook_url',
    ],
    ['an e-mail to nobody', { ...EMAIL, email_recipients: [] }, 'email_recipients'],
    [
      'an e-mail to 101',
      { ...EMAIL, email_recipients: Array(101).fill('a@example.com') },
      'email_recipients',
    ],
    ['an address that is none', { ...EMAIL, email_recipients: ['a@b\r\nc: d'] }, 'email_recipients.0'],
    ['a subject of two lines', { ...EMAIL, email_subject: 'a\r\nBcc: b@c.example' }, 'email_subject'],
    ['an empty text', { ...TELEGRAM, text: '' }, 'text'],
    ['the text of a stream', { ...STREAM, text: 'x' }, 'text'],
  ])('%s is refused by its field', async (_, action, field) => {
    const answer = await create(action);
    expect([answer.status, pathsOf(answer)]).toEqual([422, [`0.${field}`]]);
    expect(answer.text).not.toContain('hunter2');
  });

  test('to the stream of tasks, or of another organisation than that of the streams, is refused', async () => {
    const toTasks = await create({ ...STREAM, response_stream: 'parrot:agent_tasks' });
    expect([toTasks.status, pathsOf(toTasks)]).toEqual([422, ['0.response_stream']]);
    const ofOthers = await createOn(full, await full.org(), STREAM);
    expect([ofOthers.status, pathsOf(ofOthers)]).toEqual([422, ['0.type']]);
  });

  test('is refused where there is no server for it, also in an escalation and in a timer that is started', async () => {
    const nested = {
      ...{ type: 'timer', duration: '1s', actionBundle: { actions: [STREAM] } },
      escalation: { afterAttempts: 1, action: EMAIL },
    };
    const answer = await createOn(bare, ofBare, EMAIL, STREAM, nested, TELEGRAM, TEAMS);
    expect([answer.status, pathsOf(answer)]).toEqual([
      422,
      ['0.type', '1.type', '2.actionBundle.actions.0.type', '2.escalation.action.type'],
    ]);
    const messages = answer.problem().errors?.map(({ message }) => message);
    expect(messages?.slice(0, 2)).toEqual([
      'is not available: SMTP_URL is not set where Mainspring runs',
      'is not available: REDIS_URL is not set where Mainspring runs',
    ]);
  });
});

test('a delivery through Teams keeps the address to itself: whoever knows it may post there', async () => {
  const url = full.vault.seal(TEAMS.teams_webhook_url);
  const receiver = 'https://teams.example.com';
  const delivery = aPending({ orgId: ofFull.orgId, channel: 'teams', receiver, request: { url } });
  await insertDeliveries(full.database.db, [delivery], Date.now());
  const answer = await full.send(`/deliveries/${delivery.id}`, { key: ofFull.key });
  expect(answer.json<{ delivery: Delivery }>().delivery).toMatchObject({ url: '***', receiver });
  expect(answer.text).not.toContain('hunter2');
});

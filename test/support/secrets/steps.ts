import { mintAdminToken } from '../../../src/api/admin-token.js';
import { windowOf } from '../../../src/domain/owner.js';
import { addTimers, timerWindowId } from '../../../src/messages/timer-window.js';
import type { Timer } from '../../../src/schemas/timer.js';
import { DEMO_KEY } from '../api.js';
import { eventually, timerRequest } from '../mainspring.js';
import { closedPort } from '../receiver.js';
import type { SecretRun } from './run.js';

const QUICK = { maxAttempts: 2, backoffInitialMs: 1, maxBackoffMs: 1 };

export const demoAdmin = ({ mainspring: { vault } }: SecretRun) =>
  mintAdminToken(vault, { orgId: 'demo', credentialVersion: 1, now: Date.now() });

/** Keys, tokens and signing secrets that Mainspring makes itself are secrets too. Answers a key to read with. */
export async function watchCredentials(run: SecretRun): Promise<string> {
  const { watch } = run.canaries;
  const { send, org } = run.mainspring;
  const token = watch('an admin token', await demoAdmin(run));
  const foreign = await org('other-org');
  watch('the first key of an organisation', foreign.key);
  watch("another organisation's admin token", foreign.adminToken);
  const made = await send('/api-keys', { token, body: { name: 'the reader' } });
  const key = watch('an API key', made.json<{ key: string }>().key);
  for (const path of ['/webhook-secret', '/webhook-secret/rotate']) {
    const method = path.endsWith('rotate') ? 'POST' : 'GET';
    const { secret } = (await send(path, { key, method })).json<{ secret: string }>();
    watch(`webhook secret ${run.canaries.places().length}`, secret.slice('whsec_'.length));
  }
  return key;
}

/** Each in a way of its own: one receiver takes the events, one echoes them, one fails. */
export async function subscribe({ webhooks, ask }: SecretRun): Promise<void> {
  const types = ['timer.fired', 'delivery.*'];
  for (const path of ['events-ok', 'events-echo', 'events-fails']) {
    const { url } = webhooks.webhook(`a subscription to ${path}`, path);
    const { url: other } = webhooks.credentialed(`credentials of ${path}`, path);
    for (const one of [url, other]) await ask('/subscriptions', { key: DEMO_KEY, body: { url: one, types } });
  }
}

const hasEnded = ({ deliveries }: Timer) =>
  deliveries.length > 0 && deliveries.every(({ status }) => status !== 'pending');

/** Timers with secrets in every action: fired, failed, escalated, started by others. Ends when all has happened. */
export async function fireTimers({ mainspring, webhooks, canaries }: SecretRun): Promise<void> {
  const { webhook, credentialed } = webhooks;
  const create = (...actions: unknown[]) =>
    mainspring.createTimer({ duration: '300ms', actionBundle: { actions, retryPolicy: QUICK } });
  const fails = {
    ...webhook('an action that fails', 'fails'),
    escalation: { afterAttempts: 1, action: webhook('an escalation', 'echo') },
  };
  const nobody = `http://u:${canaries.plant('a password nobody takes')}@127.0.0.1:${await closedPort()}/`;
  const inner = [webhook('a started timer', 'ok'), credentialed('credentials of a started timer', 'fails')];
  const starts = {
    ...{ type: 'timer', duration: '200ms', name: 'started' },
    actionBundle: { actions: inner, retryPolicy: QUICK },
    escalation: { afterAttempts: 1, action: webhook('an escalation that waits', 'ok') },
  };
  const timers = [
    await create(webhook('an action', 'ok'), credentialed('credentials', 'ok')),
    await create(webhook('an echo', 'echo'), credentialed('echoed credentials', 'echo')),
    await create(fails, credentialed('credentials that fail', 'fails'), { type: 'webhook', url: nobody }),
    await create(starts),
    await create(
      { type: 'telegram', ...webhooks.telegram('a chat') },
      { type: 'teams', ...webhooks.teams('a card', 'ok') },
      { type: 'teams', ...webhooks.teams('an echoed card', 'echo') },
      { type: 'teams', ...webhooks.teams('a card that fails', 'fails') },
    ),
  ];
  for (const { id } of timers) await eventually(() => mainspring.getTimer(id, '5s'), hasEnded);
  const [last] = timers.slice(3, 4);
  await eventually(() => mainspring.getTimer(`${last?.id}.1.0`, '5s'), hasEnded);
}

/** Timers that never fire: waiting, cancelled, in a batch, asked for again. */
export async function keepTimers({ mainspring, webhooks, ask }: SecretRun): Promise<void> {
  const { webhook, credentialed } = webhooks;
  const waiting = (...actions: unknown[]) => timerRequest({ duration: '90d', actionBundle: { actions } });
  const key = DEMO_KEY;
  await ask('/timers', { key, body: waiting(webhook('it waits', 'ok'), credentialed('they wait', 'ok')) });
  const { id } = await mainspring.createTimer(waiting(webhook('it is cancelled', 'ok')));
  await ask(`/timers/${id}/reschedule`, { key, body: { duration: '80d' } });
  await ask(`/timers/${id}/cancel`, { key, body: {} });
  const refused = waiting({ ...webhook('a refused item', 'ok'), unknown: 1 });
  await ask('/timers/batch', { key, body: { timers: [waiting(webhook('an item', 'ok')), refused] } });
  const body = waiting(webhook('a request that is repeated', 'ok'));
  const headers = { 'idempotency-key': 'once' };
  for (const sent of [body, body, { ...body, name: 'another' }])
    await ask('/timers', { key, headers, body: sent });
}

/** Schedules whose tasks would tell people, had they begun. */
export async function keepSchedules({ webhooks, ask, mainspring: { send } }: SecretRun): Promise<void> {
  const key = DEMO_KEY;
  const delivery = (what: string) => [
    { channel: 'webhook', webhook_url: webhooks.webhook(`a webhook of ${what}`, 'ok').url },
    { channel: 'telegram', ...webhooks.telegram(`a chat of ${what}`) },
    { channel: 'teams', ...webhooks.teams(`a card of ${what}`, 'ok') },
  ];
  const wish = { agent_name: 'AdminAgent', method_name: 'health', interval_seconds: 86_400 };
  await ask('/schedules', { key, body: { ...wish, delivery: delivery('a schedule') } });
  await ask('/schedules', { key, body: { ...wish, delivery: delivery('a refused one'), unknown: 1 } });
  const { schedules } = (await send('/schedules', { key })).json<{ schedules: { id: string }[] }>();
  const body = { delivery: delivery('a changed one') };
  await ask(`/schedules/${schedules[0]?.id}`, { key, method: 'PATCH', body });
}

/** What died is sent once more, by itself and with all others. */
export async function redeliver({ mainspring: { send }, ask }: SecretRun): Promise<void> {
  const key = DEMO_KEY;
  const dead = (await send('/deliveries?status=dead', { key })).json<{ deliveries: { id: string }[] }>();
  const path = `/deliveries/${dead.deliveries[0]?.id}`;
  await ask(`${path}/redeliver`, { key, method: 'POST' });
  await ask('/deliveries/redeliver', { key, body: { status: 'dead', since: new Date(0).toISOString() } });
  await eventually(
    () => send(path, { key }),
    (answer) => answer.json<{ delivery: { attemptCount: number } }>().delivery.attemptCount > 2,
  );
}

/** What is no secret, in places that are looked at, to see that they are. */
export async function plantOpenly({ mainspring, canaries, webhooks }: SecretRun): Promise<void> {
  const { id } = await mainspring.createTimer({
    tenantId: canaries.plant('open: a tenant'),
    name: canaries.plant('open: a name'),
    duration: '500ms',
    actionBundle: {
      actions: [webhooks.webhook('of an open name', 'open-fails')],
      retryPolicy: { maxAttempts: 1 },
    },
  });
  await eventually(
    () => mainspring.getTimer(id, '5s'),
    ({ status }) => status === 'failed',
  );
}

/** Timers that another service asks for by signal, as they should be and not. */
export async function signalTimers({ mainspring, webhooks, canaries }: SecretRun): Promise<void> {
  const fireAt = new Date(Date.now() + 3_000).toISOString();
  const window = { orgId: 'demo', startsAt: windowOf(new Date(fireAt)).toISOString() };
  const timer = (id: string, action: unknown, over: object = {}) => ({
    ...timerRequest({ fireAt, actionBundle: { actions: [action], retryPolicy: { maxAttempts: 1 } } }),
    ...{ id, ...over },
  });
  const inwards = `http://u:${canaries.plant('signalled: a URL that leads inwards')}@10.0.0.1/`;
  const timers = [
    timer('signalled', webhooks.webhook('signalled: a webhook', 'ok')),
    timer('signalled-2', webhooks.credentialed('signalled: credentials', 'echo')),
    timer('refused', { type: 'log' }, { unknown: canaries.plant('signalled: an unknown field') }),
    timer('refused-2', { type: 'webhook', url: inwards }),
  ];
  await mainspring.workflows.signalWithStart('timerWindow', {
    ...{ workflowId: timerWindowId(window), taskQueue: 'timers', args: [window] },
    ...{ signal: addTimers, signalArgs: [timers as never] },
  });
  for (const id of ['signalled', 'signalled-2']) {
    await eventually(
      () => mainspring.send(`/timers/${id}?wait=5s`, { key: DEMO_KEY }),
      ({ text }) => text.includes('"status":"fired"'),
    );
  }
}

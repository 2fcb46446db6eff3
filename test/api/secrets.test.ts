import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mintAdminToken } from '../../src/api/admin-token.js';
import { windowOf } from '../../src/domain/owner.js';
import { freePort } from '../../src/engine/port.js';
import { createLog } from '../../src/log.js';
import { addTimers, timerWindowId } from '../../src/messages/timer-window.js';
import { DEMO_KEY, type Sent } from '../support/api.js';
import { tellingRuntime } from '../support/engine.js';
import { eventually, startMainspring, type TestMainspring, timerRequest } from '../support/mainspring.js';
import { fireTimers, misuse, openSecretFlows, type SecretFlows } from '../support/secret-flows.js';
import { databaseText, historiesText } from '../support/traces.js';

/** Everything that the process wrote to its log, at level debug, the Temporal SDK's lines included. */
const lines: string[] = [];
const log = createLog('debug', { write: (line: string) => void lines.push(line) });
const metricsPort = await freePort();
tellingRuntime(log, metricsPort);

interface Run {
  flows: SecretFlows;
  mainspring: TestMainspring;
  /** Answers to those who sent secrets, but for those that show a new one this once. */
  answered: string[];
}

/** A ring of one key, which is a canary. */
const ring = ({ canaries }: SecretFlows, name: string) =>
  `${name}:${Buffer.from(canaries.plant(`the key ${name}`).padEnd(32, '=')).toString('base64')}`;

async function start(wantsSealedPayloads: boolean): Promise<Run> {
  lines.length = 0;
  const flows = await openSecretFlows();
  const env = {
    SECRET_KEYS: ring(flows, 'sealing'),
    METRICS_PORT: String(metricsPort),
    ...(wantsSealedPayloads ? { PAYLOAD_KEYS: ring(flows, 'payloads') } : {}),
  };
  return { flows, mainspring: await startMainspring({ log, env }), answered: [] };
}

const demoAdmin = ({ mainspring: { vault } }: Run) =>
  mintAdminToken(vault, { orgId: 'demo', credentialVersion: 1, now: Date.now() });

async function ask(run: Run, path: string, sent: Sent): Promise<string> {
  const { status, headers, text } = await run.mainspring.send(path, sent);
  run.answered.push(`${status} ${JSON.stringify([...headers])} ${text}`);
  return text;
}

/** Keys, tokens and signing secrets that Mainspring makes itself are canaries too. */
async function watchCredentials(run: Run): Promise<string> {
  const { canaries } = run.flows;
  const { send, org } = run.mainspring;
  const token = canaries.watch('an admin token', await demoAdmin(run));
  const { key: foreignKey, adminToken } = await org('other-org');
  canaries.watch('the first key of an organisation', foreignKey);
  canaries.watch("another organisation's admin token", adminToken);
  const made = await send('/api-keys', { token, body: { name: 'the reader' } });
  const { key } = made.json<{ key: string }>();
  canaries.watch('an API key', key);
  for (const place of [
    'a webhook secret',
    'a rotated webhook secret',
    'the webhook secret after two rotations',
  ]) {
    const { secret } = (await send('/webhook-secret', { key })).json<{ secret: string }>();
    canaries.watch(place, secret.slice('whsec_'.length));
    if (!place.startsWith('the')) await send('/webhook-secret/rotate', { key, method: 'POST' });
  }
  return key;
}

async function subscribe(run: Run): Promise<void> {
  const { credentialed, webhook } = run.flows;
  for (const path of ['/ok', '/echo', '/fails']) {
    for (const { url } of [
      webhook(`a subscription to ${path}`, path),
      credentialed(`subscribed ${path}`, path),
    ])
      await ask(run, '/subscriptions', {
        key: DEMO_KEY,
        body: { url, types: ['timer.fired', 'delivery.*'] },
      });
  }
}

/** The same request three times under one key, and another one. */
async function repeat(run: Run): Promise<void> {
  const headers = { 'idempotency-key': 'once' };
  const body = timerRequest({
    duration: '90d',
    actionBundle: { actions: [run.flows.webhook('a request that is repeated', '/ok')] },
  });
  for (const sent of [body, body, { ...body, name: 'another' }])
    await ask(run, '/timers', { key: DEMO_KEY, headers, body: sent });
}

async function redeliver(run: Run): Promise<void> {
  const { send } = run.mainspring;
  const since = new Date(0).toISOString();
  const list = await send('/deliveries?status=dead', { key: DEMO_KEY });
  const [first] = list.json<{ deliveries: { id: string }[] }>().deliveries;
  await ask(run, `/deliveries/${first?.id}/redeliver`, { key: DEMO_KEY, method: 'POST' });
  await ask(run, '/deliveries/redeliver', { key: DEMO_KEY, body: { status: 'dead', since } });
  await eventually(
    () => send(`/deliveries/${first?.id}`, { key: DEMO_KEY }),
    (answer) => answer.json<{ delivery: { attemptCount: number } }>().delivery.attemptCount > 2,
  );
}

/** What is not secret, to see that each place is really looked at. */
async function plantOpenly({ mainspring, flows: { canaries, webhook } }: Run): Promise<void> {
  const timer = await mainspring.createTimer({
    tenantId: canaries.plant('open: a tenant'),
    name: canaries.plant('open: a name'),
    duration: '1s',
    actionBundle: {
      actions: [webhook('a timer with an open name', '/fails')],
      retryPolicy: { maxAttempts: 1 },
    },
  });
  await eventually(
    () => mainspring.getTimer(timer.id, '5s'),
    ({ status }) => status === 'failed',
  );
}

/** Timers that another service asks for by signal, as they should be and not. */
async function signalTimers({ mainspring, flows }: Run): Promise<void> {
  const { webhook, credentialed, canaries } = flows;
  const fireAt = new Date(Date.now() + 8_000).toISOString();
  const window = { orgId: 'demo', startsAt: windowOf(new Date(fireAt)).toISOString() };
  const timerOf = (id: string, action: unknown, over: object = {}) => ({
    ...timerRequest({ fireAt, actionBundle: { actions: [action], retryPolicy: { maxAttempts: 1 } } }),
    id,
    ...over,
  });
  await mainspring.workflows.signalWithStart('timerWindow', {
    workflowId: timerWindowId(window),
    taskQueue: 'timers',
    args: [window],
    signal: addTimers,
    signalArgs: [
      [
        timerOf('signalled', webhook('open by signal', '/ok')),
        timerOf('signalled-2', credentialed('open by signal, credentials', '/fails')),
        timerOf('signalled-3', webhook('open by signal, refused', '/ok'), {
          unknown: canaries.plant('open by signal, unknown'),
        }),
        timerOf('signalled-4', {
          type: 'webhook',
          url: `http://u:${canaries.plant('open by signal, inwards')}@10.0.0.1/`,
        }),
      ] as never,
    ],
  });
  for (const id of ['signalled', 'signalled-2']) {
    await eventually(
      () => mainspring.send(`/timers/${id}?wait=5s`, { key: DEMO_KEY }),
      ({ text }) => /"status":"(?:fired|failed)"/.test(text),
    );
  }
}

/** What another key of the organisation is answered to everything it can ask for. */
async function readAll({ mainspring: { send, url } }: Run, key: string): Promise<string> {
  const texts: string[] = [];
  const get = async (path: string, sent: Sent = { key }) => {
    const answer = await send(path, sent);
    texts.push(`${path} ${answer.status} ${JSON.stringify([...answer.headers])} ${answer.text}`);
    return answer.json<Record<string, { id: string }[]>>();
  };
  for (const path of ['/timers', '/deliveries']) {
    const page = await get(`${path}?limit=500`);
    for (const { id } of page[path.slice(1)] ?? []) await get(`${path}/${id}`);
  }
  for (const path of ['/events?limit=500', '/subscriptions', '/timers/metrics', '/agent/health', '/healthz'])
    await get(path);
  for (const path of ['/timers/x', '/timers?limit=x', '/subscriptions/x', '/nowhere', '/openapi.json'])
    await get(path);
  const headers = { 'x-api-key': key, accept: 'text/event-stream', 'last-event-id': '0-0' };
  const stream = await fetch(`${url}/events`, { headers, signal: AbortSignal.timeout(1_000) });
  const decoder = new TextDecoder();
  try {
    for await (const chunk of stream.body ?? []) texts.push(decoder.decode(chunk, { stream: true }));
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
  }
  return texts.join('\n');
}

/** Every place that secrets could come out of, with what stands there. */
async function look(run: Run, key: string): Promise<Record<string, string>> {
  const { mainspring, answered } = run;
  const { send, database, workflows } = mainspring;
  const apiKeys = await send('/api-keys', { token: await demoAdmin(run) });
  return {
    'the answers to who sent them': answered.join('\n'),
    'the answers to another key': `${await readAll(run, key)}\n${apiKeys.text}`,
    'the metrics': (await send('/metrics')).text,
    'the histories of all workflows': await historiesText(workflows),
    ...Object.fromEntries(
      Object.entries(await databaseText(database.db)).map(([table, text]) => [`the table ${table}`, text]),
    ),
    // Last, because looking is logged too.
    'the log at level debug': lines.join('\n'),
  };
}

let run: Run;
let views: Record<string, string> = {};
const found = (name: string, isOpen: boolean) => {
  const text = views[name];
  if (text === undefined) throw new Error(`${name} is not looked at`);
  return run.flows.canaries.foundIn(text).filter((place) => place.startsWith('open') === isOpen);
};
async function finish(): Promise<void> {
  await run.mainspring.close();
  await run.flows.close();
}

const VIEWS = [
  'the answers to who sent them',
  'the answers to another key',
  'the metrics',
  'the histories of all workflows',
  'the log at level debug',
  ...['orgs', 'api_keys', 'timers', 'windows', 'deliveries', 'endpoints', 'events', 'subscriptions'].map(
    (table) => `the table ${table}`,
  ),
  'the table idempotency_keys',
];

describe('secrets that callers give', () => {
  beforeAll(async () => {
    run = await start(false);
    const key = await watchCredentials(run);
    await subscribe(run);
    await fireTimers(run.mainspring, run.flows);
    await repeat(run);
    run.answered.push(...(await misuse(run.mainspring, run.flows)));
    await redeliver(run);
    await plantOpenly(run);
    await signalTimers(run);
    views = await look(run, key);
  }, 120_000);
  afterAll(finish, 60_000);

  test.each(VIEWS)('are not in %s', (name) => {
    expect(found(name, false)).toEqual([]);
  });

  test('reach whom they are for', () => {
    const sent = run.flows.receiver.received
      .map(({ path, headers }) => `${path} ${JSON.stringify(headers)}`)
      .join('\n');
    const arrived = run.flows.canaries.foundIn(sent);
    const meant = /that arrives?|echo|fails|an escalation,|timer's timer|subscri/;
    expect(
      run.flows.canaries.places().filter((place) => meant.test(place) && !arrived.includes(place)),
    ).toEqual([]);
    expect(run.flows.canaries.places().length).toBeGreaterThan(100);
  });

  test('would be seen: what is not secret is found wherever it stands', () => {
    const tenant = ['open: a tenant'];
    expect(found('the log at level debug', true)).toEqual(tenant);
    expect(found('the table deliveries', true)).toEqual(expect.arrayContaining(tenant));
    expect(found('the answers to another key', true)).toEqual(
      expect.arrayContaining([...tenant, 'open: a name']),
    );
    expect(found('the table timers', true)).toEqual(expect.arrayContaining([...tenant, 'open: a name']));
    expect(views['the metrics']).toMatch(/mainspring_delivery_attempts_total[\s\S]*temporal_/);
  });

  test('are in the history where another service puts them, unless payloads are encrypted', () => {
    const places = run.flows.canaries.places().filter((place) => place.startsWith('open by signal'));
    expect(found('the histories of all workflows', true)).toEqual(expect.arrayContaining(places));
    expect(found('the table timers', true).filter((place) => places.includes(place))).toEqual([]);
  });
});

describe('with encrypted payloads', () => {
  beforeAll(async () => {
    run = await start(true);
    const key = await watchCredentials(run);
    await signalTimers(run);
    await plantOpenly(run);
    views = await look(run, key);
  }, 120_000);
  afterAll(finish, 60_000);

  test.each(VIEWS)('what another service signals is not in %s', (name) => {
    expect([
      ...found(name, false),
      ...found(name, true).filter((place) => place.startsWith('open by')),
    ]).toEqual([]);
  });

  test('nor is a name in the history that is shown to people elsewhere', () => {
    expect(found('the histories of all workflows', true)).toEqual([]);
  });
});

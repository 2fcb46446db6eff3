import { DEMO_KEY, type Sent } from './api.js';
import { type Canaries, createCanaries } from './canaries.js';
import { eventually, type TestMainspring, timerRequest } from './mainspring.js';
import { closedPort, openReceiver, type Receiver } from './receiver.js';

/** Names of query parameters whose value lets its holder in. */
const PARAMETERS = [
  'sig',
  'signature',
  'token',
  'access_token',
  'auth',
  'key',
  'api_key',
  'secret',
  'password',
].concat(['code', 'X-Amz-Signature', 'client_secret']);

const QUICK = { maxAttempts: 2, backoffInitialMs: 1, maxBackoffMs: 1 };

/** Whoever gives secrets to Mainspring, and where they are sent. */
export interface SecretFlows {
  canaries: Canaries;
  receiver: Receiver;
  /** A webhook with a secret in each place that can hold one; `path` says how the receiver answers. */
  webhook(place: string, path: string): Record<string, unknown>;
  /** Header values and credentials in the URL exclude each other: here as `webhook`, with credentials. */
  credentialed(place: string, path: string): Record<string, unknown>;
  close(): Promise<void>;
}

/** Receives on a port of its own: `/echo…` answers with all it was sent, `/fails…` does so with status 500. */
export async function openSecretFlows(): Promise<SecretFlows> {
  const canaries = createCanaries();
  const receiver = await openReceiver((request, response) => {
    const { url = '', headers } = request;
    response.statusCode = url.startsWith('/fails') ? 500 : 200;
    // The addresses first: only the first KB is kept.
    response.end(/^\/(?:fails|echo)/.test(url) ? JSON.stringify({ url, ...headers }) : 'ok');
  });
  const withSecrets = (place: string, path: string) => {
    const parameters = PARAMETERS.map((name) => `${name}=${canaries.plant(`${place}, ?${name}=`)}`);
    return `${receiver.url}${path}?plain=1&${parameters.join('&')}`;
  };
  return {
    canaries,
    receiver,
    webhook: (place, path) => ({
      type: 'webhook',
      url: withSecrets(place, path),
      headers: {
        authorization: `Bearer ${canaries.plant(`${place}, authorization`)}`,
        'X-Own-Key': canaries.plant(`${place}, x-own-key`),
      },
      data: { visible: true },
    }),
    credentialed(place, path) {
      const user = canaries.plant(`${place}, user`);
      const password = canaries.plant(`${place}, password`);
      return {
        type: 'webhook',
        url: `${receiver.url}${path}?plain=1`.replace('//', `//${user}:${password}@`),
      };
    },
    close: () => receiver.close(),
  };
}

/** Timers with secrets in every action, fired, failed, escalated, redelivered, changed. Ends when all has happened. */
export async function fireTimers(mainspring: TestMainspring, flows: SecretFlows): Promise<void> {
  const { webhook, credentialed, canaries } = flows;
  const nobody = `127.0.0.1:${await closedPort()}`;
  const create = (actions: unknown[], over: object = {}) =>
    mainspring.createTimer({
      duration: '300ms',
      tenantId: 'witness-tenant',
      ...over,
      actionBundle: { actions, retryPolicy: QUICK },
    });
  const fired = [
    await create([webhook('a header that arrives', '/ok'), credentialed('credentials that arrive', '/ok')]),
    await create([webhook('an echo', '/echo'), credentialed('echoed credentials', '/echo')]),
    await create([
      {
        ...webhook('an action that fails', '/fails'),
        escalation: { afterAttempts: 1, action: webhook('an escalation', '/echo') },
      },
      { ...credentialed('credentials that fail', '/fails') },
      { type: 'webhook', url: `http://u:${canaries.plant('a password nobody takes')}@${nobody}/` },
    ]),
    await create([
      {
        ...{ type: 'timer', duration: '200ms', name: 'started' },
        actionBundle: {
          actions: [
            webhook("a timer's timer", '/ok'),
            credentialed("credentials of a timer's timer", '/fails'),
          ],
          retryPolicy: QUICK,
        },
        escalation: { afterAttempts: 1, action: webhook('an escalation that waits', '/ok') },
      },
    ]),
  ];
  const [cancelled] = [await create([webhook('a timer that is cancelled', '/ok')], { duration: '2h' })];
  await mainspring.post(`/timers/${cancelled?.id}/reschedule`, { duration: '3h' });
  await mainspring.post(`/timers/${cancelled?.id}/cancel`, {});
  await create([webhook('a timer that waits', '/ok'), credentialed('credentials that wait', '/ok')], {
    duration: '90d',
  });
  const batch = [webhook('a batch', '/ok'), { ...webhook('a batch, refused', '/ok'), unknown: 1 }];
  await mainspring.post('/timers/batch', {
    timers: batch.map((action) => timerRequest({ duration: '1s', actionBundle: { actions: [action] } })),
  });
  for (const { id } of fired) {
    await eventually(
      () => mainspring.getTimer(id, '5s'),
      ({ deliveries }) => deliveries.length > 0 && deliveries.every(({ status }) => status !== 'pending'),
    );
  }
}

/** Secrets in requests that are refused: wrong credentials, and bodies that break their schema. Answers what they said. */
export async function misuse({ send }: TestMainspring, { canaries, webhook, receiver }: SecretFlows) {
  const { plant } = canaries;
  const jwt = (place: string) =>
    `eyJhbGciOiJIUzI1NiJ9.${Buffer.from(`{"a":"${plant(place)}"}`).toString('base64url')}.x`;
  const timer = (over: Record<string, unknown>) => ({ key: DEMO_KEY, body: timerRequest(over) });
  const withAction = (action: object) => timer({ actionBundle: { actions: [action] } });
  const requests: [path: string, sent: Sent][] = [
    ['/timers', { key: `mnt_${plant('a key that is not known')}` }],
    ['/timers', { key: plant('a key that is none') }],
    ['/timers', { token: plant('a token that is none') }],
    ['/api-keys', { token: jwt('a token that is not ours') }],
    ['/timers', { headers: { authorization: `Basic ${plant('a header of another scheme')}` } }],
    ['/timers', { headers: { cookie: `session=${plant('a cookie')}` } }],
    [`/timers?api_key=${plant('a key in a query')}`, {}],
    [`/nowhere?token=${plant('a token in the query of nothing')}`, {}],
    ['/timers', { key: DEMO_KEY, body: `{"name": "${plant('a body that is cut off')}` }],
    ['/timers', { key: DEMO_KEY, body: `{"name": ${plant('a body that is no JSON')}}` }],
    [
      '/timers',
      { key: DEMO_KEY, body: plant('a body of another type'), headers: { 'content-type': 'text/plain' } },
    ],
    ['/timers', timer({ duration: plant('a duration that is none') })],
    ['/timers', timer({ secretField: plant('a field that is not known') })],
    ['/timers', timer({ labels: { label: [plant('a label of a wrong type')] } })],
    ['/timers', withAction({ ...webhook('a refused action', '/ok'), unknown: 1 })],
    [
      '/timers',
      withAction({ type: 'webhook', url: `http://u:${plant('a URL that leads inwards')}@10.0.0.1/` }),
    ],
    ['/timers', withAction({ type: 'webhook', url: `no URL: ${plant('a URL that is none')}` })],
    [
      '/timers',
      withAction({ type: 'webhook', url: receiver.url, headers: { a: [plant('a header of a wrong type')] } }),
    ],
    ['/timers', withAction({ type: plant('an action that does not exist') })],
    [
      '/subscriptions',
      { key: DEMO_KEY, body: { url: receiver.url, types: [plant('an event that does not exist')] } },
    ],
    [
      '/webhook-secret',
      { key: DEMO_KEY, method: 'PUT', body: { secret: plant('a method that does not exist') } },
    ],
  ];
  const answers = await Promise.all(requests.map(([path, sent]) => send(path, sent)));
  return answers.map((answer, index) => {
    // Whoever is on this machine needs no key: these were served without what they brought.
    const isServed = answer.status === 200 && index >= 5 && index <= 6;
    if (answer.status < 400 && !isServed) throw new Error(`request ${index} was not refused`);
    return `${answer.status} ${JSON.stringify([...answer.headers])} ${answer.text}`;
  });
}

import { DEMO_KEY, type Sent } from '../api.js';
import { timerRequest } from '../mainspring.js';
import type { SecretRun } from './run.js';

/** Secrets in requests that are refused, or served without what they brought: wrong credentials, broken bodies. */
export async function misuse({ ask, canaries: { plant }, webhooks }: SecretRun): Promise<void> {
  const key = DEMO_KEY;
  const payload = Buffer.from(JSON.stringify({ secret: plant('a token that is not ours') })).toString(
    'base64url',
  );
  const timer = (over: Record<string, unknown>): Sent => ({ key, body: timerRequest(over) });
  const action = (given: object): Sent => timer({ actionBundle: { actions: [given] } });
  const webhook = (given: object): Sent => action({ type: 'webhook', url: 'http://127.0.0.1:1/', ...given });
  const credentials: [path: string, sent: Sent][] = [
    ['/timers', { key: `mnt_${plant('a key that is not known')}` }],
    ['/timers', { key: plant('a key that is none') }],
    ['/timers', { token: plant('a token that is none') }],
    ['/api-keys', { token: `eyJhbGciOiJIUzI1NiJ9.${payload}.x` }],
    ['/timers', { headers: { authorization: `Basic ${plant('a header of another scheme')}` } }],
    ['/timers', { headers: { cookie: `session=${plant('a cookie')}` } }],
    [`/timers?api_key=${plant('a key in a query')}`, {}],
    [`/nowhere?token=${plant('a token in a query')}`, {}],
  ];
  const bodies: Sent[] = [
    { key, body: `{"name": "${plant('a body that is cut off')}` },
    { key, body: `{"name": ${plant('a body that is no JSON')}}` },
    { key, body: plant('a body of another type'), headers: { 'content-type': 'text/plain' } },
    { key, method: 'PUT', body: { secret: plant('a method that does not exist') } },
    timer({ duration: plant('a duration that is none') }),
    timer({ secretField: plant('a field that is not known') }),
    timer({ labels: { label: [plant('a label of a wrong type')] } }),
    timer({ name: `\0${plant('a text that cannot be stored')}` }),
    action({ type: plant('an action that does not exist') }),
    action({ ...webhooks.webhook('a refused action', 'ok'), unknown: 1 }),
    webhook({ url: `http://u:${plant('a URL that leads inwards')}@10.0.0.1/` }),
    webhook({ url: `no URL: ${plant('a URL that is none')}` }),
    webhook({ headers: { a: [plant('a header of a wrong type')] } }),
    webhook({ headers: { a: `\n${plant('a header that cannot be sent')}` } }),
    webhook({ method: plant('a method that is none') }),
  ];
  for (const [path, sent] of credentials) await ask(path, sent);
  for (const sent of bodies) {
    const { status } = await ask('/timers', sent);
    if (status < 400) throw new Error(`this should have been refused: ${JSON.stringify(sent)}`);
  }
  const types = [plant('an event that does not exist')];
  await ask('/subscriptions', { key, body: { url: 'http://127.0.0.1:1/', types } });
  await ask('/codec/decode', { key, body: { payloads: [{ data: plant('a payload') }] } });
}

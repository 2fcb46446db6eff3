import type { Log } from '../../log.js';
import type { Outbound } from '../../outbound/outbound.js';
import type { Vault } from '../../secrets/vault.js';
import { signed } from '../sign.js';
import type { AttemptResult, Channel, OutgoingDelivery } from './channel.js';
import { resultOfAnswer, resultOfError } from './http-result.js';
import { reporting } from './reporting.js';
import { withoutSecrets } from './without-secrets.js';

export interface WebhookOptions {
  outbound: Outbound;
  vault: Vault;
  /** The secrets that sign an organisation's webhooks: `whsec_…`, two while a rotation overlaps. */
  secretsOf: (orgId: string) => Promise<readonly string[]>;
  log: Log;
  /** Of Mainspring, told to receivers. */
  version: string;
  now?: () => number;
}

/** Calls a URL with a signed body. Only 2xx is success; a redirect is never followed. */
export const createWebhookChannel = (options: WebhookOptions): Channel =>
  reporting(options.log, 'Webhook failed', (delivery) => attempt(options, delivery));

async function attempt(options: WebhookOptions, delivery: OutgoingDelivery): Promise<AttemptResult> {
  const { vault, outbound, secretsOf, log, version, now = Date.now } = options;
  const { orgId, id, body, request } = delivery;
  let url: string;
  let own: Record<string, string>;
  let secrets: readonly string[];
  try {
    url = vault.open(request.url ?? '');
    own = Object.fromEntries(
      Object.entries(request.headers ?? {}).map(([name, value]) => [name.toLowerCase(), vault.open(value)]),
    );
    secrets = await secretsOf(orgId);
  } catch (error) {
    log.error({ org: orgId, delivery: id, error }, 'The secrets of a webhook could not be read');
    return { kind: 'retry', error: 'secrets_unreadable' };
  }
  try {
    const answer = await outbound.request({
      url,
      method: methodOf(request.method),
      headers: {
        'content-type': 'application/json',
        'user-agent': `Mainspring/${version}`,
        ...own,
        ...signed({ id, at: new Date(now()), body, secrets }),
      },
      body,
    });
    return resultOfAnswer({ ...answer, answer: withoutSecrets(answer.answer, { url, headers: own }) }, now());
  } catch (error) {
    return resultOfError(error, () =>
      log.error({ org: orgId, delivery: id, error }, 'A webhook could not be sent'),
    );
  }
}

const methodOf = (method: string | undefined) => (method === 'PUT' || method === 'PATCH' ? method : 'POST');

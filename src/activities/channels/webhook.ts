import { readRetryAfter } from '../../domain/retry.js';
import type { Log } from '../../log.js';
import type { Answer } from '../../outbound/exchange.js';
import type { Outbound } from '../../outbound/outbound.js';
import { OutboundError, type OutboundFailure } from '../../outbound/outbound-error.js';
import type { Vault } from '../../secrets/vault.js';
import { signed } from '../sign.js';
import type { AttemptResult, Channel, OutgoingDelivery } from './channel.js';
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

/** Client errors that another attempt may not meet: Request Timeout, Too Early, Too Many Requests. */
const RETRYABLE = new Set([408, 425, 429]);
/** Only these say when to come again. */
const OBEYED = new Set([429, 503]);
const HOPELESS = new Set<OutboundFailure>(['url_not_allowed', 'address_not_allowed']);

/** Calls a URL with a signed body. Only 2xx is success; a redirect is never followed. */
export function createWebhookChannel(options: WebhookOptions): Channel {
  return {
    async deliver(delivery) {
      const result = await attempt(options, delivery);
      if (result.kind !== 'delivered') {
        const { orgId: org, tenantId: tenant, timerId: timer, id, attemptNumber } = delivery;
        const { statusCode: status, error } = result;
        options.log.warn(
          { org, tenant, timer, delivery: id, attempt: attemptNumber, status, error },
          'Webhook failed',
        );
      }
      return result;
    },
  };
}

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
    return resultOf({ ...answer, answer: withoutSecrets(answer.answer, { url, headers: own }) }, now());
  } catch (error) {
    if (!(error instanceof OutboundError)) {
      log.error({ org: orgId, delivery: id, error }, 'A webhook could not be sent');
      return { kind: 'retry', error: 'not_sent' };
    }
    return failureOf(error.failure);
  }
}

/** No connection was free in time: that says nothing of the receiver, and uses up nothing. */
const OWN_CONGESTION: OutboundFailure = 'receiver_busy';

function failureOf(error: OutboundFailure): AttemptResult {
  if (error === OWN_CONGESTION) return { kind: 'unsent', error };
  return { kind: HOPELESS.has(error) ? 'dead' : 'retry', error };
}

const methodOf = (method: string | undefined) => (method === 'PUT' || method === 'PATCH' ? method : 'POST');

/** What a status means. */
function resultOf({ statusCode, headers, answer }: Answer, now: number): AttemptResult {
  if (statusCode < 300) return { kind: 'delivered', statusCode, answer };
  if (statusCode < 400) return { kind: 'dead', error: 'redirect_not_followed', statusCode, answer };
  const error = `status_${statusCode}`;
  if (statusCode < 500 && !RETRYABLE.has(statusCode)) return { kind: 'dead', error, statusCode, answer };
  const retryAfterMs = OBEYED.has(statusCode) ? readRetryAfter(headers.retryAfter, now) : undefined;
  return {
    kind: 'retry',
    error,
    statusCode,
    answer,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

import type { Message } from '../../domain/message.js';
import { teamsMessage } from '../../domain/teams-card.js';
import type { Log } from '../../log.js';
import type { Outbound } from '../../outbound/outbound.js';
import type { Vault } from '../../secrets/vault.js';
import type { AttemptResult, Channel, OutgoingDelivery } from './channel.js';
import { resultOfAnswer, resultOfError } from './http-result.js';
import { reporting } from './reporting.js';
import { withoutSecrets } from './without-secrets.js';

export interface TeamsOptions {
  outbound: Outbound;
  vault: Vault;
  log: Log;
  now?: () => number;
}

/**
 * Posts a card through a Teams workflow. Its 202 says that the workflow was started: what becomes of the card, only
 * the workflow's own history tells.
 */
export const createTeamsChannel = (options: TeamsOptions): Channel =>
  reporting(options.log, 'Teams message failed', (delivery) => attempt(options, delivery));

async function attempt(
  { outbound, vault, log, now = Date.now }: TeamsOptions,
  { orgId, id, request, body }: OutgoingDelivery,
): Promise<AttemptResult> {
  let url: string;
  try {
    url = vault.open(request.url ?? '');
  } catch (error) {
    log.error({ org: orgId, delivery: id, error }, 'The URL of a Teams workflow could not be read');
    return { kind: 'retry', error: 'secrets_unreadable' };
  }
  const message: Message = JSON.parse(body);
  try {
    const answer = await outbound.request({
      url,
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(teamsMessage(message)),
    });
    const kept = withoutSecrets(answer.answer, { url, headers: {}, secrets: partsOf(url) });
    return resultOfAnswer({ ...answer, answer: kept }, now());
  } catch (error) {
    return resultOfError(error, () =>
      log.error({ org: orgId, delivery: id, error }, 'A Teams message could not be sent'),
    );
  }
}

/** Shorter parts of a path are words. */
const SHORTEST_KEY = 16;

/** Whoever knows the address may post there, so all of it is a secret. */
function partsOf(url: string): string[] {
  const { pathname, search } = new URL(url);
  const keys = pathname.split(/[/@]/).filter((part) => part.length >= SHORTEST_KEY);
  return [url, pathname + search, pathname, ...keys];
}

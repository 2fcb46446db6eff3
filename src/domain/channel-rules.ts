import type { Channel } from '../schemas/delivery.js';
import type { TaskDelivery } from '../schemas/task-delivery.js';
import {
  botOf,
  brokerReceiver,
  type ChannelTarget,
  MAIL_SERVER,
  type Open,
  originOf,
  REDIS,
} from './channel-target.js';
import { isSignalTarget } from './signal-target.js';
import { type StreamOwner, streamRefusal } from './stream-owner.js';
import { isMasked, MASK, mapValues } from './url-secrets.js';

type Fields<C extends TaskDelivery['channel']> = Omit<Extract<TaskDelivery, { channel: C }>, 'channel'>;

/** What each channel has to know, whoever asks for it. */
export interface ChannelFields {
  webhook: { url: string; method: string; headers?: Record<string, string> | undefined };
  log: object;
  signal: { workflowId: string; signal: string };
  timer: object;
  telegram: Fields<'telegram'>;
  teams: Fields<'teams'>;
  email: Fields<'email'>;
  redis_stream: Fields<'redis_stream'>;
  broker: { brokerId: string; topic: string; messageId: string };
  message: { agentId?: string | undefined; topic?: string | undefined; messageType: string };
  task: { delivery: TaskDelivery[] };
}

/** What to do with secrets by themselves, and with URLs that may carry some. */
export interface SecretChanges {
  secret: (text: string) => string;
  url: (text: string) => string;
}

/** Servers that some channels need. */
export interface ChannelServers {
  SMTP_URL?: string | undefined;
  REDIS_URL?: string | undefined;
}

/** Who asks, and what there is to reach others. */
export interface Surroundings {
  orgId: string;
  config: ChannelServers & StreamOwner;
  leadsInwards(url: string): boolean;
}

/** A field that cannot be so; `channel`: nothing of it can. */
export interface ChannelRefusal {
  field: string;
  message: string;
}

interface ChannelRules<F> {
  target(fields: F, open: Open): ChannelTarget;
  /** The same with what lets its holder in changed. */
  withSecrets<T extends F>(fields: T, changes: SecretChanges): T;
  /** What no schema can know of it; null where it can be. */
  refusal(fields: F, surroundings: Surroundings): ChannelRefusal | null;
  /** Whether people read it: they are told a message, programs get data. */
  isForPeople: boolean;
}

const INWARDS = 'leads to an address that is not allowed';
const MASKED = 'holds the mask of a secret: send the secret itself';
const SIGNAL_REFUSED =
  "must be a workflow of your organisation's own: <kind>/<organisation>/…, where the kind is none of Mainspring's own (timers, endpoint, agent, task, mailbox, supervisor, broker)";

const inwards = (field: string, url: string, { leadsInwards }: Surroundings): ChannelRefusal | null =>
  leadsInwards(url) ? { field, message: INWARDS } : null;

const lacking = (needed: keyof ChannelServers, { config }: Surroundings): ChannelRefusal | null =>
  config[needed] === undefined
    ? { field: 'channel', message: `is not available: ${needed} is not set where Mainspring runs` }
    : null;

/** What was read and is sent back: its secrets read `***`. What is a secret as a whole is refused by its schema then. */
function maskIn({ url, headers = {} }: ChannelFields['webhook']): ChannelRefusal | null {
  if (isMasked(url)) return { field: 'url', message: MASKED };
  const masked = Object.entries(headers).find(([, value]) => value === MASK);
  return masked ? { field: `headers.${masked[0]}`, message: MASKED } : null;
}

const ofItsOwn = (receiver: string) => ({
  target: () => ({ receiver, request: {} }),
  withSecrets: <T>(fields: T) => fields,
  refusal: () => null,
  isForPeople: false,
});

const RULES: { [C in Channel]: ChannelRules<ChannelFields[C]> } = {
  log: ofItsOwn('log'),
  timer: ofItsOwn('timer'),
  webhook: {
    target: ({ method, url, headers }, open) => ({
      receiver: originOf(url, open),
      request: { method, url, ...(headers ? { headers } : {}) },
    }),
    withSecrets: (fields, { secret, url }) => ({
      ...fields,
      url: url(fields.url),
      ...(fields.headers ? { headers: mapValues(fields.headers, secret) } : {}),
    }),
    refusal: (fields, surroundings) => inwards('url', fields.url, surroundings) ?? maskIn(fields),
    isForPeople: false,
  },
  signal: {
    ...ofItsOwn('signal'),
    target: ({ workflowId, signal }) => ({ receiver: 'signal', request: { workflowId, signal } }),
    refusal: ({ workflowId }, { orgId }) =>
      isSignalTarget(workflowId, orgId) ? null : { field: 'workflowId', message: SIGNAL_REFUSED },
  },
  telegram: {
    target: ({ telegram_bot_token: botToken, telegram_chat_id: chatId }, open) => ({
      receiver: botOf(botToken, open),
      request: { botToken, chatId },
    }),
    withSecrets: (fields, { secret }) => ({
      ...fields,
      telegram_bot_token: secret(fields.telegram_bot_token),
    }),
    refusal: () => null,
    isForPeople: true,
  },
  teams: {
    target: ({ teams_webhook_url: url }, open) => ({ receiver: originOf(url, open), request: { url } }),
    // Whoever knows the address may post there.
    withSecrets: (fields, { secret }) => ({ ...fields, teams_webhook_url: secret(fields.teams_webhook_url) }),
    refusal: ({ teams_webhook_url: url }, surroundings) => inwards('teams_webhook_url', url, surroundings),
    isForPeople: true,
  },
  email: {
    target: ({ email_recipients: recipients, email_subject: subject }) => ({
      receiver: MAIL_SERVER,
      request: { recipients, ...(subject === undefined ? {} : { subject }) },
    }),
    withSecrets: (fields) => fields,
    refusal: (_, surroundings) => lacking('SMTP_URL', surroundings),
    isForPeople: true,
  },
  redis_stream: {
    // Where no stream is named, the channel takes the one of results.
    target: ({ response_stream: stream }) => ({
      receiver: REDIS,
      request: stream === undefined ? {} : { stream },
    }),
    withSecrets: (fields) => fields,
    refusal: ({ response_stream: stream }, surroundings) =>
      lacking('REDIS_URL', surroundings) ?? streamRefusal(surroundings.orgId, stream, surroundings.config),
    isForPeople: false,
  },
  broker: {
    ...ofItsOwn('broker'),
    target: (request) => ({ receiver: brokerReceiver(request.brokerId), request }),
  },
  message: {
    ...ofItsOwn('message'),
    target: ({ agentId, topic, messageType }) => ({
      receiver: 'message',
      request: {
        messageType,
        ...(agentId === undefined ? {} : { agentId }),
        ...(topic === undefined ? {} : { topic }),
      },
    }),
  },
  task: {
    ...ofItsOwn('task'),
    withSecrets: (fields, changes) => ({
      ...fields,
      delivery: fields.delivery.map((one) => withResultSecrets(one, changes)),
    }),
    refusal: ({ delivery }, surroundings) => refusalsOfResults(delivery, surroundings)[0] ?? null,
  },
};

export const targetOf = <C extends Channel>(
  channel: C,
  fields: ChannelFields[C],
  open: Open,
): ChannelTarget => RULES[channel].target(fields, open);

export const withSecrets = <C extends Channel, T extends ChannelFields[C]>(
  channel: C,
  fields: T,
  changes: SecretChanges,
): T => RULES[channel].withSecrets(fields, changes);

export const refusalOf = <C extends Channel>(
  channel: C,
  fields: ChannelFields[C],
  surroundings: Surroundings,
): ChannelRefusal | null => RULES[channel].refusal(fields, surroundings);

export const isForPeople = (channel: Channel): boolean => RULES[channel].isForPeople;

/** Where a result goes, with what lets its holder in changed. */
export function withResultSecrets(delivery: TaskDelivery, changes: SecretChanges): TaskDelivery {
  if (delivery.channel === 'webhook') {
    const { url } = withSecrets('webhook', { url: delivery.webhook_url, method: 'POST' }, changes);
    return { ...delivery, webhook_url: url };
  }
  return withSecrets(delivery.channel, delivery, changes);
}

/** Why a result cannot be delivered so; null where it can. */
function refusalOfResult(delivery: TaskDelivery, surroundings: Surroundings): ChannelRefusal | null {
  if (delivery.channel !== 'webhook') return refusalOf(delivery.channel, delivery, surroundings);
  const refusal = refusalOf('webhook', { method: 'POST', url: delivery.webhook_url }, surroundings);
  return refusal && { field: 'webhook_url', message: refusal.message };
}

/** What about a list of places that results go to cannot be, each with its path in a task. */
export const refusalsOfResults = (
  deliveries: readonly TaskDelivery[],
  surroundings: Surroundings,
): ChannelRefusal[] =>
  deliveries.flatMap((delivery, index) => {
    const refusal = refusalOfResult(delivery, surroundings);
    const place = deliveries.length === 1 ? 'delivery' : `delivery.${index}`;
    return refusal ? [{ ...refusal, field: `${place}.${refusal.field}` }] : [];
  });

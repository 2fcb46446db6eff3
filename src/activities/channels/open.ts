import type { Client } from '@temporalio/client';
import { createBrokerPool } from '../../brokers/pool.js';
import type { Config } from '../../config.js';
import type { Database } from '../../db/database.js';
import type { Catalogue } from '../../hosted/catalogue.js';
import type { Mailboxes } from '../../mailboxes/mailboxes.js';
import type { Mailer } from '../../mailer.js';
import { createOutbound } from '../../outbound/outbound.js';
import type { Redis } from '../../redis.js';
import type { Tasks } from '../../tasks/tasks.js';
import { createSigningSecrets } from '../signing-secrets.js';
import { createBrokerChannel } from './broker.js';
import type { Channels } from './channel.js';
import { createEmailChannel } from './email.js';
import { createLogChannel } from './log.js';
import { createMessageChannel } from './message.js';
import { notConfigured } from './not-configured.js';
import { createRedisStreamChannel } from './redis-stream.js';
import { createSignalChannel } from './signal.js';
import { createTaskChannel } from './task.js';
import { createTeamsChannel } from './teams.js';
import { createTelegramChannel } from './telegram.js';
import { createTimerChannel, type TimerChannelOptions } from './timer.js';
import { createWebhookChannel } from './webhook.js';

export interface OpenChannelsOptions extends TimerChannelOptions {
  client: Client;
  config: Config;
  database: Database;
  mailboxes: Mailboxes;
  tasks: Tasks;
  catalogue: Catalogue;
  /** Undefined where no such server is configured. */
  redis?: Redis | undefined;
  mailer?: Mailer | undefined;
}

/** Every way to reach a receiver, with what this process was told of; `close` ends their connections. */
export function openChannels(options: OpenChannelsOptions): {
  channels: Channels;
  close: () => Promise<void>;
} {
  const { config, log, database, vault, client, guard, redis, mailer } = options;
  const { version, TELEGRAM_BASE_URL: baseUrl } = config;
  const limits = { timeoutMs: config.WEBHOOK_TIMEOUT_MS, connectionsPerHost: config.WEBHOOK_CONNECTIONS };
  const outbound = createOutbound({ ...guard, ...limits });
  // Wherever the operator has it; nobody else is let in there.
  const allow = [...guard.allow, new URL(baseUrl).hostname];
  const toTelegram = createOutbound({ ...guard, allow, ...limits });
  const brokers = createBrokerPool(options);
  const secretsOf = createSigningSecrets({ db: database.db, vault });
  const channels: Channels = {
    webhook: createWebhookChannel({ outbound, vault, log, version, secretsOf }),
    log: createLogChannel(log),
    signal: createSignalChannel(client),
    timer: createTimerChannel(options),
    telegram: createTelegramChannel({ outbound: toTelegram, vault, log, baseUrl }),
    teams: createTeamsChannel({ outbound, vault, log }),
    email: mailer ? createEmailChannel({ mailer, log }) : notConfigured,
    broker: createBrokerChannel(brokers, log),
    message: createMessageChannel(options),
    task: createTaskChannel({ ...options, db: database.db }),
    redis_stream: redis ? createRedisStreamChannel(redis, config) : notConfigured,
  };
  return {
    channels,
    async close() {
      await outbound.close();
      await toTelegram.close();
      await brokers.close();
    },
  };
}

import type { Log } from '../../../src/log.js';
import type { Answer, Sent } from '../api.js';
import { startMainspring, type TestMainspring } from '../mainspring.js';
import { type Canaries, createCanaries } from './canaries.js';
import { openWebhooks, type SecretWebhooks } from './webhooks.js';

/** All of Mainspring in this process, with everything secret about it known. */
export interface SecretRun {
  canaries: Canaries;
  webhooks: SecretWebhooks;
  mainspring: TestMainspring;
  /** Sends a request and keeps its answer, which must not repeat what was sent. */
  ask(path: string, sent: Sent): Promise<Answer>;
  /** What was answered to those who sent secrets. */
  answered: string[];
  close(): Promise<void>;
}

/** An answer with all that can carry a secret. */
export const shown = ({ status, headers, text }: Answer) =>
  `${status} ${JSON.stringify([...headers])} ${text}`;

export interface SecretRunOptions {
  log: Log;
  metricsPort: number;
  /** Whether what Temporal stores is encrypted. */
  hasPayloadKeys: boolean;
}

export async function startSecretRun({
  log,
  metricsPort,
  hasPayloadKeys,
}: SecretRunOptions): Promise<SecretRun> {
  const canaries = createCanaries();
  const webhooks = await openWebhooks(canaries);
  // 32 bytes, as a key has.
  const ring = (name: string) =>
    `${name}:${Buffer.from(canaries.plant(`the key ${name}`).padEnd(32, '=')).toString('base64')}`;
  const env = {
    SECRET_KEYS: ring('sealing'),
    METRICS_PORT: String(metricsPort),
    TELEGRAM_BASE_URL: webhooks.telegramUrl,
    ...(hasPayloadKeys ? { PAYLOAD_KEYS: ring('payloads') } : {}),
  };
  const mainspring = await startMainspring({ log, env });
  const answered: string[] = [];
  return {
    ...{ canaries, webhooks, mainspring, answered },
    async ask(path, sent) {
      const answer = await mainspring.send(path, sent);
      answered.push(shown(answer));
      return answer;
    },
    async close() {
      await mainspring.close();
      await webhooks.close();
    },
  };
}

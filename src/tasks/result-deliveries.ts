import type { Config } from '../config.js';
import type { NewDelivery } from '../db/deliveries.js';
import type { TaskRow } from '../db/tasks.js';
import { isForPeople, targetOf } from '../domain/channel-rules.js';
import type { ChannelTarget, Open } from '../domain/channel-target.js';
import { type EndedTask, resultBody, resultMessage } from '../domain/task-result.js';
import type { TaskDelivery } from '../schemas/task-delivery.js';
import type { Vault } from '../secrets/vault.js';
import { durationOf } from './duration.js';

export interface ResultOptions {
  vault: Pick<Vault, 'open'>;
  config: Pick<Config, 'REDIS_URL' | 'REDIS_ORG' | 'RESULT_STREAM'>;
}

type Told = Pick<TaskRow, 'org_id' | 'parent_id' | 'delivery'>;

/** Where the result of a task goes: as its caller said; of the organisation of the streams to theirs besides. */
function deliveriesOf(
  { org_id: orgId, parent_id: parentId, delivery }: Told,
  config: ResultOptions['config'],
) {
  const { REDIS_URL: url, REDIS_ORG: streamsOrg, RESULT_STREAM: results } = config;
  const named = delivery.map((one) =>
    one.channel === 'redis_stream' ? { ...one, response_stream: one.response_stream ?? results } : one,
  );
  const isOwed = url !== undefined && orgId === streamsOrg && parentId === null;
  const goesThere = named.some((one) => one.channel === 'redis_stream' && one.response_stream === results);
  const always: TaskDelivery = { channel: 'redis_stream', response_stream: results };
  return isOwed && !goesThere ? [...named, always] : named;
}

const targetOfDelivery = (delivery: TaskDelivery, open: Open): ChannelTarget =>
  delivery.channel === 'webhook'
    ? targetOf('webhook', { method: 'POST', url: delivery.webhook_url }, open)
    : targetOf(delivery.channel, delivery, open);

/**
 * Redis is the operator's own: what waits for it goes out soon after it is back, however long it was away. While it is
 * away its circuit lets only probes through, one every 5 minutes: so many attempts take a month even if one result is
 * all that waits.
 */
const TO_REDIS = { maxAttempts: 10_000, maxBackoffMs: 60_000 };

const endedTask = (row: TaskRow): EndedTask => ({
  id: row.id,
  agentName: row.agent_name,
  status: row.status,
  output: row.output,
  error: row.status === 'completed' ? null : (row.error_message ?? row.error_category),
  durationMs: durationOf(row) ?? 0,
  metadata: row.metadata,
});

/** Whom the end of a task is told: their endpoint workflows must be ensured before the deliveries are written. */
export function receiversOf(task: Told, { vault, config }: ResultOptions): string[] {
  const receivers = deliveriesOf(task, config).map((one) => targetOfDelivery(one, vault.open).receiver);
  return [...new Set(receivers)];
}

/** What programs are told of an ended task. */
export const resultOf = (row: TaskRow): string => resultBody(endedTask(row));

/** The deliveries of an ended task, `<task id>.result.<index>`: frozen now, due at once. */
export function resultDeliveries(row: TaskRow, at: Date, { vault, config }: ResultOptions): NewDelivery[] {
  const task = endedTask(row);
  return deliveriesOf(row, config).map((delivery, index) => ({
    orgId: row.org_id,
    id: `${row.id}.result.${index}`,
    taskId: row.id,
    channel: delivery.channel,
    ...targetOfDelivery(delivery, vault.open),
    body: isForPeople(delivery.channel) ? resultMessage(task) : resultBody(task),
    policy: delivery.channel === 'redis_stream' ? TO_REDIS : {},
    status: 'pending',
    nextAttemptAt: at,
    ...{ timerId: null, subscriptionId: null, tenantId: null, escalation: null },
    ...{ occurrence: null, dueAt: null, firedAt: null, windowAt: null, epoch: null },
  }));
}

/**
 * Exponential backoff: a failed operation is tried again after a delay that doubles each time.
 *
 * The delay is a timer, not a sleep: were this process restarted meanwhile, the webhook would still come and say which
 * attempt is next.
 *
 *     node 02-exponential-backoff.mjs        (BASE_DELAY_SECONDS, 5 by default, is the first delay)
 */
import { MainspringClient } from 'mainspring';
import { openReceiver, readWebhookSecret } from './receiver.mjs';

const AGENT_ID = process.env.AGENT_ID ?? 'example-agent';
const ATTEMPTS = Number(process.env.DEFAULT_RETRY_ATTEMPTS ?? 3);
const BASE_DELAY_SECONDS = Number(process.env.BASE_DELAY_SECONDS ?? 5);

const { timers } = new MainspringClient({ apiKey: process.env.MINOOTS_API_KEY ?? 'mnt_demo_key_pro' });
const receiver = await openReceiver(await readWebhookSecret());

/** Sets the timer for the next attempt and waits for its webhook. */
async function waitForRetry(taskId, attempt, delaySeconds) {
  const timer = await timers.create({
    tenantId: AGENT_ID,
    requestedBy: 'retry-coordinator',
    name: `retry-${taskId}-attempt-${attempt}`,
    duration: `${delaySeconds}s`,
    metadata: { task_id: taskId, retry_attempt: attempt, retry_type: 'exponential_backoff' },
    actionBundle: {
      actions: [
        {
          type: 'webhook',
          url: `${receiver.url}/retry?task=${taskId}&attempt=${attempt}`,
          data: { event: 'retry_ready', task_id: taskId, retry_attempt: attempt },
        },
      ],
    },
  });
  const isOurs = ({ body }) => body.event === 'retry_ready' && body.timer_id === timer.id;
  const webhook = await receiver.next(isOurs, delaySeconds * 1_000 + 60_000);
  if (!webhook) throw new Error(`the timer for attempt ${attempt} did not fire`);
}

async function retryWithBackoff(taskId, operation) {
  for (let attempt = 1; ; attempt++) {
    try {
      return await operation(attempt);
    } catch (error) {
      if (attempt === ATTEMPTS) throw error;
      const delaySeconds = BASE_DELAY_SECONDS * 2 ** (attempt - 1);
      console.log(
        `attempt ${attempt} failed (${error.message}); attempt ${attempt + 1} in ${delaySeconds} s`,
      );
      await waitForRetry(taskId, attempt + 1, delaySeconds);
    }
  }
}

/** Stands for a service that is down and comes back just in time. */
async function flakyOperation(attempt) {
  if (attempt < ATTEMPTS) throw new Error('the service is down');
  return 'an answer';
}

try {
  const answer = await retryWithBackoff('data-processing-task', flakyOperation);
  console.log(`attempt ${ATTEMPTS} succeeded with ${answer}`);
} finally {
  receiver.close();
}

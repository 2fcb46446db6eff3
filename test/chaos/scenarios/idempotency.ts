import { setTimeout as sleep } from 'node:timers/promises';
import { timerRequest } from '../caller.js';
import type { Cluster } from '../cluster/cluster.js';
import type { Intent } from '../ledger.js';
import { type Bench, openBench, type Stage } from '../stage.js';
import { listTimers } from '../views.js';

const KEYS = { short: 200, full: 1_000 };
const SENDERS = 8;
/** Keys at once: with their senders, 64 requests. */
const WIDTH = 8;
const PATIENCE_MS = 60_000;
const DOWN_MS = 1_500;

/** Several senders try each key at once, while an API is killed: every key makes one timer. */
export async function idempotency({ form, verdict, tell }: Stage, cluster: Cluster): Promise<void> {
  const bench = await openBench('idempotency', cluster);
  const dueAt = Date.now() + 3 * 3_600_000;
  const intents = Array.from({ length: KEYS[form] }, () => bench.ledger.want(dueAt));
  const [victim] = cluster.apis;
  if (!victim) throw new Error('there is no API to kill');
  try {
    let next = 0;
    let fault: Promise<void> | undefined;
    const killAt = Math.floor(intents.length / 3);
    const split: string[] = [];
    const lane = async () => {
      for (let intent = intents[next++]; intent; intent = intents[next++]) {
        if (intent.order === killAt) fault = kill();
        const ids = await Promise.all(Array.from({ length: SENDERS }, () => send(bench, intent)));
        if (new Set(ids).size !== 1 || ids[0] === null)
          split.push(`#${intent.order}: ${[...new Set(ids)].join(', ')}`);
      }
    };
    const kill = async () => {
      tell(`kill -9 ${victim.name}`);
      await victim.kill();
      await sleep(DOWN_MS);
      await victim.start();
    };
    await Promise.all(Array.from({ length: WIDTH }, lane));
    await fault;

    const listed = await listTimers(bench.caller, bench.run);
    const { statuses } = bench.caller;
    verdict.say(`${intents.length} keys × ${SENDERS} senders: ${listed.length} timers`);
    verdict.say(`409 in flight ${statuses.get(409) ?? 0}×, no answer ${statuses.get(0) ?? 0}×`);
    verdict.check('every key makes exactly one timer', listed.length === intents.length, listed.length);
    verdict.check('all senders of a key hear of the same timer', split.length === 0, split);
    verdict.check('the kill struck requests', (statuses.get(0) ?? 0) > 0);
    verdict.check('never 500', !statuses.has(500), statuses.get(500));
    await checkOtherBody();
  } finally {
    await bench.close();
  }

  async function checkOtherBody(): Promise<void> {
    const [intent] = intents;
    if (!intent) return;
    const { status, body } = await bench.caller.call('/timers', {
      ...callOf(bench, intent),
      body: { ...bodyOf(bench, intent), name: 'another' },
    });
    verdict.check(
      'another body under a used key is refused',
      status === 422 && body.code === 'idempotency_key_reused',
      body,
    );
  }
}

const bodyOf = ({ run, receiver }: Bench, intent: Intent) =>
  timerRequest(run, intent, receiver.hookOf(intent.order));

const callOf = (bench: Bench, intent: Intent) => ({
  body: bodyOf(bench, intent),
  headers: { 'idempotency-key': `${bench.run}-${intent.order}` },
});

/** The id that this sender is told; null when it is told of none. */
async function send(bench: Bench, intent: Intent): Promise<string | null> {
  const answer = await bench.caller.insist('/timers', callOf(bench, intent), Date.now() + PATIENCE_MS);
  return answer?.status === 201 ? answer.body.timer.id : null;
}

import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster, Victim } from '../cluster/cluster.js';
import { killInTurn } from '../kill-in-turn.js';
import { openModel } from '../model.js';
import { openBench, type Stage, seconds, until } from '../stage.js';
import { judgeEngine } from '../verdict.js';
import { lookAtEngine } from '../views.js';

const SIZES = { short: { messages: 120, rounds: 1 }, full: { messages: 1_000, rounds: 4 } };
const DOWN_MS = 1_000;
const PAUSE_MS = 3_000;
/** Of a consumer that was killed with a message: it comes again after this time. */
const LEASE = '5s';
const DONE_LIMIT_MS = 120_000;
const PATIENCE_MS = 45_000;

/** A message as its two subscribers have dealt with it. */
interface Told {
  id: string;
  receipts: { agentId: string; status: string; reply: { content?: string; n?: number } | null }[];
}

/** Messages on a topic for an agent that is handled here and one that leases, while everything is killed in turn. */
export async function messages({ form, verdict, tell }: Stage, cluster: Cluster): Promise<void> {
  const bench = await openBench('messages', cluster);
  const model = await openModel({ thinksMs: 50, callsTool: false });
  const { caller, run } = bench;
  const { messages: count, rounds } = SIZES[form];
  const sent: string[] = [];
  /** In the order in which the consumer was given them for the first time. */
  const consumed: number[] = [];
  let isOver = false;

  async function insist(path: string, body?: object, headers: Record<string, string> = {}) {
    const call = body === undefined ? { headers } : { body, headers };
    const answer = await caller.insist(path, call, Date.now() + PATIENCE_MS);
    if (!answer || answer.status > 299) throw new Error(`${path}: ${JSON.stringify(answer?.body)}`);
    return answer.body;
  }

  async function anAgent(name: string, more: object): Promise<string> {
    const admin = { authorization: `Bearer ${cluster.adminToken}` };
    const { agent } = await insist('/agents', { name, topics: [`${run}.*`], ...more }, admin);
    await caller.insist(`/agents/${agent.id}/start`, { body: {} }, Date.now() + PATIENCE_MS);
    return agent.id;
  }

  /** Under its own id: a repeat whose first answer was lost is the same message. */
  async function publish(n: number): Promise<void> {
    const id = `${run}-${n}`;
    await insist(`/topics/${run}.questions/messages`, {
      ...{ id, from: 'chaos', type: 'question', payload: { content: `task ${n}` } },
    });
    sent.push(id);
  }

  /** Whatever fails, the message comes again. */
  async function consume(agentId: string): Promise<void> {
    while (!isOver) {
      const inbox = await caller.call(`/agents/${agentId}/inbox?wait=2s&lease=${LEASE}`).catch(() => null);
      if (inbox?.status !== 200) await sleep(200);
      for (const { id, leaseId } of inbox?.status === 200 ? inbox.body.messages : []) {
        // The other one's replies come by the topic as well.
        const n = id.startsWith(`${run}-`) ? Number(id.slice(run.length + 1)) : null;
        if (n !== null && !consumed.includes(n)) consumed.push(n);
        await caller
          .call(`/messages/${id}/ack`, { body: { leaseId, ...(n === null ? {} : { reply: { n } }) } })
          .catch(() => null);
      }
    }
  }

  const read = async (id: string): Promise<Told> => (await insist(`/messages/${id}`)).message;
  async function unprocessed(): Promise<number> {
    let left = 0;
    for (const id of sent) if ((await read(id)).receipts.some(({ status }) => status !== 'processed')) left++;
    return left;
  }

  try {
    const environment = { LLM_ENDPOINT: model.url, LLM_MODEL: 'chaos' };
    const handled = await anAgent(`${run}-chat`, { handler: 'chat', environment, maxDeliveries: 20 });
    const leasing = await anAgent(`${run}-lease`, { maxDeliveries: 20 });
    const consuming = consume(leasing);
    const publishing = (async () => {
      for (let n = 0; n < count; n++) {
        await publish(n);
        await sleep((victims(cluster).length * rounds * (DOWN_MS + PAUSE_MS)) / count);
      }
    })();
    const outages = { pauseMs: PAUSE_MS, downMs: DOWN_MS };
    for (let round = 0; round < rounds; round++)
      await killInTurn({ verdict, tell }, cluster, victims(cluster), outages);
    await publishing;
    const doneMs = await until(async () => (await unprocessed()) === 0, DONE_LIMIT_MS);
    isOver = true;
    await consuming;
    verdict.say(
      `${sent.length} messages for two agents, all processed ${seconds(doneMs)} after the last fault`,
    );
    await judge(handled, leasing);
    judgeEngine(verdict, await lookAtEngine(cluster.temporalAddress));
  } finally {
    isOver = true;
    model.close();
    await bench.close();
  }

  async function judge(handled: string, leasing: string): Promise<void> {
    const wrong: string[] = [];
    for (const [n, id] of sent.entries()) {
      const { receipts } = await read(id);
      const of = (agentId: string) => receipts.find((receipt) => receipt.agentId === agentId);
      const answers = [of(handled)?.reply?.content === `answer ${n}`, of(leasing)?.reply?.n === n];
      const { events } = await insist(`/events?subject=${id}&type=message.processed`);
      if (receipts.length !== 2 || answers.includes(false) || events.length !== 2)
        wrong.push(`${id}: ${JSON.stringify(receipts)}, processed ${events.length} times`);
    }
    verdict.check(
      'every message is processed once by each of both, and answered',
      wrong.length === 0,
      wrong.slice(0, 3),
    );
    const early = consumed.filter((n, index) => index > 0 && n < (consumed[index - 1] ?? 0));
    verdict.check('in the order in which they were sent', early.length === 0, early.slice(0, 5));
    const asked = [...model.answered.values()].reduce((sum, times) => sum + times, 0);
    verdict.say(`the model answered ${asked} times`);
  }
}

const victims = ({ apis, workers, temporal, database }: Cluster): Victim[] => [
  ...workers.slice(0, 1),
  ...apis.slice(0, 1),
  temporal,
  database,
];

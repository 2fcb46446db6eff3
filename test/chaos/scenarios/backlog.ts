import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster } from '../cluster/cluster.js';
import { openModel } from '../model.js';
import { openResultReceiver, type Result } from '../result-receiver.js';
import { openBench, type Stage, seconds, until } from '../stage.js';
import { judgeEngine } from '../verdict.js';
import { lookAtEngine } from '../views.js';
import { terminate } from './shutdown.js';

const TASKS = { short: 220, full: 2_000 };
/** So long that ten and more are under way at any moment. */
const THINKS_MS = 1_000;
/** So many are under way when everything is killed. */
const RUNNING = 10;
const DOWN_MS = 1_000;
const HEALTHY_LIMIT_MS = 30_000;
const DONE_LIMIT_MS = 180_000;
const PATIENCE_MS = 45_000;
const ABREAST = 10;

/** A queue of tasks: all processes and both servers killed at once, and the processes stopped once more as they should be. */
export async function backlog({ form, verdict, tell }: Stage, cluster: Cluster): Promise<void> {
  const bench = await openBench('backlog', cluster);
  const model = await openModel({ thinksMs: THINKS_MS, callsTool: false });
  const { caller, run } = bench;
  const { body: signing } = await caller.call('/webhook-secret');
  const receiver = await openResultReceiver(signing.secret);
  const ids = Array.from({ length: TASKS[form] }, (_, order) => `${run}-${order}`);

  async function insist(path: string, body?: object, headers: Record<string, string> = {}) {
    const call = body === undefined ? { headers } : { body, headers };
    const answer = await caller.insist(path, call, Date.now() + PATIENCE_MS);
    if (!answer || answer.status > 299) throw new Error(`${path}: ${JSON.stringify(answer?.body)}`);
    return answer.body;
  }
  const submit = (id: string, order: number) =>
    insist('/tasks', {
      ...{ task_id: id, agent_name: run, prompt: `task ${order}`, timeout_seconds: 120 },
      delivery: { channel: 'webhook', webhook_url: receiver.url },
    });
  const countOf = async (status: string): Promise<number> => {
    const { tasks } = await insist(`/tasks?agent_name=${run}&status=${status}&limit=100`);
    return tasks.length;
  };

  async function areRunning(): Promise<void> {
    const runningMs = await until(async () => (await countOf('running')) >= RUNNING, HEALTHY_LIMIT_MS);
    verdict.check('ten and more run, and others wait', runningMs !== null && (await countOf('queued')) > 0);
  }

  try {
    const admin = { authorization: `Bearer ${cluster.adminToken}` };
    await insist(
      '/agents',
      { name: run, environment: { LLM_ENDPOINT: model.url, LLM_MODEL: 'chaos' } },
      admin,
    );
    for (let first = 0; first < ids.length; first += ABREAST)
      await Promise.all(ids.slice(first, first + ABREAST).map((id, index) => submit(id, first + index)));
    const { apis, workers, temporal, database } = cluster;
    const all = [...apis, ...workers, temporal, database];
    await areRunning();
    tell(`kill -9 of everything, ${receiver.results.size} of ${ids.length} results told`);
    await Promise.all(all.map((victim) => victim.kill()));
    await sleep(DOWN_MS);
    await Promise.all(all.map((victim) => victim.start()));
    verdict.check('healthy within 30 s', (await until(cluster.areHealthy, HEALTHY_LIMIT_MS)) !== null);
    await areRunning();
    tell(`SIGTERM to APIs and workers, ${receiver.results.size} of ${ids.length} results told`);
    await terminate(verdict, [...apis, ...workers]);
    await Promise.all([...apis, ...workers].map((program) => program.start()));
    const doneMs = await until(() => receiver.results.size === ids.length, DONE_LIMIT_MS);
    verdict.say(`${receiver.results.size} of ${ids.length} results told ${seconds(doneMs)} after the start`);
    await judge();
    judgeEngine(verdict, await lookAtEngine(cluster.temporalAddress));
  } finally {
    model.close();
    receiver.close();
    await bench.close();
  }

  async function judge(): Promise<void> {
    const wrong: string[] = [];
    for (const [order, id] of ids.entries()) {
      const { task } = await insist(`/tasks/${id}`);
      const { events } = await insist(`/events?subject=${id}&type=task.completed`);
      const told = receiver.results.get(id) ?? [];
      const fault = faultOf(task, events.length, told, `answer ${order}`);
      if (fault) wrong.push(`${id}: ${fault}`);
    }
    verdict.check(
      'every task ends once, with its answer, told under one id',
      wrong.length === 0,
      wrong.slice(0, 5),
    );
    const repeats = [...receiver.results.values()].reduce((sum, told) => sum + told.length - 1, 0);
    verdict.say(`${repeats} results told twice`);
    const asked = [...model.answered.values()].reduce((sum, times) => sum + times, 0);
    verdict.say(`the model answered ${asked} times`);
    // Only what was under way is asked again.
    verdict.check('what had ended does not run again', asked <= ids.length + 4 * RUNNING, asked);
  }
}

interface Ended {
  status: string;
  result: { output: unknown } | null;
}

function faultOf(task: Ended, completions: number, told: readonly Result[], answer: string): string | null {
  if (task.status !== 'completed') return task.status;
  if (task.result?.output !== answer) return `answered ${JSON.stringify(task.result?.output)}`;
  if (completions !== 1) return `completed ${completions} times`;
  if (told.length === 0) return 'not told';
  if (told.some(({ isSigned, body }) => !isSigned || body.output !== answer)) return 'told wrongly';
  return new Set(told.map(({ webhookId }) => webhookId)).size === 1 ? null : 'told under several ids';
}

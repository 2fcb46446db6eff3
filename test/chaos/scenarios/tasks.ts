import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster, Victim } from '../cluster/cluster.js';
import { killInTurn } from '../kill-in-turn.js';
import { openModel } from '../model.js';
import { openBench, type Stage, seconds, until } from '../stage.js';
import { judgeEngine } from '../verdict.js';
import { lookAtEngine } from '../views.js';

const SIZES = { short: { tasks: 120, rounds: 1 }, full: { tasks: 1_000, rounds: 5 } };
/** A model that thinks for so long has calls under way whenever something is killed. */
const THINKS_MS = 400;
const DOWN_MS = 1_000;
const PAUSE_MS = 3_000;
/** Longer than the time limit of a task and its grace: by then the sweep has asked for what was lost. */
const DONE_LIMIT_MS = 120_000;
const PATIENCE_MS = 45_000;
const ENDED = new Set(['completed', 'failed', 'cancelled', 'timed_out']);

/** Tasks of a model and a tool while everything is killed in turn. */
export async function tasks({ form, verdict, tell }: Stage, cluster: Cluster): Promise<void> {
  const bench = await openBench('tasks', cluster);
  const model = await openModel({ thinksMs: THINKS_MS, callsTool: true });
  const { caller, run } = bench;
  const ids: string[] = [];
  const { tasks: count, rounds } = SIZES[form];

  async function insist(path: string, body?: object, headers: Record<string, string> = {}) {
    const call = body === undefined ? { headers } : { body, headers };
    const answer = await caller.insist(path, call, Date.now() + PATIENCE_MS);
    if (!answer || answer.status > 299) throw new Error(`${path}: ${JSON.stringify(answer?.body)}`);
    return answer.body;
  }

  /** Under its own id: a repeat whose first answer was lost is the same task. */
  async function submit(order: number): Promise<void> {
    const id = `${run}-${order}`;
    await insist('/tasks', { task_id: id, agent_name: run, prompt: `task ${order}`, timeout_seconds: 60 });
    ids.push(id);
  }

  const read = async (id: string) => (await insist(`/tasks/${id}`)).task;
  const unended = async (): Promise<string[]> => {
    const left: string[] = [];
    for (const id of ids) if (!ENDED.has((await read(id)).status)) left.push(id);
    return left;
  };

  try {
    const admin = { authorization: `Bearer ${cluster.adminToken}` };
    const environment = { LLM_ENDPOINT: model.url, LLM_MODEL: 'chaos' };
    await insist('/agents', { name: run, tools: ['send_notification'], environment }, admin);
    const submitting = (async () => {
      for (let order = 0; order < count; order++) {
        await submit(order);
        await sleep((victims(cluster).length * rounds * (DOWN_MS + PAUSE_MS)) / count);
      }
    })();
    const outages = { pauseMs: PAUSE_MS, downMs: DOWN_MS };
    for (let round = 0; round < rounds; round++)
      await killInTurn({ verdict, tell }, cluster, victims(cluster), outages);
    await submitting;
    const doneMs = await until(async () => (await unended()).length === 0, DONE_LIMIT_MS);
    verdict.say(`${ids.length} tasks, all ended ${seconds(doneMs)} after the last fault`);
    await judge();
    judgeEngine(verdict, await lookAtEngine(cluster.temporalAddress));
  } finally {
    model.close();
    await bench.close();
  }

  async function judge(): Promise<void> {
    const ended = [];
    for (const id of ids) ended.push(await read(id));
    const byStatus = ended.map(({ status, result }) =>
      status === 'completed' ? 'completed' : `${status} ${result?.error?.message}`,
    );
    const others = byStatus.filter((status) => status !== 'completed');
    verdict.check('every task that was acknowledged is completed', others.length === 0, others.slice(0, 5));
    const wrong = ended.filter(
      ({ task_id: id, result }) => result?.output !== `answer ${id.split('-').at(-1)}`,
    );
    verdict.check(
      'with its own answer',
      wrong.length === 0,
      wrong.slice(0, 3).map(({ task_id: id }) => id),
    );
    const calls = ended.map(({ tool_calls: made }) => made.length);
    verdict.check(
      'and one call of its tool',
      calls.every((made) => made === 1),
    );
    const asked = [...model.answered.values()].reduce((sum, times) => sum + times, 0);
    const paid = ended.reduce((sum, { token_usage: used }) => sum + used.total, 0) / 15;
    verdict.say(`the model answered ${asked} times, ${paid} answers were recorded`);
    verdict.check('each step of a task is recorded once', paid === ids.length * 2, paid);
    // An answer is lost only with the worker or the database that had not recorded it yet.
    const repeated = asked - paid;
    const most = rounds * victims(cluster).length * 20;
    verdict.check('hardly an answer is lost before it is recorded', repeated <= most, repeated);
  }
}

const victims = ({ apis, workers, temporal, database }: Cluster): Victim[] => [
  ...workers.slice(0, 1),
  ...apis.slice(0, 1),
  temporal,
  database,
  ...workers.slice(1, 2),
];

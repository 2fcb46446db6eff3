import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer, Caller } from '../caller.js';
import type { Cluster, Victim } from '../cluster/cluster.js';
import { openBench, type Stage, seconds, until } from '../stage.js';
import { judgeEngine, type Verdict } from '../verdict.js';
import { lookAtEngine } from '../views.js';

const AGENTS = { short: 40, full: 200 };
const INTERVAL_MS = 1_000;
const MISSED_AFTER = 4;
const DEADLINE_MS = INTERVAL_MS * MISSED_AFTER;
/** Longer than the deadline: whoever counted the time of the outage would raise an alarm. */
const DOWN_MS = { short: 5_000, full: 12_000 };
const NOTICED_WITHIN_MS = 3_000;
const HEALTHY_LIMIT_MS = 30_000;
const PATIENCE_MS = 30_000;

/** An agent that runs elsewhere, as far as the API sees it. */
interface Client {
  id: string;
  token: string;
  isBeating: boolean;
}

interface Told {
  type: string;
  subject: string;
  at: string;
  data: { lastHeartbeatAt?: string; by?: string };
}

/** While agents heartbeat, everything is killed for longer than their deadline; then some really fall silent. */
export async function agents({ form, verdict, tell }: Stage, cluster: Cluster): Promise<void> {
  const bench = await openBench('agents', cluster);
  const { caller, run } = bench;
  const admin = { authorization: `Bearer ${cluster.adminToken}` };
  const clients: Client[] = [];
  let isOver = false;
  try {
    // At once: on a busy machine the first one's deadline is over before the last one is connected.
    const beating: Promise<void>[] = [];
    for (let index = 0; index < AGENTS[form]; index++) {
      const client = await connectOne(caller, admin, `${run}-${index}`);
      clients.push(client);
      beating.push(beat(client));
    }
    const since = await latestEvent();
    for (const [what, victims] of outages(cluster)) {
      tell(`kill -9 of ${what} for ${DOWN_MS[form] / 1_000} s`);
      await Promise.all(victims.map((victim) => victim.kill()));
      await sleep(DOWN_MS[form]);
      await Promise.all(victims.map((victim) => victim.start()));
      const healthyMs = await until(cluster.areHealthy, HEALTHY_LIMIT_MS);
      verdict.check(`${what}: healthy within 30 s afterwards`, healthyMs !== null);
      await sleep(DEADLINE_MS + 2_000);
    }
    const told = await eventsSince(since);
    judgeOutages(verdict, clients, told, await connections());
    await fallSilent(clients.slice(0, clients.length / 2));
    isOver = true;
    await Promise.all(beating);
    judgeEngine(verdict, await lookAtEngine(cluster.temporalAddress));
  } finally {
    isOver = true;
    await bench.close();
  }

  async function beat(client: Client): Promise<void> {
    while (!isOver) {
      const next = sleep(INTERVAL_MS);
      if (client.isBeating) await heartbeat(caller, client).catch(() => undefined);
      await next;
    }
  }

  async function read(path: string): Promise<Answer['body']> {
    const answer = await caller.insist(path, {}, Date.now() + PATIENCE_MS);
    if (answer?.status !== 200) throw new Error(`${path}: ${JSON.stringify(answer?.body)}`);
    return answer.body;
  }

  async function eventsSince(cursor: string | null): Promise<Told[]> {
    const told: Told[] = [];
    for (let next = cursor; ; ) {
      const after = next === null ? '' : `&cursor=${next}`;
      const page = await read(`/events?type=agent.*&limit=500${after}`);
      told.push(...page.events);
      if (page.nextCursor === null) return told;
      next = page.nextCursor;
    }
  }

  async function latestEvent(): Promise<string | null> {
    const all = await eventsSince(null);
    const last = all.at(-1) as { id?: string } | undefined;
    return last?.id ?? null;
  }

  async function connections(): Promise<Map<string, string>> {
    const found = new Map<string, string>();
    for (const { id } of clients) found.set(id, (await read(`/agents/${id}`)).agent.connection);
    return found;
  }

  async function fallSilent(silent: Client[]): Promise<void> {
    const before = await latestEvent();
    for (const client of silent) client.isBeating = false;
    const failed = async () => (await eventsSince(before)).filter(isAlarm);
    await until(async () => (await failed()).length >= silent.length, DEADLINE_MS + 10_000);
    await sleep(DEADLINE_MS);
    const alarms = await failed();
    const late = alarms.map(
      ({ at, data }) => Date.parse(at) - Date.parse(data.lastHeartbeatAt ?? '') - DEADLINE_MS,
    );
    const slowest = Math.max(...late);
    verdict.say(`${alarms.length} silences noticed, the last ${seconds(slowest)} after its deadline`);
    const names = new Set(alarms.map(({ subject }) => subject));
    verdict.check(
      'each silence is noticed',
      silent.every(({ id }) => names.has(id)),
    );
    verdict.check('once', alarms.length === names.size, `${alarms.length} alarms of ${names.size} agents`);
    verdict.check('of nobody else', names.size === silent.length, names.size);
    verdict.check('within 3 s of the deadline', slowest <= NOTICED_WITHIN_MS, `${slowest} ms`);
    verdict.check('and not before it', Math.min(...late) >= 0, `${Math.min(...late)} ms`);
    await judgeOnMissed(silent);
    for (const client of silent) client.isBeating = true;
    const back = async () =>
      (await eventsSince(before)).filter(
        ({ type, data }) => type === 'agent.connected' && data.by === 'heartbeat',
      );
    await until(async () => (await back()).length >= silent.length, 10_000);
    verdict.check('a heartbeat brings each of them back, once', (await back()).length === silent.length);
  }

  async function judgeOnMissed(silent: Client[]): Promise<void> {
    const fired = async () => {
      const lists = await Promise.all(silent.map(({ id }) => read(`/timers?tenantId=${id}`)));
      return lists.flatMap(({ timers }) => timers).filter(({ status }) => status === 'fired').length;
    };
    await until(async () => (await fired()) >= silent.length, 10_000);
    verdict.check('the onMissed actions of each run once', (await fired()) === silent.length, await fired());
  }
}

const isAlarm = ({ type }: Told) => type === 'agent.health_check_failed';

const outages = ({ apis, workers, temporal, database }: Cluster): [what: string, victims: Victim[]][] => [
  ['one API', apis.slice(0, 1)],
  ['one worker', workers.slice(0, 1)],
  ['Temporal', [temporal]],
  ['the database', [database]],
  ['all APIs', apis],
  ['everything', [...apis, ...workers, temporal, database]],
];

function judgeOutages(
  verdict: Verdict,
  clients: readonly Client[],
  told: readonly Told[],
  connections: Map<string, string>,
): void {
  const alarms = told.filter(isAlarm);
  const lost = told.filter(({ type }) => type === 'agent.disconnected');
  verdict.say(`${clients.length} agents, ${alarms.length} false alarms in six outages`);
  verdict.check(
    'no outage raises a false alarm',
    alarms.length === 0,
    alarms.map(({ subject }) => subject),
  );
  verdict.check(
    'no session is lost',
    lost.length === 0,
    lost.map(({ subject }) => subject),
  );
  const offline = clients.filter(({ id }) => connections.get(id) !== 'online');
  verdict.check(
    'all are online afterwards',
    offline.length === 0,
    offline.map(({ id }) => id),
  );
}

async function connectOne(caller: Caller, admin: Record<string, string>, name: string): Promise<Client> {
  const insist = async (path: string, body: object, headers: Record<string, string> = {}) => {
    const answer = await caller.insist(path, { body, headers }, Date.now() + PATIENCE_MS);
    if (!answer || answer.status > 201) throw new Error(`${path}: ${JSON.stringify(answer?.body)}`);
    return answer.body;
  };
  const heartbeatOf = { interval: INTERVAL_MS, missedAfter: MISSED_AFTER, onMissed: [{ type: 'log' }] };
  const { agent } = await insist('/agents', { name, heartbeat: heartbeatOf }, admin);
  const { secret } = await insist(`/agents/${agent.id}/credentials/regenerate`, {}, admin);
  const { token } = await insist(`/agents/${agent.id}/connect`, { secret });
  return { id: agent.id, token, isBeating: true };
}

/** One that a process does not answer is sent to another one, as a load balancer would. */
const heartbeat = (caller: Caller, { id, token }: Client): Promise<Answer | null> =>
  caller.insist(
    `/agents/${id}/heartbeat`,
    { body: { status: 'online' }, headers: { authorization: `Bearer ${token}` }, timeoutMs: 3_000 },
    Date.now() + INTERVAL_MS,
  );

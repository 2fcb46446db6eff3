import type { Sent } from '../api.js';
import { type SecretRun, shown } from './run.js';
import { demoAdmin } from './steps.js';
import { databaseText, historiesText } from './traces.js';

const STREAMED_MS = 1_000;

/** What another key of the organisation is answered to everything it can ask for. */
async function readAll({ mainspring: { send, url } }: SecretRun, key: string): Promise<string[]> {
  const texts: string[] = [];
  const get = async (path: string, sent: Sent = { key }) => {
    const answer = await send(path, sent);
    texts.push(`${path} ${shown(answer)}`);
    return answer;
  };
  for (const name of ['timers', 'deliveries']) {
    const page = (await get(`/${name}?limit=500`)).json<Record<string, { id: string }[]>>();
    for (const { id } of page[name] ?? []) await get(`/${name}/${id}`);
  }
  for (const name of ['agents', 'tools', 'instructions']) {
    const page = (await get(`/${name}`)).json<Record<string, { id: string }[]>>();
    for (const { id } of page[name] ?? []) await get(`/${name}/${id}`);
    if (name !== 'agents') continue;
    for (const { id } of page.agents ?? [])
      for (const view of ['history', 'events', 'analytics', 'memories']) await get(`/agents/${id}/${view}`);
  }
  const { tasks } = (await get('/tasks?limit=500')).json<{ tasks: { task_id: string }[] }>();
  for (const { task_id: id } of tasks)
    for (const path of [
      `/tasks/${id}`,
      `/tasks/${id}/stream`,
      `/api/agents/${id}`,
      `/api/agents/${id}/history`,
    ])
      await get(path);
  for (const path of ['/api/agents', '/api/agents/metrics']) await get(path);
  for (const path of ['/events?limit=500', '/subscriptions', '/timers/metrics', '/agent/health', '/healthz'])
    await get(path);
  for (const path of ['/timers/x', '/timers?limit=x', '/subscriptions/x', '/nowhere', '/openapi.json'])
    await get(path);
  return [...texts, await streamed(url, key)];
}

/** The events from the first one on, as they are streamed. */
async function streamed(url: string, key: string): Promise<string> {
  const headers = { 'x-api-key': key, accept: 'text/event-stream', 'last-event-id': '0-0' };
  const { body } = await fetch(`${url}/events`, { headers, signal: AbortSignal.timeout(STREAMED_MS) });
  const decoder = new TextDecoder();
  let text = '';
  try {
    for await (const chunk of body ?? []) text += decoder.decode(chunk, { stream: true });
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
  }
  return text;
}

/** The tables that may hold something of a caller's. */
const TABLES = [
  'orgs api_keys timers windows deliveries endpoints events subscriptions idempotency_keys',
  'agents agent_sessions agent_usage tools instructions instruction_assignments heartbeat_path',
  'tasks task_messages task_stages model_calls tool_calls agent_metrics agent_memories schedules notifications',
]
  .join(' ')
  .split(' ');

/** Every place that a secret could come out of. */
export const VIEWS = [
  'the answers to who sent them',
  'the answers to another key',
  'the metrics',
  'the histories of all workflows',
  ...TABLES.map((table) => `the table ${table}`),
  'the log at level debug',
];

/** What stands in each of {@link VIEWS}, and in tables that are not known yet. */
export async function look(run: SecretRun, key: string, lines: string[]): Promise<Record<string, string>> {
  const { send, database, workflows } = run.mainspring;
  const apiKeys = await send('/api-keys', { token: await demoAdmin(run) });
  const tables = Object.entries(await databaseText(database.db));
  return {
    'the answers to who sent them': run.answered.join('\n'),
    'the answers to another key': [...(await readAll(run, key)), shown(apiKeys)].join('\n'),
    'the metrics': (await send('/metrics')).text,
    'the histories of all workflows': await historiesText(workflows),
    ...Object.fromEntries(tables.map(([table, text]) => [`the table ${table}`, text])),
    // Last, because looking is logged too.
    'the log at level debug': lines.join('\n'),
  };
}

import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { AIWMClient, type Listing, MainspringClient } from '../../src/client/index.js';
import { until } from '../support/until.js';
import { CALLS, LEFT_OUT } from './calls.js';

interface Operation {
  operationId: string;
  parameters?: { in: string; name: string }[];
  requestBody?: { required?: boolean };
}
type Documented = Operation & { method: string; path: string; pattern: RegExp };

const document: { paths: Record<string, Record<string, Operation>> } = JSON.parse(
  readFileSync('docs/openapi.json', 'utf8'),
);
/** Paths without a parameter first: `/schedules/preview` is not the schedule `preview`. */
const operations: Documented[] = Object.entries(document.paths)
  .flatMap(([path, item]) => {
    const pattern = new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`);
    return Object.entries(item).map(([method, operation]) => ({ ...operation, method, path, pattern }));
  })
  .sort((a, b) => a.path.split('{').length - b.path.split('{').length);

interface Sent {
  operation: string | undefined;
  query: string[];
  headers: string[];
  hasBody: boolean;
}

/** Answers whatever anything expects, in two pages where it is a list. */
function anything(url: URL): unknown {
  const one = { id: 'x', status: 'completed', receipts: [] };
  const ones =
    'timer delivery agent tool instruction message memory receipt broker subscription schedule task';
  const many = [...ones.split(' ').map((name) => `${name}s`), 'events', 'sessions', 'memories', 'deliveries'];
  const isLast = url.searchParams.has('cursor');
  return {
    ...Object.fromEntries(ones.split(' ').map((name) => [name, one])),
    ...Object.fromEntries(many.map((name) => [name, []])),
    ...{ status: 'completed', nextCursor: isLast ? null : 'next', apiKeys: [] },
    ...{ tool_call: one, success: true, instruction: 'Be kind.', configVersion: 1 },
    ...{ token: 'a.b.c', expiresAt: new Date(Date.now() + 100).toISOString() },
  };
}

/** Notes which operation each request is, and answers as if it had been done. */
function createRecorder() {
  const sent: Sent[] = [];
  const record: typeof fetch = async (input, init = {}) => {
    const url = new URL(String(input));
    const method = init.method?.toLowerCase() ?? 'get';
    const found = operations.find((one) => one.method === method && one.pattern.test(url.pathname));
    const headers = new Headers(init.headers);
    sent.push({
      operation: found?.operationId,
      query: [...url.searchParams.keys()],
      headers: ['Idempotency-Key', 'If-Match'].filter((name) => headers.has(name)),
      hasBody: init.body !== undefined,
    });
    if (headers.get('accept') === 'text/event-stream') return new Response(null, { status: 204 });
    const isDisconnect = url.pathname.endsWith('/disconnect');
    return isDisconnect ? new Response(null, { status: 204 }) : Response.json(anything(url));
  };
  return { sent, record };
}

const isListing = (value: unknown): value is Listing<unknown> =>
  typeof value === 'object' && value !== null && Symbol.asyncIterator in value;

/** What a call sends, all pages of it. */
async function sentBy(call: (typeof CALLS)[string]): Promise<Sent[]> {
  const { sent, record } = createRecorder();
  const client = new MainspringClient({ baseUrl: 'http://mainspring.test', apiKey: 'k', fetch: record });
  const answer = await call(client);
  if (isListing(answer)) for await (const _ of answer);
  return sent;
}

const namesOf = ({ parameters = [] }: Operation, place: string) =>
  parameters.filter((parameter) => parameter.in === place).map(({ name }) => name);

test('every operation of the document is a method of the client, or is left out for a reason', () => {
  const known = [...Object.keys(CALLS), ...Object.keys(LEFT_OUT), ...Object.keys(OF_AGENTS)];
  expect(known.sort()).toEqual(operations.map(({ operationId }) => operationId).sort());
});

const called = operations.filter(({ operationId }) => operationId in CALLS);
test.each(called)('$operationId: its method sends what the document describes', async (operation) => {
  const call = CALLS[operation.operationId];
  if (!call) throw new Error('there is no such call');
  const sent = await sentBy(call);
  expect(sent.length).toBeGreaterThan(0);
  for (const one of sent) {
    expect(one.operation).toBe(operation.operationId);
    expect(one.headers).toEqual(namesOf(operation, 'header'));
    expect(one.hasBody || !operation.requestBody?.required).toBe(true);
  }
  const given = new Set(sent.flatMap(({ query }) => query));
  expect([...given].sort()).toEqual(namesOf(operation, 'query').sort());
});

/** What an agent calls for itself, by its own client. */
const OF_AGENTS = {
  postAgentsByIdConnect: 'connect()',
  postAgentsByIdHeartbeat: 'startHeartbeat()',
  getAgentsByIdConfig: 'by itself, when a heartbeat says that there is a new one',
  postAgentsByIdTokenRefresh: 'by itself, before the token is over',
  postAgentsByIdDisconnect: 'disconnect()',
};

test("an agent's own client makes the calls of agents", async () => {
  const { sent, record } = createRecorder();
  let version = 1;
  const changing: typeof fetch = async (input, init) => {
    const answer = await record(input, init);
    if (!String(input).endsWith('/heartbeat')) return answer;
    return Response.json({ success: true, configVersion: ++version, lifecycle: 'running' });
  };
  const given = { baseUrl: 'http://mainspring.test', agentId: 'a', agentSecret: 's', fetch: changing };
  const aiwm = new AIWMClient({ enabled: true, ...given });
  await aiwm.connect();
  aiwm.startHeartbeat(50);
  const seen = () => new Set(sent.map(({ operation }) => operation));
  await until(() => seen().has('postAgentsByIdTokenRefresh') && seen().has('getAgentsByIdConfig'));
  await aiwm.disconnect();
  expect([...seen()].sort()).toEqual(Object.keys(OF_AGENTS).sort());
});

import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection as TemporalConnection } from '@temporalio/client';
import { memoryOf } from '../machine.mjs';
import { startModelServer } from '../model-server.mjs';

const ALONE = 100;
const SUSTAINED_MS = 20_000;
const CONCURRENT = 16;
const WRITES_PER_SECOND = 5;
const SETTLE_MS = 10_000;
const EXECUTE = { type: 'MARKET', action: 'find_listings', input: { category: 'electronics', limit: 5 } };
/** Two tools at once, then an answer: two steps of a model. */
const PROMPT = 'call get_listings {"limit": 1}\ncall analyze_market_price {"category": "electronics"}';

const quantile = (values, share) => {
  const sorted = values.toSorted((a, b) => a - b);
  const value = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return Math.round(value * 10) / 10;
};

/** What is asked of the product in this phase; throws for an answer that is none. */
function asking({ base, keys }) {
  return async (path, body, method = body === undefined ? 'GET' : 'POST') => {
    const answer = await fetch(new URL(path, base), {
      method,
      headers: { 'x-api-key': keys[0], 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  };
}

/** From the request to the answer that it has finished, in ms. */
async function execute(ask) {
  const startedAt = performance.now();
  const { executionId } = await ask('/api/agents/execute', EXECUTE);
  const execution = await ask(`/api/agents/${executionId}?wait=30s`);
  if (execution.status !== 'completed') throw new Error(JSON.stringify(execution));
  return { tookMs: performance.now() - startedAt, execution };
}

async function converse(ask, product) {
  const { executionId } = await ask('/api/agents/execute', {
    type: 'MARKET',
    action: 'prompt',
    input: { prompt: PROMPT },
  });
  const execution = await ask(`/api/agents/${executionId}?wait=30s`);
  if (execution.status !== 'completed') throw new Error(JSON.stringify(execution));
  const connection = await TemporalConnection.connect({ address: product.temporalAddress });
  try {
    const { workflow } = new Client({ connection, namespace: 'mainspring' });
    const { historyLength } = await workflow.getHandle(`task/demo/${executionId}`).describe();
    return {
      tookMs: Math.round(execution.durationMs),
      tools: execution.toolCalls.length,
      eventsPerRun: historyLength,
    };
  } finally {
    await connection.close();
  }
}

/** One row is written through the API every so often, for as long as the load lasts. */
async function writing(ask, isOver) {
  const { agents } = await ask('/api/agents');
  const took = [];
  while (!isOver()) {
    const startedAt = performance.now();
    await ask(`/agents/${agents[0].agentId}/memories/bench`, { value: { at: startedAt } }, 'PUT');
    took.push(performance.now() - startedAt);
    await sleep(1_000 / WRITES_PER_SECOND);
  }
  return took;
}

/** Executions without and with a model that answers at once: how long alone, how many sustained. */
export async function executions({ product, report }) {
  const ask = asking(product);
  await report('idle', async () => {
    await sleep(SETTLE_MS);
    return { memory: `${Math.round(memoryOf(product.pids('own')) / 2 ** 20)} MB` };
  });
  for (let warmUp = 0; warmUp < 20; warmUp++) await execute(ask);
  await report('executions with a tool, one at a time', async () => {
    const took = [];
    for (let run = 0; run < ALONE; run++) took.push((await execute(ask)).tookMs);
    return { created: ALONE, p50: quantile(took, 0.5), p99: quantile(took, 0.99) };
  });
  await report(`executions with a tool, ${CONCURRENT} at a time`, async () => {
    const [took, toolMs] = [[], []];
    const startedAt = performance.now();
    let isOver = false;
    const writes = writing(ask, () => isOver);
    const one = async () => {
      while (performance.now() - startedAt < SUSTAINED_MS) {
        const { tookMs, execution } = await execute(ask);
        took.push(tookMs);
        toolMs.push(...execution.toolCalls.map(({ durationMs }) => durationMs));
      }
    };
    await Promise.all(Array.from({ length: CONCURRENT }, one));
    const elapsedMs = performance.now() - startedAt;
    isOver = true;
    return {
      created: took.length,
      perSecond: Math.round((took.length / elapsedMs) * 10_000) / 10,
      p50: quantile(took, 0.5),
      p99: quantile(took, 0.99),
      toolP99: quantile(toolMs, 0.99),
      writeP99: quantile(await writes, 0.99),
    };
  });
  await report('a conversation of two steps and two tools', () => converse(ask, product));
}

/** What the product has to be started with. */
export async function forExecutions() {
  const model = await startModelServer();
  return {
    env: { LLM_ENDPOINT: model.url, LLM_MODEL: 'bench-model', DEFAULT_AI_MODEL: '' },
    close: model.close,
  };
}

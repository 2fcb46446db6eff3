import { beforeAll, expect, test } from '@jest/globals';
import { writeSampleData } from '../../src/api/sample-data/write.js';
import type { Catalogue } from '../../src/hosted/catalogue.js';
import { loadCatalogue } from '../../src/hosted/index.js';
import { type AgentContext, CallError, type ModelAnswer } from '../../src/plugin/define-agent.js';
import type { BuiltinContext } from '../../src/tools/builtin.js';
import { describeEachDatabase } from '../support/databases.js';
import { callOf, nextCall, toolContext } from '../support/tools.js';

const NOW = Date.parse('2030-01-31T12:00:00.000Z');
let catalogue: Catalogue;
beforeAll(async () => {
  catalogue = await loadCatalogue({ MAINSPRING_PLUGINS: [] });
});

type Model = (prompt: string) => string;

/** What an agent's code is given, with the real tools and a model that answers what it is told to. */
function contextOf(tools: BuiltinContext, model: Model | null) {
  const metrics: Record<string, number> = {};
  const context: AgentContext = {
    ...{ executionId: tools.taskId, orgId: tools.orgId, agent: tools.agent, method: null, prompt: null },
    ...{ userId: null, sessionId: null, metadata: {}, hasModel: model !== null, signal: tools.signal },
    memory: { get: async () => undefined, set: async () => undefined, delete: async () => undefined },
    async callTool(name, args = {}) {
      const coded = catalogue.tools.get(name);
      if (coded?.kind !== 'builtin') throw new CallError(`"${name}" is not one of its tools`, 'tool');
      return callOf(coded.tool, JSON.parse(JSON.stringify(args)), nextCall(tools));
    },
    async callAI(prompt): Promise<ModelAnswer> {
      const text = model?.(prompt) ?? '';
      return { text, data: null, model: 'm', tokenUsage: { input: 1, output: 1, total: 2 }, costUsd: null };
    },
    async updateMetric(name, add) {
      metrics[name] = (metrics[name] ?? 0) + add;
    },
  };
  return { context, metrics };
}

describeEachDatabase('agents that come along', (database) => {
  async function ask(
    [agentName, method]: [string, string],
    input: object,
    { model = null, over = {} }: { model?: Model | null; over?: Partial<BuiltinContext> } = {},
  ) {
    const tools = await toolContext(database(), { now: () => NOW, ...over });
    const { context, metrics } = contextOf(tools, model);
    const agent = catalogue.agents.find(({ name }) => name === agentName);
    const run = async () => agent?.methods[method]?.run(input, context);
    return { run, metrics, tools };
  }

  const market = async (model: Model | null = null) => {
    const asked = await ask(['MarketAgent', 'analyze_market'], { category: 'electronics' }, { model });
    await writeSampleData(database().db, asked.tools.orgId, NOW);
    return asked;
  };

  test('the market is analysed from the data, without a model, and counted', async () => {
    const { run, metrics } = await market();
    expect(await run()).toMatchObject({
      ...{ category: 'electronics', period: '30d', commentary: null },
      listings: { total: expect.any(Number), listings: { length: 5 } },
      prices: { trend: { direction: 'falling' }, suggested_price: { based_on: 'sales' } },
    });
    expect(metrics).toEqual({ market_operations: 1 });
  });

  test('with a model its commentary on the same data is added', async () => {
    const prompts: string[] = [];
    const { run } = await market((prompt) => {
      prompts.push(prompt);
      return ' Prices fall. ';
    });
    expect(await run()).toMatchObject({ commentary: 'Prices fall.' });
    expect(prompts[0]).toContain('"direction":"falling"');
  });

  test('a model that fails takes nothing away', async () => {
    const { run } = await market(() => {
      throw new CallError('over its quota', 'rate_limit');
    });
    expect(await run()).toMatchObject({ commentary: null, prices: { category: 'electronics' } });
  });

  test('a price is suggested with what it follows from', async () => {
    const { run, tools } = await ask(['MarketAgent', 'suggest_price'], { category: 'books' });
    await writeSampleData(database().db, tools.orgId, NOW);
    const answer = await run();
    expect(answer).toMatchObject({ currency: 'USD', suggested_price: { typical: expect.any(Number) } });
    expect(Object.keys(answer as object)).toEqual(['category', 'currency', 'suggested_price', 'trend']);
  });

  test.each([
    ['MarketAgent', 'find_listings', {}, { total: 0 }],
    [
      'MarketAgent',
      'create_listing',
      { title: 'Lamp', category: 'art', price: 5 },
      { listing: { price: 5 } },
    ],
    ['AnalyticsAgent', 'user_metrics', {}, { activities: 0, commentary: null }],
    ['AnalyticsAgent', 'report', { report: 'market', format: 'csv' }, { media_type: 'text/csv' }],
    ['ContentAgent', 'curate', { action: 'list' }, { collections: [] }],
    ['SchedulerAgent', 'cancel', { schedule_id: 'x' }, { cancelled: false }],
    [
      'AdminAgent',
      'query',
      { sql: 'select count(*)::int as n from listings' },
      { columns: ['n'], rows: [[0]] },
    ],
    ['AdminAgent', 'notify', { user_id: 'ines', title: 'a', body: 'b' }, { user_id: 'ines' }],
  ] as const)('%s does %s without a model', async (agent, method, input, answer) => {
    const { run } = await ask([agent, method], input);
    expect(await run()).toMatchObject(answer);
  });

  test('a batch calls the tools of whoever asks', async () => {
    const callTool: BuiltinContext['callTool'] = async (_, args) => args;
    const input = { tool: 'send_notification', items: [{ n: 1 }, { n: 2 }] };
    const { run } = await ask(['AdminAgent', 'batch'], input, { over: { callTool } });
    expect(await run()).toMatchObject({ completed: 2, failed: 0 });
  });
});

test('every method says what it takes, and only writing content cannot do without a model', () => {
  const methods = catalogue.agents.flatMap(({ name, methods: own }) =>
    Object.entries(own).map(([method, { model, inputSchema, description }]) => {
      expect(description).not.toBe('');
      expect(inputSchema).toMatchObject({ type: 'object' });
      return { name: `${name}.${method}`, model };
    }),
  );
  const needing = methods.filter(({ model }) => model === 'required').map(({ name }) => name);
  expect(needing).toEqual(['ContentAgent.generate']);
});

test('tools have a schema of an object at their root, with every argument described or plain', () => {
  for (const [name, { tool }] of catalogue.tools) {
    expect([name, tool.inputSchema.type]).toEqual([name, 'object']);
    expect([name, Object.keys(tool.inputSchema).filter((key) => /Of$/.test(key))]).toEqual([name, []]);
  }
});

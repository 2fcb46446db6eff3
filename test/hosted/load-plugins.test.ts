import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ConfigError } from '../../src/config.js';
import { loadCatalogue } from '../../src/hosted/index.js';

const EXAMPLE = './examples/plugin/plugin.mjs';
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mainspring-plugins-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const load = (...plugins: string[]) => loadCatalogue({ MAINSPRING_PLUGINS: plugins });
const TOOL = `{
  name: 'mine', version: '1', description: 'd', category: 'c', isRepeatable: false, requiresApproval: false,
  input: { safeParse: () => ({ success: true, data: {} }) }, inputSchema: { type: 'object' }, execute: async () => 1 }`;
const agentOf = (over: string) => `{
  name: 'Mine', type: 'MINE', description: 'd', tools: [], instruction: null, limits: {}, methods: {}, hooks: {},
  ${over} }`;

let count = 0;
async function plugin(source: string): Promise<string> {
  const file = join(folder, `plugin-${count++}.mjs`);
  await writeFile(file, source);
  return file;
}

test('Mainspring comes with five agents and the tools that they have', async () => {
  const { agents, tools } = await load();
  expect(agents.map(({ name, type }) => [name, type])).toEqual([
    ['MarketAgent', 'MARKET'],
    ['AnalyticsAgent', 'ANALYTICS'],
    ['ContentAgent', 'CONTENT'],
    ['SchedulerAgent', 'SCHEDULER'],
    ['AdminAgent', 'ADMIN'],
  ]);
  const owners = (name: string) =>
    agents.filter((agent) => agent.tools.includes(name)).map((agent) => agent.name);
  for (const name of tools.keys()) expect(owners(name)).toHaveLength(1);
});

test('a path is seen from the working directory; what it exports is as Mainspring’s own', async () => {
  const { agents, tools } = await load(EXAMPLE);
  expect(tools.get('shipping_cost')).toMatchObject({ kind: 'plugin', tool: { category: 'shipping' } });
  expect(tools.get('get_listings')).toMatchObject({ kind: 'builtin' });
  const parcels = agents.find(({ name }) => name === 'ParcelAgent');
  expect(Object.keys(parcels?.hooks ?? {})).toHaveLength(7);
  expect(parcels?.limits).toMatchObject({ timeout: 20_000 });
});

test('a default export may hold tools and agents', async () => {
  const file = await plugin(`export default { tools: [${TOOL}], agents: [${agentOf("tools: ['mine']")}] }`);
  const { agents, tools } = await load(file);
  expect(tools.has('mine')).toBe(true);
  expect(agents.at(-1)?.name).toBe('Mine');
});

test.each([
  ['./no/such/plugin.mjs', 'cannot be loaded'],
  ['no-such-package-at-all', 'cannot be loaded'],
])('%s ends the start with a sentence that names it', async (source, words) => {
  const error = await load(source).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ConfigError);
  expect(String(error)).toContain(`MAINSPRING_PLUGINS: ${source} ${words}`);
});

test.each([
  ['what throws', `throw new Error('no licence')`, 'cannot be loaded: no licence'],
  ['nothing', `export const other = 1`, 'exports neither agents nor tools'],
  ['a tool without code', `export const tools = [{ name: 'x' }]`, 'use defineAgent, defineTool'],
  ['a tool with a bad name', `export const tools = [{ ...${TOOL}, name: 'a b' }]`, 'must be 1 to 64'],
  ['no list', `export const agents = ${agentOf('')}`, 'exports what is no agent, tool or handler'],
  ['a tool twice', `export const tools = [${TOOL}, ${TOOL}]`, 'defines the tool mine, which'],
  [
    'a tool of Mainspring’s name',
    `export const tools = [{ ...${TOOL}, name: 'get_listings' }]`,
    'defines the tool get_listings, which Mainspring has already',
  ],
  [
    'an agent of Mainspring’s name',
    `export const agents = [${agentOf("name: 'AdminAgent'")}]`,
    'defines the agent AdminAgent, which Mainspring has already',
  ],
  [
    'an agent with an unknown tool',
    `export const agents = [${agentOf("tools: ['nowhere']")}]`,
    'gives Mine the tool nowhere, which nobody defines',
  ],
])('a plugin that exports %s ends the start with one line', async (_, source, words) => {
  const file = await plugin(source);
  const error = await load(file).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ConfigError);
  expect(String(error)).toContain(resolve(file));
  expect(String(error)).toContain(words);
  expect(String(error)).not.toContain('\n');
});

test('two plugins cannot define the same tool', async () => {
  const [one, other] = [
    await plugin(`export const tools = [${TOOL}]`),
    await plugin(`export const tools = [${TOOL}]`),
  ];
  await expect(load(one, other)).rejects.toThrow(`${other} defines the tool mine, which ${one} has already`);
});

import { type Config, ConfigError } from '../config.js';
import type { AgentDefinition } from '../plugin/define-agent.js';
import type { HandlerDefinition } from '../plugin/define-handler.js';
import { builtinTools } from '../tools/index.js';
import { adminAgent } from './admin-agent.js';
import { analyticsAgent } from './analytics-agent.js';
import type { Catalogue, CodedHandler, CodedTool } from './catalogue.js';
import { contentAgent } from './content-agent.js';
import { builtinHandlers } from './handlers/index.js';
import { loadPlugins, type Plugin } from './load-plugins.js';
import { marketAgent } from './market-agent.js';
import { schedulerAgent } from './scheduler-agent.js';

/** The agents that come with Mainspring. */
const builtinAgents: readonly AgentDefinition[] = [
  ...[marketAgent, analyticsAgent, contentAgent, schedulerAgent, adminAgent],
];

const MAINSPRING = 'Mainspring';

/** Names are what rows refer to: nobody may take one that another has. */
function assertFree(
  owners: Map<string, string>,
  kind: 'agent' | 'tool' | 'handler',
  name: string,
  source: string,
): void {
  const owner = owners.get(`${kind} ${name}`);
  if (owner !== undefined)
    throw new ConfigError(
      `MAINSPRING_PLUGINS: ${source} defines the ${kind} ${name}, which ${owner} has already`,
    );
  owners.set(`${kind} ${name}`, source);
}

function assertToolsKnown(
  agents: readonly AgentDefinition[],
  tools: ReadonlyMap<string, CodedTool>,
  source: string,
) {
  for (const { name, tools: given } of agents) {
    const unknown = given.find((tool) => !tools.has(tool));
    if (unknown !== undefined)
      throw new ConfigError(
        `MAINSPRING_PLUGINS: ${source} gives ${name} the tool ${unknown}, which nobody defines`,
      );
  }
}

const pluginHandler = (handler: HandlerDefinition): CodedHandler => ({
  handler,
  tools: new Map(toolsOf(handler).map((tool) => [tool.name, { kind: 'plugin', tool }])),
});
const toolsOf = ({ work }: HandlerDefinition) => (work.kind === 'code' ? work.tools : []);

function catalogueOf(plugins: readonly Plugin[]): Catalogue {
  const owners = new Map<string, string>();
  const agents = [...builtinAgents];
  const tools = new Map<string, CodedTool>();
  const handlers = new Map<string, CodedHandler>();
  for (const coded of builtinHandlers) {
    assertFree(owners, 'handler', coded.handler.name, MAINSPRING);
    handlers.set(coded.handler.name, coded);
  }
  for (const { name } of builtinAgents) assertFree(owners, 'agent', name, MAINSPRING);
  for (const tool of builtinTools) {
    assertFree(owners, 'tool', tool.name, MAINSPRING);
    tools.set(tool.name, { kind: 'builtin', tool });
  }
  for (const { source, ...added } of plugins) {
    for (const tool of added.tools) {
      assertFree(owners, 'tool', tool.name, source);
      tools.set(tool.name, { kind: 'plugin', tool });
    }
    for (const agent of added.agents) {
      assertFree(owners, 'agent', agent.name, source);
      agents.push(agent);
    }
    for (const handler of added.handlers) {
      assertFree(owners, 'handler', handler.name, source);
      handlers.set(handler.name, pluginHandler(handler));
    }
  }
  for (const { source, agents: added } of plugins) assertToolsKnown(added, tools, source);
  assertToolsKnown(builtinAgents, tools, MAINSPRING);
  return { agents, tools, handlers };
}

/**
 * The agents, tools and handlers that this process has the code of: Mainspring's and those of its plugins. Throws a
 * {@link ConfigError} that names the plugin which is wrong.
 */
export const loadCatalogue = async ({
  MAINSPRING_PLUGINS: sources,
}: Pick<Config, 'MAINSPRING_PLUGINS'>): Promise<Catalogue> => catalogueOf(await loadPlugins(sources));

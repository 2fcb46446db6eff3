import type { Command } from 'commander';
import type { Agent, NewAgent } from '../../client/index.js';
import { AgentStatus, Connection, Lifecycle } from '../../schemas/agent.js';
import { choice } from '../choice.js';
import { listing } from '../listing.js';
import { agentIdOf } from '../named-agent.js';
import { bodyOf, bodyOption, several } from '../read-option.js';
import { onApi } from '../session.js';
import { AGENT } from './agent-view.js';
import { addAgentViews } from './agents-views.js';

interface Filter {
  name?: string;
  type?: string;
  status?: Agent['status'];
  lifecycle?: Agent['lifecycle'];
  connection?: Agent['connection'];
}

function addList(agents: Command): void {
  const list = agents
    .command('list')
    .description('list agents')
    .option('--name <name>')
    .option('--type <type>')
    .addOption(choice('--status <status>', AgentStatus.options))
    .addOption(choice('--lifecycle <lifecycle>', Lifecycle.options))
    .addOption(choice('--connection <connection>', Connection.options));
  listing<Agent, Filter>(list, AGENT, ({ client }, { name, type, status, lifecycle, connection, limit }) =>
    client.agents.list({ name, type, status, lifecycle, connection, limit }),
  );
}

interface CreateOptions {
  type?: string;
  description?: string;
  systemPrompt?: string;
  guideline?: string[];
  tool?: string[];
  model?: string;
  body?: object;
}

function agentOf(name: string, options: CreateOptions): NewAgent {
  const { type, description, systemPrompt, guideline: guidelines, tool: tools, model, body } = options;
  const isTold = systemPrompt !== undefined || guidelines !== undefined;
  const instruction = isTold ? { systemPrompt, guidelines } : undefined;
  return bodyOf<NewAgent>(body, { name, type, description, instruction, tools, model });
}

function addChanges(agents: Command): void {
  onApi<CreateOptions>(
    agents
      .command('create <name>')
      .description('register an agent (an admin token)')
      .option('--type <type>')
      .option('--description <text>')
      .option('--system-prompt <text>', 'what it is told to be')
      .option('--guideline <text>', 'a rule; may be given several times', several)
      .option('--tool <name>', 'a tool that it gets; may be given several times', several)
      .option('--model <model>')
      .addOption(bodyOption()),
    async ({ client, print }, options, name) =>
      print.one(AGENT, await client.agents.create(agentOf(name, options))),
  );
  onApi(
    agents.command('delete <agent>').description('delete an agent (an admin token)'),
    async ({ client, print }, _, idOrName) => {
      const id = await agentIdOf(client, idOrName);
      await client.agents.delete(id);
      print.done('Deleted.', { id });
    },
  );
  onApi<{ overlap?: string }>(
    agents
      .command('credentials <agent>')
      .description("make a new secret, shown this once: prints the agent's .env (an admin token)")
      .option('--overlap <time>', 'the secret before works for so long'),
    async ({ client, print }, { overlap }, idOrName) => {
      const id = await agentIdOf(client, idOrName);
      const made = await client.agents.regenerateCredentials(id, overlap === undefined ? {} : { overlap });
      print.text(made.envConfig, made);
    },
  );
}

const LIFECYCLE = {
  start: 'have it run',
  pause: 'have it take nothing new',
  resume: 'end a pause',
  stop: 'have it end',
  suspend: 'refuse its connects and tokens (an admin token)',
  activate: 'end a suspension (an admin token)',
} as const;
type Verb = keyof typeof LIFECYCLE;

function addLifecycle(agents: Command): void {
  for (const [verb, description] of Object.entries(LIFECYCLE) as [Verb, string][]) {
    onApi(
      agents.command(`${verb} <agent>`).description(description),
      async ({ client, print }, _, idOrName) =>
        print.one(AGENT, await client.agents[verb](await agentIdOf(client, idOrName))),
    );
  }
}

/** `<agent>` is an id or a name. */
export function addAgents(program: Command): void {
  const agents = program.command('agents').description('register agents, look after them (by id or by name)');
  addList(agents);
  onApi(agents.command('get <agent>').description('show an agent'), async ({ client, print }, _, idOrName) =>
    print.one(AGENT, await client.agents.get(await agentIdOf(client, idOrName))),
  );
  addChanges(agents);
  addLifecycle(agents);
  addAgentViews(agents);
}

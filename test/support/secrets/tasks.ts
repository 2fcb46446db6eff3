import type { Execution } from '../../../src/schemas/execution.js';
import { DEMO_KEY } from '../api.js';
import { eventually } from '../mainspring.js';
import { type ModelServer, startModelServer } from '../model-server.js';
import type { SecretRun } from './run.js';
import { demoAdmin } from './steps.js';

/** What is said in tasks is for those who read tasks: it stands in their rows and answers, and nowhere else. */
export async function runTasks(run: SecretRun): Promise<void> {
  const models = await startModelServer();
  try {
    const agent = await makeAgent(run, models);
    await converse(run, models, agent);
    await callMethods(run, agent);
    await tellResults(run);
  } finally {
    await models.close();
  }
}

const NOTIFY = 'send_notification';

/** One with a key of its own for its model. */
async function makeAgent(run: SecretRun, models: ModelServer): Promise<string> {
  const { ask } = run;
  const { plant } = run.canaries;
  const made = await ask('/agents', {
    token: await demoAdmin(run),
    body: {
      name: 'an agent that works',
      model: 'gpt-4',
      tools: [NOTIFY],
      environment: { OPENAI_API_KEY: plant('the key of a model'), OPENAI_BASE_URL: `${models.url}/v1` },
    },
  });
  return made.json<{ agent: { id: string } }>().agent.id;
}

/** The tasks and whatever answers they have: what is said in them is meant to be read here. */
const ended = ({ mainspring: { send } }: SecretRun, id: string) =>
  eventually(
    async () => (await send(`/api/agents/${id}?wait=5s`, { key: DEMO_KEY })).json<Execution>(),
    ({ status }) => ['completed', 'failed'].includes(status),
  );

async function converse(run: SecretRun, models: ModelServer, agentId: string): Promise<void> {
  const { send } = run.mainspring;
  const { plant } = run.canaries;
  const said = (place: string) => plant(`said: ${place}`);
  const title = said('an argument of a tool');
  models.script(
    {
      toolCalls: [
        { name: NOTIFY, arguments: { user_id: 'user-1', title, body: said('a text in an argument') } },
      ],
    },
    { text: said('an answer') },
  );
  const body = {
    agent_name: 'an agent that works',
    prompt: said('a prompt'),
    session_id: 'one',
    metadata: { note: said('a note') },
  };
  const made = await send('/tasks', { key: DEMO_KEY, body });
  const { status, error } = await ended(run, made.json<{ task_id: string }>().task_id);
  if (status !== 'completed') throw new Error(`the conversation failed: ${JSON.stringify(error)}`);
  const memory = { method: 'PUT', key: DEMO_KEY, body: { value: said('a memory') } };
  await send(`/agents/${agentId}/memories/tone`, memory);
}

/** Results through channels whose addresses and tokens are secrets: taken, echoed and refused. */
async function tellResults({ mainspring: { send }, ask, webhooks }: SecretRun): Promise<void> {
  const delivery = [
    { channel: 'webhook', webhook_url: webhooks.webhook('a result', 'ok').url },
    { channel: 'webhook', webhook_url: webhooks.credentialed('credentials of a result', 'echo').url },
    { channel: 'telegram', ...webhooks.telegram('a result in a chat') },
    { channel: 'teams', ...webhooks.teams('a result on a card', 'echo') },
  ];
  const body = { agent_name: 'AdminAgent', method_name: 'health', delivery };
  const made = await ask('/tasks', { key: DEMO_KEY, body });
  const { task_id: id } = made.json<{ task_id: string }>();
  await eventually(
    async () =>
      (await send(`/deliveries?taskId=${id}`, { key: DEMO_KEY })).json<{
        deliveries: { status: string }[];
      }>(),
    ({ deliveries }) =>
      deliveries.length === delivery.length && deliveries.every(({ status }) => status !== 'pending'),
  );
  const refused = { channel: 'teams', teams_webhook_url: webhooks.teams('a refused card', 'ok'), other: 1 };
  await ask('/tasks', { key: DEMO_KEY, body: { ...body, delivery: refused } });
}

/** Input that a method takes, that it refuses, and that its tool fails at. */
async function callMethods(run: SecretRun, agentId: string): Promise<void> {
  const { ask, mainspring } = run;
  const { plant } = run.canaries;
  const execute = (input: object, action = 'notify') => ({
    key: DEMO_KEY,
    body: { type: 'ADMIN', action, input },
  });
  const taken = {
    user_id: 'user-1',
    title: plant('said: an input'),
    body: plant('said: a text in an input'),
  };
  const { executionId } = (await mainspring.send('/api/agents/execute', execute(taken))).json<{
    executionId: string;
  }>();
  await ended(run, executionId);
  for (const refused of [
    execute({ ...taken, level: plant('an input that is refused') }),
    execute({ secretField: [plant('a value that is refused')] }),
    execute({}, `no method ${plant('a method of an agent that is none')}`),
  ])
    await ask('/api/agents/execute', refused);
  await ask('/tasks', {
    key: DEMO_KEY,
    body: { agent_name: 'AdminAgent', prompt: [plant('a prompt that is none')] },
  });
  const large = {
    method: 'PUT',
    key: DEMO_KEY,
    body: { value: plant('a memory that is too large').repeat(5_000) },
  };
  await ask(`/agents/${agentId}/memories/large`, large);
}

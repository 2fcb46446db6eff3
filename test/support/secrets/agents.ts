import { eventually } from '../mainspring.js';
import type { SecretRun } from './run.js';
import { demoAdmin } from './steps.js';

/** What an agent is given and what it calls with: its secret, tokens, settings, environment, a tool's configuration. */
export async function runAgents(run: SecretRun): Promise<void> {
  const { ask, mainspring, webhooks } = run;
  const { plant, watch } = run.canaries;
  const token = await demoAdmin(run);
  const tool = {
    name: 'search',
    config: { apiKey: plant('a tool'), url: `https://u:${plant('a tool URL')}@a.example/` },
  };
  await ask('/tools', { token, body: tool });
  const made = await ask('/agents', {
    token,
    body: {
      name: 'an agent with secrets',
      tools: ['search'],
      settings: { discord: { token: plant('a setting') }, secrets: [plant('a secret in a list')] },
      environment: { SEARCH_API_KEY: plant('a variable') },
      heartbeat: {
        interval: '1s',
        missedAfter: 1,
        onMissed: [
          webhooks.webhook('a silent agent', 'ok'),
          { type: 'telegram', ...webhooks.telegram('a chat of a silent agent') },
        ],
      },
    },
  });
  const { id } = made.json<{ agent: { id: string } }>().agent;
  await ask(`/agents/${id}`, {
    token,
    method: 'PATCH',
    body: { settings: { telegram: { botToken: plant('a changed setting') } } },
  });
  await ask(`/agents/${id}/connect`, { body: { secret: plant('a wrong secret') } });
  await connect(run, id, token, 'the first');
  const second = await connect(run, id, token, 'the second');
  const agent = { token: second };
  // What the agent itself is given in full is not asked for here: it is meant to have it.
  await mainspring.send(`/agents/${id}/config`, agent);
  watch(
    'a refreshed token',
    (await mainspring.send(`/agents/${id}/token/refresh`, { ...agent, method: 'POST' })).json<{
      token: string;
    }>().token,
  );
  await ask(`/agents/${id}/heartbeat`, { ...agent, body: { status: 'busy', metrics: { cpu: 1 } } });
  await ask(`/agents/${id}/heartbeat`, { ...agent, body: { status: plant('a status that is none') } });
  await ask(`/agents/${id}/heartbeat`, {
    ...agent,
    body: { status: 'busy', metrics: { cpu: plant('a metric') } },
  });
  await eventually(
    () => mainspring.send(`/agents/${id}`, { token }),
    ({ text }) => text.includes('"connection":"offline"'),
  );
}

/** Answers the token that the agent got. */
async function connect(
  { mainspring: { send }, canaries: { watch } }: SecretRun,
  id: string,
  token: string,
  which: string,
): Promise<string> {
  const made = await send(`/agents/${id}/credentials/regenerate`, { token, body: {} });
  const { secret } = made.json<{ secret: string }>();
  watch(`${which} secret of an agent`, secret);
  const connected = await send(`/agents/${id}/connect`, { body: { secret } });
  return watch(`${which} token of an agent`, connected.json<{ token: string }>().token);
}

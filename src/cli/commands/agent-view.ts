import type { Agent } from '../../client/index.js';
import { asJson, moment, status, text, type View } from '../view.js';

export const AGENT: View<Agent> = {
  id: ({ id }) => id,
  columns: [
    text('id', ({ id }) => id),
    text('name', ({ name }) => name),
    status('connection', ({ connection }) => connection),
    status('lifecycle', ({ lifecycle }) => lifecycle),
    status('status', (agent) => agent.status),
    text('type', ({ type }) => type),
    moment('last heartbeat', ({ lastHeartbeatAt }) => lastHeartbeatAt),
  ],
  more: [
    text('description', ({ description }) => description),
    text('hosted here', ({ isHosted }) => (isHosted ? 'yes' : 'no')),
    text('model', ({ model }) => model),
    text('system prompt', ({ instruction }) => instruction?.systemPrompt),
    text('tools', ({ tools }) => tools.join(', ')),
    text('limits', ({ limits }) => asJson(limits)),
    text('settings', ({ settings }) => asJson(settings)),
    text('topics', ({ topics }) => topics.join(', ')),
    text('handler', ({ handler }) => handler?.type),
    text(
      'heartbeat',
      ({ heartbeat }) => `every ${heartbeat.intervalMs} ms, silent after ${heartbeat.missedAfter}`,
    ),
    text('image', ({ image }) => image),
    text('container', ({ container }) => asJson(container)),
    text('health', ({ health }) => asJson(health)),
    text('configuration', ({ configVersion }) => `version ${configVersion}`),
    moment('created', ({ createdAt }) => createdAt),
    moment('updated', ({ updatedAt }) => updatedAt),
    text('run', ({ run }) => run.url),
  ],
  empty:
    'No agents. The first one: mainspring agents create support-bot --system-prompt "You answer customers."',
};

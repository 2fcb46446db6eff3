import type { Command } from 'commander';
import type { MainspringClient } from '../../client/index.js';
import { firstOf, limitOption, USUAL_LIMIT } from '../listing.js';
import { agentIdOf } from '../named-agent.js';
import { count, instant } from '../read-option.js';
import { onApi } from '../session.js';
import { moment, text, type View } from '../view.js';

type Session = Awaited<ReturnType<typeof sessionsOf>>[number];
const sessionsOf = (client: MainspringClient, id: string, limit: number) =>
  firstOf(client.agents.history(id, { limit: Math.min(limit, 500) }), limit);

const SESSION: View<Session> = {
  id: ({ id }) => id,
  columns: [
    text('id', ({ id }) => id),
    moment('began', ({ connectedAt }) => connectedAt),
    moment('ended', ({ endedAt }) => endedAt),
    text('why', ({ endReason }) => endReason),
    moment('last heartbeat', ({ lastHeartbeatAt }) => lastHeartbeatAt),
    text('heartbeats', ({ heartbeats }) => heartbeats),
    text('context', ({ context }) => context),
  ],
  empty: 'It has never been connected.',
};

export function addAgentViews(agents: Command): void {
  onApi<{ limit?: number }>(
    agents
      .command('history <agent>')
      .description('list its connections, the newest first')
      .addOption(limitOption()),
    async ({ client, print }, { limit = USUAL_LIMIT }, idOrName) =>
      print.list(SESSION, await sessionsOf(client, await agentIdOf(client, idOrName), limit)),
  );
  onApi<{ tail?: number; since?: Date }>(
    agents
      .command('logs <agent>')
      .description('print what its container wrote')
      .option('--tail <n>', 'the last so many lines (200)', count)
      .option('--since <moment>', 'from then on: ISO 8601', instant),
    async ({ client, print }, { tail, since }, idOrName) =>
      print.text(await client.agents.logs(await agentIdOf(client, idOrName), { tail, since })),
  );
}

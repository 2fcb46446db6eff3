import type { z } from 'zod';
import type { AgentRow } from '../db/agents.js';
import { agentStatus, connectionOf } from '../domain/agent-status.js';
import { mapValues, masking } from '../domain/url-secrets.js';
import { agentWorkflowId } from '../messages/agent.js';
import type { Agent } from '../schemas/agent.js';
import type { Handler } from '../schemas/handler.js';
import type { Services } from './services.js';
import { shownSettings } from './settings.js';
import { masked } from './timer-answer.js';

function shownHandler(handler: Handler | null, { vault }: Pick<Services, 'vault'>): Handler | null {
  if (!handler || !('url' in handler)) return handler;
  const { secret, url } = masking(vault);
  const headers = handler.headers && mapValues(handler.headers, secret);
  return { ...handler, url: url(handler.url), ...(headers ? { headers } : {}) };
}

/** How an agent takes messages, how it is run and looked after. */
const reachOf = (row: AgentRow, services: Pick<Services, 'vault'>) => ({
  topics: row.topics,
  handler: shownHandler(row.handler, services),
  concurrency: row.concurrency,
  busyPolicy: row.busy_policy,
  maxDeliveries: row.max_deliveries,
  brokers: row.brokers,
  image: row.image,
  resources: row.resources,
  restartPolicy: row.restart_policy,
  healthUrl: row.health_url === null ? null : masking(services.vault).url(row.health_url),
  healthIntervalMs: row.health_interval_ms,
  container: row.container,
  health: row.health,
});

/** An agent's row as people may read it. */
export function agentAnswer(row: AgentRow, services: Services): z.input<typeof Agent> {
  const { starter, vault } = services;
  const { actions: onMissed } = masked({ actions: row.on_missed }, vault.open);
  const connection = connectionOf(row);
  return {
    id: row.id,
    orgId: row.org_id,
    name: row.name,
    type: row.type,
    description: row.description,
    status: agentStatus({ isSuspended: row.is_suspended, connection }),
    lifecycle: row.lifecycle,
    connection,
    lastHeartbeatAt: row.last_heartbeat_at?.toISOString() ?? null,
    metrics: row.metrics,
    instruction: row.instruction,
    tools: row.tools,
    settings: shownSettings(row.settings, vault),
    environment: shownSettings(row.environment, vault) as Record<string, string>,
    model: row.model,
    limits: row.limits,
    isHosted: row.definition !== null,
    heartbeat: { intervalMs: row.interval_ms, missedAfter: row.missed_after, onMissed },
    ...reachOf(row, services),
    configVersion: row.config_version,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
    run: starter.linkTo(agentWorkflowId({ orgId: row.org_id, agentId: row.id })),
  };
}

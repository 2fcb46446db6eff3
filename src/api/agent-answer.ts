import type { z } from 'zod';
import type { AgentRow } from '../db/agents.js';
import { agentStatus, connectionOf } from '../domain/agent-status.js';
import { agentWorkflowId } from '../messages/agent.js';
import type { Agent } from '../schemas/agent.js';
import type { Services } from './services.js';
import { shownSettings } from './settings.js';
import { masked } from './timer-answer.js';

/** An agent's row as people may read it. */
export function agentAnswer(row: AgentRow, { starter, vault }: Services): z.input<typeof Agent> {
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
    configVersion: row.config_version,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
    run: starter.linkTo(agentWorkflowId({ orgId: row.org_id, agentId: row.id })),
  };
}

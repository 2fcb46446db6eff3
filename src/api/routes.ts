import { createA2aRoutes } from './a2a/routes.js';
import { createMcpRoutes } from './mcp/route.js';
import type { Route } from './route.js';
import { agentConnectionRoutes } from './routes/agent-connection.js';
import { agentCredentialRoutes } from './routes/agent-credentials.js';
import { agentLifecycleRoutes } from './routes/agent-lifecycle.js';
import { agentLogRoutes } from './routes/agent-logs.js';
import { agentViewRoutes } from './routes/agent-views.js';
import { agentRoutes } from './routes/agents.js';
import { apiKeyRoutes } from './routes/api-keys.js';
import { brokerRoutes } from './routes/brokers.js';
import { clientFileRoutes } from './routes/client-files.js';
import { codecRoutes } from './routes/codec.js';
import { dashboardRoutes } from './routes/dashboard.js';
import { deliveryRoutes } from './routes/deliveries.js';
import { eventRoutes } from './routes/events.js';
import { executionRoutes } from './routes/executions.js';
import { healthRoutes } from './routes/health.js';
import { inboxRoutes } from './routes/inbox.js';
import { instructionRoutes } from './routes/instructions.js';
import { mailRoutes } from './routes/mail.js';
import { memoryRoutes } from './routes/memories.js';
import { messageRoutes } from './routes/messages.js';
import { metricsRoutes } from './routes/metrics.js';
import { createOpenapiRoutes } from './routes/openapi.js';
import { runtimeMetricsRoutes } from './routes/runtime-metrics.js';
import { scheduleRunRoutes } from './routes/schedule-runs.js';
import { scheduleRoutes } from './routes/schedules.js';
import { statisticsRoutes } from './routes/statistics.js';
import { statusRoutes } from './routes/status.js';
import { subscriptionRoutes } from './routes/subscriptions.js';
import { taskApprovalRoutes } from './routes/task-approvals.js';
import { taskStreamRoutes } from './routes/task-stream.js';
import { taskRoutes } from './routes/tasks.js';
import { timerChangeRoutes } from './routes/timer-changes.js';
import { timerMetricsRoutes } from './routes/timer-metrics.js';
import { timerRoutes } from './routes/timers.js';
import { toolRoutes } from './routes/tools.js';
import { webhookSecretRoutes } from './routes/webhook-secret.js';

const resources: readonly Route[] = [
  ...timerRoutes,
  ...timerChangeRoutes,
  ...timerMetricsRoutes,
  ...deliveryRoutes,
  ...webhookSecretRoutes,
  ...eventRoutes,
  ...subscriptionRoutes,
  ...agentRoutes,
  ...agentLifecycleRoutes,
  ...agentViewRoutes,
  ...agentLogRoutes,
  ...agentCredentialRoutes,
  ...agentConnectionRoutes,
  ...messageRoutes,
  ...mailRoutes,
  ...inboxRoutes,
  ...brokerRoutes,
  ...memoryRoutes,
  ...executionRoutes,
  ...runtimeMetricsRoutes,
  ...taskRoutes,
  ...taskApprovalRoutes,
  ...taskStreamRoutes,
  ...statusRoutes,
  ...statisticsRoutes,
  ...scheduleRoutes,
  ...scheduleRunRoutes,
  ...toolRoutes,
  ...instructionRoutes,
  ...apiKeyRoutes,
  ...codecRoutes,
  ...healthRoutes,
  ...metricsRoutes,
  ...clientFileRoutes,
  ...dashboardRoutes,
];

/** Everything that the API answers. */
export const routes: readonly Route[] = [
  ...resources,
  ...createOpenapiRoutes(resources),
  ...createMcpRoutes(resources),
  ...createA2aRoutes(resources),
];

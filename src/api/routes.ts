import type { Route } from './route.js';
import { apiKeyRoutes } from './routes/api-keys.js';
import { codecRoutes } from './routes/codec.js';
import { deliveryRoutes } from './routes/deliveries.js';
import { eventRoutes } from './routes/events.js';
import { healthRoutes } from './routes/health.js';
import { metricsRoutes } from './routes/metrics.js';
import { createOpenapiRoutes } from './routes/openapi.js';
import { subscriptionRoutes } from './routes/subscriptions.js';
import { timerChangeRoutes } from './routes/timer-changes.js';
import { timerMetricsRoutes } from './routes/timer-metrics.js';
import { timerRoutes } from './routes/timers.js';
import { webhookSecretRoutes } from './routes/webhook-secret.js';

const resources: readonly Route[] = [
  ...timerRoutes,
  ...timerChangeRoutes,
  ...timerMetricsRoutes,
  ...deliveryRoutes,
  ...webhookSecretRoutes,
  ...eventRoutes,
  ...subscriptionRoutes,
  ...apiKeyRoutes,
  ...codecRoutes,
  ...healthRoutes,
  ...metricsRoutes,
];

/** Everything that the API answers. */
export const routes: readonly Route[] = [...resources, ...createOpenapiRoutes(resources)];

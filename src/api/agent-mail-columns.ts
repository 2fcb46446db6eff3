import { shownEntry } from '../brokers/bindings.js';
import type { AgentColumns } from '../db/agents.js';
import { sealing } from '../domain/url-secrets.js';
import { leadsInwards } from '../outbound/guard.js';
import type { AgentChange } from '../schemas/agent.js';
import type { Handler } from '../schemas/handler.js';
import { storedHandler } from './agent-handler.js';
import { invalid } from './problem.js';
import type { Services } from './services.js';

type Sealing = Pick<Services, 'vault' | 'guard' | 'catalogue'>;

const json = (value: unknown) => (value === undefined ? undefined : JSON.stringify(value));

/** Throws where a URL leads where no request may go. */
function assertOutwards(url: string | null | undefined, path: string, { guard }: Sealing): void {
  if (url && leadsInwards(url, guard))
    throw invalid([{ path, message: 'is not an address that may be reached' }]);
}

/** What a request or a change writes of how an agent takes messages; what it does not name stays. */
export function mailColumnsOf(
  { topics, handler, concurrency, busyPolicy, maxDeliveries, brokers }: AgentChange,
  /** That stood. */
  before: Handler | null,
  services: Sealing,
): AgentColumns {
  if (handler && 'url' in handler) assertOutwards(handler.url, 'handler.url', services);
  return {
    topics: json(topics),
    handler: json(storedHandler(handler, before, services)),
    concurrency,
    busy_policy: busyPolicy,
    max_deliveries: maxDeliveries,
    brokers: json(brokers?.map(shownEntry)),
  };
}

/** The same of how it is run and looked after. */
export function hostingColumnsOf(
  { image, resources, restartPolicy, healthUrl, healthInterval }: AgentChange,
  services: Sealing,
): AgentColumns {
  assertOutwards(healthUrl, 'healthUrl', services);
  return {
    image,
    resources: json(resources),
    restart_policy: restartPolicy,
    health_url: healthUrl ? sealing(services.vault).url(healthUrl) : healthUrl,
    health_interval_ms: healthInterval,
  };
}

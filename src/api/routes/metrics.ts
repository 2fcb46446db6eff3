import { countUnended } from '../../db/service-figures.js';
import { metricsText } from '../../http/metrics-text.js';
import { setUnended } from '../../metrics.js';
import { Reply, route } from '../route.js';
import type { Services } from '../services.js';

/** A database that is away must not take the metrics along, which tell of that. */
const LONGEST_COUNT_MS = 500;

async function measureQueue({ db, log }: Services): Promise<void> {
  const late = new Promise<null>((resolve) => setTimeout(resolve, LONGEST_COUNT_MS, null).unref());
  const counted = countUnended(db).catch((error: unknown) => {
    log.debug({ error }, 'Tasks could not be counted');
    return null;
  });
  setUnended(await Promise.race([counted, late]));
}

const metricsRoute = route({
  method: 'get',
  path: '/metrics',
  callers: ['open'],
  summary: 'Metrics of this process, for Prometheus',
  tag: 'Health',
  answers: { 200: { description: 'Prometheus text', mediaTypes: ['text/plain'] } },
  async handle(_, services) {
    await measureQueue(services);
    const { text, contentType } = await metricsText(services);
    return new Reply(200, text, { 'Content-Type': contentType });
  },
});

export const metricsRoutes = [metricsRoute];

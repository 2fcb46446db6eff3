import { registry } from '../../metrics.js';
import { Reply, route } from '../route.js';
import type { Services } from '../services.js';

const LONGEST_ANSWER_MS = 1_000;

/** The Temporal SDK serves its own metrics on a port of this process; when it does not answer they are left out. */
async function engineMetrics({ config, log }: Services): Promise<string> {
  if (config.METRICS_PORT === undefined) return '';
  try {
    const url = `http://127.0.0.1:${config.METRICS_PORT}/metrics`;
    const answer = await fetch(url, { signal: AbortSignal.timeout(LONGEST_ANSWER_MS) });
    return answer.ok ? await answer.text() : '';
  } catch (err) {
    log.debug({ err }, "The SDK's metrics could not be read");
    return '';
  }
}

const metricsRoute = route({
  method: 'get',
  path: '/metrics',
  callers: ['open'],
  summary: 'Metrics of this process, for Prometheus',
  tag: 'Health',
  answers: { 200: { description: 'Prometheus text', mediaTypes: ['text/plain'] } },
  async handle(_, services) {
    const [ours, engine] = await Promise.all([registry.metrics(), engineMetrics(services)]);
    return new Reply(200, ours + engine, { 'Content-Type': registry.contentType });
  },
});

export const metricsRoutes = [metricsRoute];

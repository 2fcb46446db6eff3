import { metricsText } from '../../http/metrics-text.js';
import { measure } from '../measure.js';
import { Reply, route } from '../route.js';

const metricsRoute = route({
  method: 'get',
  path: '/metrics',
  callers: ['open'],
  summary: 'Metrics of this process, for Prometheus',
  tag: 'Health',
  answers: { 200: { description: 'Prometheus text', mediaTypes: ['text/plain'] } },
  async handle(_, services) {
    await measure(services);
    const { text, contentType } = await metricsText(services);
    return new Reply(200, text, { 'Content-Type': contentType });
  },
});

export const metricsRoutes = [metricsRoute];

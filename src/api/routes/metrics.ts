import { countMail, countUnended } from '../../db/service-figures.js';
import { metricsText } from '../../http/metrics-text.js';
import { setMailboxes, setUnended } from '../../metrics.js';
import { Reply, route } from '../route.js';
import type { Services } from '../services.js';

/** A database that is away must not take the metrics along, which tell of that. */
const LONGEST_COUNT_MS = 500;

/** What is counted in time, or null. */
async function inTime<T>(counting: Promise<T>, log: Services['log']): Promise<T | null> {
  const late = new Promise<null>((resolve) => setTimeout(resolve, LONGEST_COUNT_MS, null).unref());
  const counted = counting.catch((error: unknown) => {
    log.debug({ error }, 'What waits could not be counted');
    return null;
  });
  return Promise.race([counted, late]);
}

async function measureQueues({ db, log }: Services): Promise<void> {
  const [tasks, mail] = await Promise.all([inTime(countUnended(db), log), inTime(countMail(db), log)]);
  setUnended(tasks);
  setMailboxes(mail);
}

const metricsRoute = route({
  method: 'get',
  path: '/metrics',
  callers: ['open'],
  summary: 'Metrics of this process, for Prometheus',
  tag: 'Health',
  answers: { 200: { description: 'Prometheus text', mediaTypes: ['text/plain'] } },
  async handle(_, services) {
    await measureQueues(services);
    const { text, contentType } = await metricsText(services);
    return new Reply(200, text, { 'Content-Type': contentType });
  },
});

export const metricsRoutes = [metricsRoute];

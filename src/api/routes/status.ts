import { queuedByPriority, serviceFigures } from '../../db/service-figures.js';
import { ServiceStatus } from '../../schemas/service-status.js';
import { route } from '../route.js';
import { callers, tag } from './tasks.js';

const statusRoute = route({
  method: 'get',
  path: '/status',
  callers,
  orgWide: true,
  tag,
  summary: 'How many tasks wait and run, and how many more could',
  description: 'Over all workers, wherever they run. `MAX_WORKERS` is taken to be the same for all of them.',
  answers: { 200: ServiceStatus },
  async handle({ caller: { orgId } }, { db, taskWorkers, config }) {
    const [workers, figures, waiting] = await Promise.all([
      taskWorkers.count(),
      serviceFigures(db, orgId),
      queuedByPriority(db, orgId),
    ]);
    const slots = workers * config.MAX_WORKERS;
    return {
      running: workers > 0,
      queue_size: figures.queued,
      queue_by_priority: waiting,
      active_workers: Math.min(figures.running, slots),
      available_slots: Math.max(0, slots - figures.busyOfAll),
      heartbeats: figures.enabledSchedules,
    };
  },
});

export const statusRoutes = [statusRoute];

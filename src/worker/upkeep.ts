import { type Client, ScheduleAlreadyRunning } from '@temporalio/client';
import { eventFeedId } from '../messages/event-feed.js';
import { QUEUES } from '../messages/queues.js';
import { SWEEP_ID } from '../messages/sweep.js';

/** Starts what Mainspring does for itself, once for all processes: the sweep, and deleting what ended long ago. */
export async function ensureUpkeep(client: Client): Promise<void> {
  await client.workflow.start('sweep', {
    workflowId: SWEEP_ID,
    taskQueue: QUEUES.deliveries,
    args: [{ isNew: true }],
    workflowIdConflictPolicy: 'USE_EXISTING',
    staticSummary: 'Re-arms whatever is overdue, every 15 s',
  });
  try {
    await client.schedule.create({
      scheduleId: 'retention',
      spec: { intervals: [{ every: '1d', offset: '3h' }] },
      action: {
        type: 'startWorkflow',
        workflowType: 'retention',
        workflowId: 'retention',
        taskQueue: QUEUES.deliveries,
      },
      policies: { overlap: 'SKIP' },
      memo: { purpose: 'Deletes what ended longer ago than LEDGER_RETENTION_DAYS' },
    });
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
  }
}

/** Starts what publishes an organisation's events through NATS, once for all processes. */
export async function ensureEventFeed(client: Client, orgId: string): Promise<void> {
  await client.workflow.start('eventFeed', {
    workflowId: eventFeedId({ orgId }),
    taskQueue: QUEUES.brokers,
    args: [{ orgId }],
    workflowIdConflictPolicy: 'USE_EXISTING',
    staticSummary: 'Publishes events through NATS',
  });
}

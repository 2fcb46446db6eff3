/** Task queues: what waits for slots of its own has a queue of its own. */
export const QUEUES = {
  timers: 'timers',
  deliveries: 'deliveries',
  agents: 'agents',
  tasks: 'tasks',
  brokers: 'brokers',
} as const;
export type Queue = (typeof QUEUES)[keyof typeof QUEUES];

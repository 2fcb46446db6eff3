import type { MainspringClient, NewTimer } from '../../src/client/index.js';

type Call = (client: MainspringClient) => unknown;

const timer: NewTimer = { tenantId: 't', requestedBy: 'r', name: 'n', duration: '1h' };
const moment = new Date(0);
const agentTask = { agent_name: 'a', prompt: 'p' };
const message = { type: 'question', payload: {} };
const asRead = { ifMatch: '"1"' };
const held = { id: 'm', leaseId: 'l' };
const page = { limit: 2 };
const wait = { wait: '1s' };
const session = { sessionId: 's' };
const period = { period: '1h' } as const;

const timers: Record<string, Call> = {
  postTimers: ({ timers }) => timers.create(timer),
  getTimers: ({ timers }) =>
    timers.list({
      ...{
        tenantId: 't',
        requestedBy: 'r',
        name: 'n',
        status: 'fired',
        fireBefore: moment,
        fireAfter: moment,
      },
      ...page,
    }),
  postTimersBatch: ({ timers }) => timers.createMany([timer]),
  getTimersById: ({ timers }) => timers.get('x', wait),
  postTimersByIdCancel: ({ timers }) => timers.cancel('x', { reason: 'done' }),
  postTimersByIdReschedule: ({ timers }) => timers.reschedule('x', { duration: '1h' }),
  postTimersByIdReset: ({ timers }) => timers.reset('x'),
  postTimersByIdFire: ({ timers }) => timers.fire('x'),
  getTimersMetrics: ({ timers }) => timers.metrics({ tenantId: 't', requestedBy: 'r', ...period }),
  getAgentHealth: ({ timers }) => timers.health({ tenantId: 't' }),
};

const deliveries: Record<string, Call> = {
  getDeliveries: ({ deliveries }) => deliveries.list({ status: 'dead', timerId: 't', taskId: 't', ...page }),
  getDeliveriesById: ({ deliveries }) => deliveries.get('x'),
  postDeliveriesByIdRedeliver: ({ deliveries }) => deliveries.redeliver('x'),
  postDeliveriesRedeliver: ({ deliveries }) => deliveries.redeliverDead(moment),
  getWebhookSecret: ({ webhookSecret }) => webhookSecret.get(),
  postWebhookSecretRotate: ({ webhookSecret }) => webhookSecret.rotate(),
  getEvents: ({ events }) => events.list({ type: 'timer.*', subject: 's', order: 'desc', ...page }),
  postSubscriptions: ({ subscriptions }) => subscriptions.create({ url: 'https://a.example', types: ['*'] }),
  getSubscriptions: ({ subscriptions }) => subscriptions.list(),
  deleteSubscriptionsById: ({ subscriptions }) => subscriptions.delete('x'),
};

const agents: Record<string, Call> = {
  postAgents: ({ agents }) => agents.create({ name: 'a' }),
  getAgents: ({ agents }) =>
    agents.list({
      ...{ name: 'a', type: 't', status: 'active', lifecycle: 'running', connection: 'online' },
      ...page,
    }),
  getAgentsById: ({ agents }) => agents.get('x'),
  patchAgentsById: ({ agents }) => agents.update('x', {}, asRead),
  deleteAgentsById: ({ agents }) => agents.delete('x', asRead),
  postAgentsByIdSuspend: ({ agents }) => agents.suspend('x', asRead),
  postAgentsByIdActivate: ({ agents }) => agents.activate('x', asRead),
  postAgentsByIdStart: ({ agents }) => agents.start('x', asRead),
  postAgentsByIdPause: ({ agents }) => agents.pause('x', asRead),
  postAgentsByIdResume: ({ agents }) => agents.resume('x', asRead),
  postAgentsByIdStop: ({ agents }) => agents.stop('x', asRead),
  getAgentsByIdHistory: ({ agents }) => agents.history('x', page),
  getAgentsByIdEvents: ({ agents }) => agents.events('x', page),
  getAgentsByIdAnalytics: ({ agents }) => agents.analytics('x', period),
  getAgentsByIdLogs: ({ agents }) => agents.logs('x', { tail: 1, since: moment }),
  postAgentsByIdCredentialsRegenerate: ({ agents }) => agents.regenerateCredentials('x'),
};

const messages: Record<string, Call> = {
  postAgentsByIdMessages: ({ messages }) => messages.send('x', message),
  getAgentsByIdMessages: ({ messages }) => messages.list('x', { status: 'dead', ...page }),
  postTopicsByTopicMessages: ({ messages }) => messages.publish('a.b', message),
  getTopicsByTopicMessages: ({ messages }) => messages.history('a.b', page),
  getMessagesById: ({ messages }) => messages.get('x', wait),
  postAgentsByIdMessagesByMessageIdRedeliver: ({ messages }) => messages.redeliver('x', 'm'),
  postAgentsByIdMessagesRedeliver: ({ messages }) => messages.redeliverAll('x', { status: 'dead' }),
  getAgentsByIdInbox: ({ messages }) => messages.inbox('x').take({ max: 1, lease: '1s', ...wait }),
  postMessagesByIdAck: ({ messages }) => messages.inbox('x').ack(held),
  postMessagesByIdNack: ({ messages }) => messages.inbox('x').nack(held),
  postMessagesByIdExtend: ({ messages }) => messages.inbox('x').extend(held),
  postBrokers: ({ brokers }) => brokers.create({ name: 'b', kind: 'nats', endpoints: ['nats://b.example'] }),
  getBrokers: ({ brokers }) => brokers.list(),
  getBrokersById: ({ brokers }) => brokers.get('x'),
  patchBrokersById: ({ brokers }) => brokers.change('x', {}),
  deleteBrokersById: ({ brokers }) => brokers.delete('x'),
  getAgentsByIdMemories: ({ memories }) => memories.list('x', { ...session, ...page }),
  deleteAgentsByIdMemories: ({ memories }) => memories.deleteAll('x', session),
  getAgentsByIdMemoriesByKey: ({ memories }) => memories.get('x', 'k', session),
  putAgentsByIdMemoriesByKey: ({ memories }) => memories.set('x', 'k', 1, session),
  deleteAgentsByIdMemoriesByKey: ({ memories }) => memories.delete('x', 'k', session),
};

const tasks: Record<string, Call> = {
  postApiAgentsExecute: ({ executions }) => executions.execute({ type: 'MARKET', action: 'a', input: {} }),
  getApiAgentsById: ({ executions }) => executions.get('x', wait),
  deleteApiAgentsById: ({ executions }) => executions.cancel('x'),
  getApiAgentsByIdHistory: ({ executions }) => executions.history('x', { ...page, offset: 1 }),
  getApiAgentsMetrics: ({ executions }) => executions.metrics(period),
  getApiAgents: ({ executions }) => executions.agents({ type: 'MARKET', ...page }),
  postTasks: ({ tasks }) => tasks.submit(agentTask),
  getTasks: ({ tasks }) =>
    tasks.list({
      ...{ status: 'queued', agent_name: 'a', session_id: 's', priority: 'HIGH', schedule_id: 's' },
      ...page,
    }),
  getTasksById: ({ tasks }) => tasks.get('x', wait),
  getTasksByIdToolCallsByCallId: ({ tasks }) => tasks.toolCall('x', 'c'),
  postTasksByIdCancel: ({ tasks }) => tasks.cancel('x'),
  postTasksByIdApprove: ({ tasks }) => tasks.approve('x'),
  postTasksByIdReject: ({ tasks }) => tasks.reject('x'),
  getTasksByIdStream: ({ tasks }) => tasks.stream('x'),
  getStatus: (client) => client.getStatus(),
  getStatistics: (client) => client.statistics(period),
};

const schedules: Record<string, Call> = {
  postSchedules: ({ schedules }) =>
    schedules.create({ agent_name: 'a', prompt_template: 'p', interval_seconds: 60 }),
  getSchedules: ({ schedules }) => schedules.list({ agent_name: 'a', enabled: true, ...page }),
  getSchedulesPreview: ({ schedules }) =>
    schedules.preview({
      ...{ cron_expression: '* * * * *', interval_seconds: 60, timezone: 'UTC' },
      ends_at: moment.toISOString(),
    }),
  getSchedulesById: ({ schedules }) => schedules.get('x'),
  patchSchedulesById: ({ schedules }) => schedules.change('x', {}, asRead),
  deleteSchedulesById: ({ schedules }) => schedules.delete('x'),
  postSchedulesByIdPause: ({ schedules }) => schedules.pause('x'),
  postSchedulesByIdResume: ({ schedules }) => schedules.resume('x'),
  postSchedulesByIdTrigger: ({ schedules }) => schedules.trigger('x'),
  postSchedulesByIdBackfill: ({ schedules }) => schedules.backfill('x', { from: 'a', to: 'b' }),
  getSchedulesByIdPreview: ({ schedules }) => schedules.preview('x'),
  getSchedulesByIdHistory: ({ schedules }) => schedules.history('x', { ...page, cursor: 'c' }),
};

const registry: Record<string, Call> = {
  postTools: ({ tools }) => tools.create({ name: 't', description: 'd', schema: { input: {} } }),
  getTools: ({ tools }) => tools.list({ category: 'c', kind: 'http', status: 'active', ...page }),
  getToolsById: ({ tools }) => tools.get('x'),
  patchToolsById: ({ tools }) => tools.update('x', {}, asRead),
  deleteToolsById: ({ tools }) => tools.delete('x', asRead),
  postInstructions: ({ instructions }) => instructions.create({ name: 'i', layer: 'organisation' }),
  getInstructions: ({ instructions }) =>
    instructions.list({ layer: 'agent', agentId: 'a', context: 'c', status: 'active', ...page }),
  getInstructionsById: ({ instructions }) => instructions.get('x'),
  patchInstructionsById: ({ instructions }) => instructions.update('x', {}, asRead),
  deleteInstructionsById: ({ instructions }) => instructions.delete('x', asRead),
  postApiKeys: ({ apiKeys }) => apiKeys.create({ name: 'k' }),
  getApiKeys: ({ apiKeys }) => apiKeys.list(),
  deleteApiKeysById: ({ apiKeys }) => apiKeys.revoke('x'),
  getLivez: ({ health }) => health.live(),
  getReadyz: ({ health }) => health.ready(),
  getApiHealthByPart: ({ health }) => health.part('db'),
  getMetrics: ({ health }) => health.metrics(),
};

/** The method of the client for each operation, called with every query parameter that the operation has. */
export const CALLS: Record<string, Call> = {
  ...timers,
  ...deliveries,
  ...agents,
  ...messages,
  ...tasks,
  ...schedules,
  ...registry,
};

/** Operations that the client has no method for, and why. */
export const LEFT_OUT: Record<string, string> = {
  deleteTimersById: 'the same as timers.cancel(), for clients that cannot send a body',
  getHealthz: 'the same as health.ready(), under the name that load balancers expect',
  getOpenapiJson: 'the document itself, for tools that make clients',
  postCodecDecode: "called by Temporal's Web UI and CLI, in their protocol",
  postCodecEncode: "called by Temporal's Web UI and CLI, in their protocol",
};

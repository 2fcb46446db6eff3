/** What there is to see on the board's pictures, made through the API of a running Mainspring. */
import { randomUUID } from 'node:crypto';

/** Nobody listens there: deliveries to it die. */
const NOWHERE = 'http://127.0.0.1:9/hook';

/** Calls the API; an administrator's calls take the token. */
function createCaller({ base, key, token }) {
  return async (method, path, body, { asAdmin = false, bearer } = {}) => {
    const credential = bearer ?? (asAdmin ? token : undefined);
    const answer = await fetch(base + path, {
      method,
      headers: {
        'content-type': 'application/json',
        ...(credential ? { authorization: `Bearer ${credential}` } : { 'x-api-key': key }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return text === '' ? null : JSON.parse(text);
  };
}

const timer = (tenantId, name, duration, actions, over = {}) => ({
  ...{ tenantId, requestedBy: `${tenantId}-service`, name, duration, ...over },
  actionBundle: { actions, retryPolicy: { maxAttempts: 2, backoffInitialMs: 100 } },
});

const TIMERS = [
  timer('orders', 'remind of the open basket', '48m', [{ type: 'log', data: { text: 'remind' } }]),
  timer('orders', 'release reserved stock', '14m', [{ type: 'log', data: { text: 'release' } }]),
  timer('billing', 'charge again after a declined card', '1d6h', [{ type: 'log', data: { text: 'charge' } }]),
  timer('billing', 'send the monthly statement', '9d', [{ type: 'log', data: { text: 'send' } }]),
  timer('support', 'answer is late', '3m', [{ type: 'log', data: { text: 'late' } }], {
    labels: { ticket: '4711' },
  }),
  timer('support', 'close the ticket', '2h', [{ type: 'log', data: { text: 'close' } }]),
  timer('fleet', 'watchdog of press 3', '40s', [{ type: 'log', data: { text: 'silent' } }]),
  timer('fleet', 'call home', '1s', [{ type: 'webhook', url: NOWHERE }]),
  timer('orders', 'tell the warehouse', '1s', [{ type: 'webhook', url: NOWHERE }]),
  ...['pick', 'pack', 'label', 'hand over'].map((step) =>
    timer('orders', `${step} order 1042`, '1s', [{ type: 'log', data: { text: step } }]),
  ),
];

async function makeTimers(call) {
  for (const one of TIMERS) await call('POST', '/timers', one);
  const gone = await call('POST', '/timers', timer('orders', 'follow up by phone', '5h', []));
  await call('POST', `/timers/${gone.timer.id}/cancel`, {
    reason: 'paid meanwhile',
    requestedBy: 'orders-service',
  });
}

const AGENTS = [
  {
    name: 'support desk',
    type: 'support',
    topics: ['support.*'],
    heartbeat: { interval: '30s' },
    maxDeliveries: 1,
  },
  { name: 'price watcher', type: 'crawler', topics: ['market.prices'], heartbeat: { interval: '1m' } },
  {
    name: 'invoice reader',
    type: 'documents',
    description: 'Reads invoices that come by mail',
    tools: ['get_listings'],
  },
  { name: 'night shift', type: 'support', topics: ['support.urgent'] },
];

/** An agent that connects and tells how it is. */
async function connect(call, agent, status) {
  const path = `/agents/${agent.id}`;
  const { secret } = await call('POST', `${path}/credentials/regenerate`, {}, { asAdmin: true });
  const { token } = await call('POST', `${path}/connect`, { secret });
  const metrics = { cpu: 0.21, queue: 3 };
  await call('POST', `${path}/heartbeat`, { status, metrics }, { bearer: token });
}

async function makeAgents(call) {
  const made = [];
  const { agents: known } = await call('GET', '/agents?limit=500');
  for (const wish of AGENTS) {
    const isTaken = known.some(({ name }) => name === wish.name);
    const name = isTaken ? `${wish.name} ${randomUUID().slice(0, 4)}` : wish.name;
    const { agent } = await call('POST', '/agents', { ...wish, name }, { asAdmin: true });
    made.push(agent);
  }
  const [desk, watcher, reader] = made;
  for (const { id } of [desk, watcher, reader]) await call('POST', `/agents/${id}/start`, {});
  await connect(call, desk, 'busy');
  await connect(call, watcher, 'online');
  await call('POST', `/agents/${reader.id}/pause`, {});
  return made;
}

async function makeMail(call, [desk, watcher]) {
  const send = (id, type, payload) =>
    call('POST', `/agents/${id}/messages`, { type, from: 'web shop', payload });
  for (const [order, problem] of [
    [1041, 'late'],
    [1042, 'damaged'],
    [1043, 'wrong size'],
  ])
    await send(desk.id, 'ticket.opened', { order, problem });
  const inbox = () => call('GET', `/agents/${desk.id}/inbox`);
  const [handled] = (await inbox()).messages;
  const reply = { text: 'It is on its way.' };
  await call('POST', `/messages/${handled.id}/ack`, { leaseId: handled.leaseId, reply });
  const [refused] = (await inbox()).messages;
  await call('POST', `/messages/${refused.id}/nack`, { leaseId: refused.leaseId, error: 'no such order' });
  await send(watcher.id, 'look.again', { category: 'cameras' });
  for (const price of [219, 214])
    await call('POST', '/topics/market.prices/messages', {
      type: 'price',
      payload: { category: 'cameras', price },
    });
}

const SCHEDULES = [
  {
    agent_name: 'MarketAgent',
    name: 'prices each morning',
    prompt_template: 'What did cameras sell for yesterday?',
    cron_expression: '0 8 * * 1-5',
    timezone: 'Europe/Madrid',
    delivery: [],
  },
  {
    agent_name: 'AnalyticsAgent',
    name: 'weekly report',
    prompt_template: 'How was the week?',
    cron_expression: '30 17 * * 5',
    timezone: 'Europe/Madrid',
    delivery: [],
  },
  {
    agent_name: 'AdminAgent',
    name: 'system check',
    prompt_template: 'Is everything well?',
    interval_seconds: 900,
    delivery: [],
  },
];

async function makeSchedules(call) {
  const made = [];
  for (const schedule of SCHEDULES) made.push((await call('POST', '/schedules', schedule)).schedule);
  await call('POST', `/schedules/${made[1].id}/pause`);
  await call('POST', `/schedules/${made[0].id}/trigger`, {});
}

const ask = (agent_name, prompt, over = {}) => ({ agent_name, prompt, delivery: [], ...over });
const TASKS = [
  ask('ContentAgent', 'A title for a used camera, please.'),
  ask('ContentAgent', 'Three lines about a red bicycle.', { priority: 'LOW' }),
  ask('AnalyticsAgent', 'Which users came back this week?', { priority: 'BACKGROUND' }),
  ask('MarketAgent', 'What do used cameras sell for?', { priority: 'HIGH' }),
  ask('AdminAgent', 'Tell the owner that the backup is done.', { priority: 'CRITICAL' }),
];

/** Answers the id of the one whose stream is worth looking at. */
async function makeTasks(call) {
  const tools = await call('GET', '/tools?limit=100');
  const notice = tools.tools.find(({ name }) => name === 'send_notification');
  if (notice) await call('PATCH', `/tools/${notice.id}`, { requiresApproval: true }, { asAdmin: true });
  for (const task of TASKS) await call('POST', '/tasks', task);
  const told = await call(
    'POST',
    '/tasks',
    ask('MarketAgent', 'What do used cameras sell for, and what belongs into the listing?'),
  );
  return told.task_id;
}

/** Makes some of everything; answers the ids of what has a picture of its own. */
export async function makeSampleRows(server) {
  const call = createCaller(server);
  await makeTimers(call);
  const agents = await makeAgents(call);
  await makeMail(call, agents);
  await makeSchedules(call);
  return { agentId: agents[0].id, taskId: await makeTasks(call) };
}

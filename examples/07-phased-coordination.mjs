/**
 * Phased coordination: a task of several agents goes through phases, each at its own moment.
 *
 * All timers are set at the start, in one request: agents that are told of a phase need no coordinator that is still alive then.
 *
 *     node 07-phased-coordination.mjs        (PHASE_SECONDS, 5 by default, is the length of a phase)
 */
import { MainspringClient } from 'mainspring';
import { openReceiver, readWebhookSecret } from './receiver.mjs';

const AGENT_ID = process.env.AGENT_ID ?? 'example-agent';
const PHASE_SECONDS = Number(process.env.PHASE_SECONDS ?? 5);
const AGENTS = ['agent-1', 'agent-2'];
const PHASES = ['initialise', 'process', 'finish'].map((name) => ({ name, delaySeconds: PHASE_SECONDS }));

const { timers } = new MainspringClient({ apiKey: process.env.MINOOTS_API_KEY ?? 'mnt_demo_key_pro' });
const receiver = await openReceiver(await readWebhookSecret());

/** One timer per phase and agent; a phase begins when the phases before it are over. */
async function coordinate(taskId, agents, phases) {
  let at = Date.now();
  const planned = phases.flatMap((phase, index) => {
    at += phase.delaySeconds * 1_000;
    const fireAt = new Date(at);
    return agents.map((agent) => ({
      tenantId: AGENT_ID,
      requestedBy: `coordinator-${AGENT_ID}`,
      name: `task-${taskId}-phase-${index}-${agent}`,
      fireAt,
      labels: { task: taskId, phase: phase.name },
      actionBundle: {
        actions: [
          {
            type: 'webhook',
            url: `${receiver.url}/task/${taskId}/phase/${index}?agent=${agent}`,
            data: {
              event: 'phase_start',
              task_id: taskId,
              phase: index,
              phase_name: phase.name,
              agent_id: agent,
            },
          },
        ],
      },
    }));
  });
  const created = await timers.createMany(planned);
  const refused = created.find((one) => 'error' in one);
  if (refused) throw new Error(`a phase cannot be planned: ${JSON.stringify(refused.error)}`);
  console.log(`${created.length} timers set for ${phases.length} phases of ${agents.length} agents`);
}

try {
  await coordinate('demo', AGENTS, PHASES);
  for (const [index, phase] of PHASES.entries()) {
    const waitMs = phase.delaySeconds * 1_000 + 60_000;
    for (const agent of AGENTS) {
      const isIt = ({ body }) => body.phase === index && body.agent_id === agent;
      const webhook = await receiver.next(isIt, waitMs);
      if (!webhook) throw new Error(`${agent} was not told of the phase ${phase.name}`);
      const lateMs = webhook.at - Date.parse(webhook.body.fire_at);
      console.log(`${agent} begins ${phase.name}, ${lateMs} ms after its moment`);
    }
  }
  console.log('all phases done');
} finally {
  receiver.close();
}

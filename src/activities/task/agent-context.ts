import type { AgentRow } from '../../db/agents.js';
import type { TaskRow } from '../../db/tasks.js';
import type { AgentContext, AgentMemory, ModelAnswer } from '../../plugin/define-agent.js';
import type { RecordedCalls } from './recorded-calls.js';

export interface AgentContextOptions {
  task: TaskRow;
  agent: AgentRow;
  calls: RecordedCalls;
  /** Takes what the code counts. */
  metrics: Map<string, number>;
  memory: AgentMemory;
  hasModel: boolean;
  signal: AbortSignal;
}

const METRIC = /^[A-Za-z_][A-Za-z0-9_.]{0,99}$/;
const MOST_METRICS = 100;

/** What the code of an agent is given. */
export function createAgentContext(options: AgentContextOptions): AgentContext {
  const { task, agent, calls, metrics, memory, hasModel, signal } = options;
  return {
    executionId: task.id,
    orgId: task.org_id,
    agent: { id: agent.id, name: agent.name, type: agent.type },
    method: task.method,
    prompt: task.prompt,
    userId: task.user_id,
    sessionId: task.session_id,
    metadata: task.metadata,
    hasModel,
    memory,
    signal,
    callTool: (name, args = {}) => calls.callTool(name, args),
    async callAI(prompt, question = {}) {
      const { schema, ...asked } = typeof question === 'string' ? { system: question } : question;
      // A requested call's answer is written by the activity that makes it, in this shape.
      return (await calls.callModel({ prompt, ...asked, ...(schema ? { schema } : {}) })) as ModelAnswer;
    },
    async updateMetric(name, add) {
      if (!METRIC.test(name)) throw new TypeError(`"${name}" is not the name of a metric`);
      if (!Number.isFinite(add)) throw new TypeError(`${name} must be raised by a number`);
      if (!metrics.has(name) && metrics.size >= MOST_METRICS) throw new RangeError('has too many metrics');
      metrics.set(name, (metrics.get(name) ?? 0) + add);
    },
  };
}

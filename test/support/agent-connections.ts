import { newAgentSecret } from '../../src/agents/new-agent-secret.js';
import type { CreatedOrg } from '../../src/api/create-org.js';
import type { AgentRow } from '../../src/db/agents.js';
import { anAgent, rowOf } from './agents.js';
import type { Sent, TestApi } from './api.js';

type Armed = { agent: AgentRow; secret: string };

export interface Connected {
  token: string;
  expiresAt: string;
}

/** Agents that connect to the API and belong to the organisation that are there when one is made. */
export function agentConnections(api: () => TestApi, org: () => CreatedOrg) {
  /** An agent that may connect. */
  async function armed(over: Partial<AgentRow> = {}): Promise<Armed> {
    const secret = newAgentSecret();
    const [digest] = api().vault.digests(secret);
    return {
      agent: await anAgent(api().database, { orgId: org().orgId, secret_digest: digest, ...over }),
      secret,
    };
  }
  const connect = (id: string, body: object, sent: Sent = {}, at = api()) =>
    at.send(`/agents/${id}/connect`, { body, ...sent });
  async function connected(over: Partial<AgentRow> = {}): Promise<Armed & { token: string }> {
    const one = await armed(over);
    const answer = await connect(one.agent.id, { secret: one.secret });
    return { ...one, token: answer.json<Connected>().token };
  }
  const call = (id: string, verb: string, token: string, body?: object) =>
    api().send(`/agents/${id}/${verb}`, { token, method: 'POST', ...(body ? { body } : {}) });
  const beat = ({ agent, token }: { agent: AgentRow; token: string }, body: object = { status: 'online' }) =>
    call(agent.id, 'heartbeat', token, body);
  const eventsOf = async ({ id }: AgentRow) => {
    const rows = await api()
      .database.db.selectFrom('events')
      .select(['type', 'data'])
      .where('subject', '=', id)
      .orderBy('id')
      .execute();
    return rows.map(({ type, data }) => [type, data.by ?? data.reason ?? data.to ?? data.from]);
  };
  const row = (agent: AgentRow) => rowOf(api().database, agent);
  const change = ({ id }: AgentRow, columns: object) =>
    api().database.db.updateTable('agents').set(columns).where('id', '=', id).execute();
  const sessions = ({ id }: AgentRow) =>
    api().database.db.selectFrom('agent_sessions').selectAll().where('agent_id', '=', id).execute();
  return { armed, connect, connected, call, beat, eventsOf, row, change, sessions };
}

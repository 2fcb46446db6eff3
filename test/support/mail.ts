import { v7 as newId } from 'uuid';
import { mintAgentToken } from '../../src/api/agent-token.js';
import type { AgentRow } from '../../src/db/agents.js';
import type { LeasedMessage, Message } from '../../src/schemas/message.js';
import { anAgent } from './agents.js';
import type { Answer, TestApi } from './api.js';

/** A question as somebody sends it. */
export const QUESTION = { type: 'question', payload: { content: 'What is new?' } };

/** An agent that runs, and what it does with its mail. */
export interface MailAgent {
  row: AgentRow;
  token: string;
  inbox(query?: string): Promise<LeasedMessage[]>;
  settle(id: string, verb: 'ack' | 'nack' | 'extend', body?: object): Promise<Answer>;
}

export async function aMailAgent(
  api: TestApi,
  orgId: string,
  over: Partial<AgentRow> = {},
): Promise<MailAgent> {
  const sealed = api.vault.seal('{}');
  const row = await anAgent(api.database, {
    ...{ orgId, name: `agent-${newId()}`, lifecycle: 'running', environment: sealed, settings: sealed },
    ...over,
  });
  const wish = { orgId, agentId: row.id, credentialVersion: row.credential_version, now: Date.now() };
  const { token } = await mintAgentToken(api.vault, wish);
  return {
    row,
    token,
    async inbox(query = '') {
      const answer = await api.send(`/agents/${row.id}/inbox${query}`, { token });
      if (answer.status !== 200) throw new Error(answer.text);
      return answer.json<{ messages: LeasedMessage[] }>().messages;
    },
    settle: (id, verb, body = {}) => api.send(`/messages/${id}/${verb}`, { token, body }),
  };
}

/** The message of an answer. */
export const messageOf = (answer: Answer): Message => {
  if (answer.status >= 300) throw new Error(answer.text);
  return answer.json<{ message: Message }>().message;
};

import { AgentRequest } from '../schemas/agent.js';

type Asked = Pick<AgentRequest, 'type' | 'description' | 'instruction' | 'tools' | 'model' | 'limits'>;

/** What is asked for of an agent besides its name, its secrets and its heartbeats: what is absent is null. */
export const plainOf = ({ type, description, instruction, tools, model, limits }: Asked) => ({
  ...{ type: type ?? null, description: description ?? null, instruction: instruction ?? null },
  ...{ tools, model: model ?? null, limits },
});

/** Heartbeats that are expected where nobody says how often. */
export const usualHeartbeat = () => AgentRequest.shape.heartbeat.parse(undefined);

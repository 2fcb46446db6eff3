import type { Config } from '../config.js';
import type { AgentRow } from '../db/agents.js';
import type { Vault } from '../secrets/vault.js';
import { candidatesOf } from './candidates.js';
import type { Candidate } from './models.js';
import { NO_MODEL } from './provider-table.js';

type Asking = Pick<AgentRow, 'model' | 'environment'>;

/** Which models an agent may ask. */
export interface AgentModels {
  /** In the order in which they are asked. */
  of(agent: Asking): Candidate[];
  /** The name of the first of them, or null where there is none. */
  firstOf(agent: Asking): string | null;
  /** Why there is none to ask, naming what to set; null where there is one. */
  lackOf(agent: Asking): string | null;
}

export function createAgentModels(config: Config, vault: Pick<Vault, 'open'>): AgentModels {
  const of = ({ model, environment }: Asking) =>
    candidatesOf({ model, environment: JSON.parse(vault.open(environment)) }, config);
  return {
    of,
    firstOf: (agent) => of(agent)[0]?.model ?? null,
    lackOf: (agent) => (of(agent).length === 0 ? NO_MODEL : null),
  };
}

import type { AgentRow } from '../db/agents.js';
import { type Catalogue, definitionOf, methodsOf, PROMPT_METHOD } from '../hosted/catalogue.js';
import { fieldErrors } from '../schemas/field-errors.js';
import { Prompt } from '../schemas/task.js';

/** What an agent is asked to do. */
export interface Assignment {
  method: string | null;
  prompt: string | null;
  input: Record<string, unknown>;
}

/** An assignment that the agent understands, or what about it is wrong. */
export type PreparedAssignment =
  | { kind: 'ready'; assignment: Assignment }
  | { kind: 'refused'; errors: { field: 'method' | 'input' | 'prompt'; path: string; message: string }[] };

const refused = (field: 'method' | 'input' | 'prompt', message: string, path = ''): PreparedAssignment => ({
  kind: 'refused',
  errors: [{ field, path, message }],
});

/** Why an agent takes no task now, or null. */
export function unavailableOf(agent: Pick<AgentRow, 'is_suspended' | 'lifecycle'>): string | null {
  if (agent.is_suspended) return 'it is suspended';
  return agent.lifecycle === 'paused' || agent.lifecycle === 'stopped' ? `it is ${agent.lifecycle}` : null;
}

/** Checks what an agent is asked against what it can do. A prompt may be the input of the method of that name. */
export function prepareAssignment(
  catalogue: Pick<Catalogue, 'agents'>,
  agent: Pick<AgentRow, 'definition'>,
  { method, prompt, input }: Assignment,
): PreparedAssignment {
  if (method === null) {
    return prompt === null
      ? refused('prompt', 'is needed')
      : { kind: 'ready', assignment: { method, prompt, input } };
  }
  const definition = definitionOf(catalogue, agent);
  const methods = methodsOf(definition);
  const known = methods.find(({ name }) => name === method)?.method;
  if (!known) {
    const takesAny =
      definition?.hooks.onExecute !== undefined && Object.keys(definition.methods).length === 0;
    if (takesAny) return { kind: 'ready', assignment: { method, prompt, input } };
    return refused('method', `must be one of ${methods.map(({ name }) => name).join(', ')}`);
  }
  const parsed = known.input.safeParse(input);
  if (!parsed.success) {
    return { kind: 'refused', errors: fieldErrors(parsed.error).map((one) => ({ field: 'input', ...one })) };
  }
  if (method === PROMPT_METHOD && !definition?.methods[PROMPT_METHOD])
    return { kind: 'ready', assignment: { method: null, prompt: Prompt.parse(input.prompt), input: {} } };
  return { kind: 'ready', assignment: { method, prompt, input } };
}

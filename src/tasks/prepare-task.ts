import type { z } from 'zod';
import type { AgentRow } from '../db/agents.js';
import { type Catalogue, definitionOf, methodsOf, PROMPT_METHOD } from '../hosted/catalogue.js';
import { type FieldError, fieldErrors } from '../schemas/field-errors.js';
import { Prompt } from '../schemas/task.js';

/** What an agent is asked to do. */
export interface Assignment {
  method: string | null;
  prompt: string | null;
  input: Record<string, unknown>;
}

/** What whoever asks calls the fields of an assignment. */
export type FieldNames = Record<'method' | 'prompt', string>;
const NAMES: FieldNames = { method: 'method', prompt: 'prompt' };

/** An assignment that the agent understands, or what about it is wrong. */
export type PreparedAssignment =
  | { kind: 'ready'; assignment: Assignment }
  | { kind: 'refused'; errors: FieldError[] };

const refused = (path: string, message: string): PreparedAssignment => ({
  kind: 'refused',
  errors: [{ path, message }],
});

/** Why an agent takes no task now, or null. */
export function unavailableOf(agent: Pick<AgentRow, 'is_suspended' | 'lifecycle'>): string | null {
  if (agent.is_suspended) return 'it is suspended';
  return agent.lifecycle === 'paused' || agent.lifecycle === 'stopped' ? `it is ${agent.lifecycle}` : null;
}

/** Whether a method has a field of that name: a prompt that is given besides the input reaches the code as that. */
function takesPrompt(schema: z.ZodType, input: Record<string, unknown>, prompt: string): boolean {
  if ('prompt' in input) return false;
  const { success, data, error } = schema.safeParse({ prompt, ...input });
  if (success) return typeof data === 'object' && data !== null && 'prompt' in data;
  return !error.issues.some(
    (issue) => issue.code === 'unrecognized_keys' && issue.path.length === 0 && issue.keys.includes('prompt'),
  );
}

/**
 * Checks what an agent is asked against what it can do. A prompt beside a method is a field of its input, where that has
 * one of this name; otherwise the code finds it in its context.
 */
export function prepareAssignment(
  catalogue: Pick<Catalogue, 'agents'>,
  agent: Pick<AgentRow, 'definition'>,
  { method, prompt, input }: Assignment,
  names = NAMES,
): PreparedAssignment {
  const definition = definitionOf(catalogue, agent);
  if (method === null) {
    if (prompt === null) return refused(names.prompt, 'is needed');
    // Only code that runs instead of the model is given both.
    if (Object.keys(input).length > 0 && !definition?.hooks.onExecute)
      return refused('input', 'is the input of a method: name the method too');
    return { kind: 'ready', assignment: { method, prompt, input } };
  }
  const methods = methodsOf(definition);
  const known = methods.find(({ name }) => name === method)?.method;
  if (!known) {
    const takesAny =
      definition?.hooks.onExecute !== undefined && Object.keys(definition.methods).length === 0;
    if (takesAny) return { kind: 'ready', assignment: { method, prompt, input } };
    return refused(names.method, `must be one of ${methods.map(({ name }) => name).join(', ')}`);
  }
  const whole = prompt !== null && takesPrompt(known.input, input, prompt) ? { prompt, ...input } : input;
  const parsed = known.input.safeParse(whole);
  if (!parsed.success) {
    const errors = fieldErrors(parsed.error).map(({ path, message }) => ({
      path: path === '' ? 'input' : `input.${path}`,
      message,
    }));
    return { kind: 'refused', errors };
  }
  if (method === PROMPT_METHOD && !definition?.methods[PROMPT_METHOD])
    return { kind: 'ready', assignment: { method: null, prompt: Prompt.parse(whole.prompt), input: {} } };
  return { kind: 'ready', assignment: { method, prompt, input: whole } };
}

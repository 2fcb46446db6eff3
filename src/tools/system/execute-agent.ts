import { z } from 'zod';
import { freeForm, Name } from '../../schemas/identity.js';
import { MethodName, Prompt } from '../../schemas/task.js';
import { defineBuiltin } from '../builtin.js';

export const ExecuteAgentArguments = z
  .strictObject({
    agent: Name.describe('The name of the agent'),
    method: MethodName.optional().describe('One of its methods'),
    input: freeForm(256).default({}).describe('Of the method'),
    prompt: Prompt.optional().describe('What it is asked, where no method is given'),
  })
  .refine(({ method, prompt }) => method !== undefined || prompt !== undefined, {
    error: 'either method or prompt is needed',
  });

/** Starts a task for another agent and waits for it. */
export const executeAgent = defineBuiltin({
  name: 'execute_agent',
  version: '1.0',
  category: 'system',
  description:
    'Has another agent of the organisation do a part of the work, and answers what it came to. Limits of depth and ' +
    'number apply.',
  isRepeatable: true,
  schema: ExecuteAgentArguments,
  execute() {
    throw new Error('is called by the workflow: it waits longer than a call does');
  },
});

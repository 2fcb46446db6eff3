import { expect, test } from '@jest/globals';
import { z } from 'zod';
import { type AgentContext, CallError, defineAgent, defineMethod } from '../../src/plugin/define-agent.js';

const base = { name: 'Parcels', type: 'PARCEL', description: 'Sends them' };
// The methods of these tests need none of it.
const context = {} as AgentContext;

test('an agent needs no more than a name, a type and what it is', () => {
  expect(defineAgent(base)).toEqual({
    ...base,
    ...{ tools: [], instruction: null, limits: {}, methods: {}, hooks: {} },
  });
});

test('limits are read, and all seven hooks are taken', () => {
  const hook = () => undefined;
  const hooks = {
    ...{ onInitialize: hook, onPreprocess: hook, onExecute: hook, onPostprocess: hook },
    ...{ onSuccess: hook, onError: hook, onShutdown: hook },
  };
  const agent = defineAgent({ ...base, ...hooks, limits: { timeout: '20s' }, instruction: {} });
  expect(agent.hooks).toEqual(hooks);
  expect(agent.limits).toEqual({ timeout: 20_000 });
  expect(agent.instruction).toEqual({ systemPrompt: '', guidelines: [] });
});

test('a method is given its input as the schema reads it', async () => {
  const method = defineMethod({
    description: 'Adds',
    input: z.strictObject({ a: z.number(), b: z.number().default(2) }),
    run: ({ a, b }) => a + b,
  });
  expect(method).toMatchObject({ model: 'none', inputSchema: { required: ['a'] } });
  expect(await method.run({ a: 1 }, context)).toBe(3);
});

test('input that a hook has spoilt is refused as invalid, not run', () => {
  const method = defineMethod({ description: 'x', input: z.strictObject({ a: z.number() }), run: () => 1 });
  expect(() => method.run({ a: 'x' }, context)).toThrow(CallError);
  expect(() => method.run({ a: 'x' }, context)).toThrow('a Invalid input');
});

test.each([
  { name: '' },
  { type: ' ' },
  { tools: ['has spaces'] },
  { limits: { maxSteps: 0 } },
  { methods: { 'not a name': defineMethod({ description: '', input: z.object({}), run: () => 1 }) } },
])('%# cannot be an agent', (wrong) => {
  expect(() => defineAgent({ ...base, ...wrong })).toThrow();
});

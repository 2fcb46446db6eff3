import { expect, test } from '@jest/globals';
import { z } from 'zod';
import { defineTool, type ToolContext } from '../../src/plugin/define-tool.js';

const base = { name: 'greet', description: 'Greets', category: 'social' };
// What these tools do, needs none of it.
const context = {} as ToolContext;

test('a list of parameters becomes a schema that a model reads and arguments are checked with', async () => {
  const tool = defineTool({
    ...base,
    parameters: [
      { name: 'who', type: 'string', description: 'Whom' },
      { name: 'times', type: 'integer', default: 1 },
      { name: 'tone', type: 'string', enum: ['kind', 'curt'], required: false },
    ],
    execute: ({ who, times }) => `hello ${who} ×${times}`,
  });
  expect(tool.inputSchema).toMatchObject({
    type: 'object',
    properties: {
      who: { type: 'string', description: 'Whom' },
      times: { type: 'integer', default: 1 },
      tone: { enum: ['kind', 'curt'] },
    },
    required: ['who'],
    additionalProperties: false,
  });
  const args = tool.input.parse({ who: 'ines' });
  expect(args).toEqual({ who: 'ines', times: 1 });
  await expect(tool.execute(args, context)).resolves.toBe('hello ines ×1');
  for (const bad of [
    {},
    { who: 1 },
    { who: 'x', times: 1.5 },
    { who: 'x', tone: 'rude' },
    { who: 'x', y: 1 },
  ])
    expect(tool.input.safeParse(bad).success).toBe(false);
});

test('every type of parameter takes its own values only', () => {
  const types = ['string', 'number', 'integer', 'boolean', 'array', 'object'] as const;
  const values = ['x', 1.5, 2, true, [1], { a: 1 }];
  const taken = types.map((type) => {
    const { input } = defineTool({ ...base, parameters: [{ name: 'v', type }], execute: () => null });
    return values.filter((v) => input.safeParse({ v }).success);
  });
  expect(taken).toEqual([['x'], [1.5, 2], [2], [true], [[1]], [{ a: 1 }]]);
});

test('a zod schema types the arguments, and a model is given what it may send', async () => {
  const tool = defineTool({
    ...base,
    schema: z.strictObject({ at: z.string().transform((text) => new Date(text)) }),
    execute: ({ at }) => at.getUTCFullYear(),
  });
  expect(tool.inputSchema).toMatchObject({ properties: { at: { type: 'string' } } });
  await expect(tool.execute(tool.input.parse({ at: '2030-01-31' }), context)).resolves.toBe(2030);
});

test('without a word about it a tool is not repeatable and needs no approval', () => {
  const tool = defineTool({ ...base, parameters: [], execute: () => null });
  expect(tool).toMatchObject({ version: '1.0', isRepeatable: false, requiresApproval: false });
});

test('what a tool throws at once is a rejection', async () => {
  const tool = defineTool({
    ...base,
    parameters: [],
    execute() {
      throw new Error('no');
    },
  });
  await expect(tool.execute({}, context)).rejects.toThrow('no');
});

test.each([{ name: 'has spaces' }, { name: '' }, { description: '' }, { category: '' }])(
  '%j cannot be a tool',
  (wrong) => {
    expect(() => defineTool({ ...base, ...wrong, parameters: [], execute: () => null })).toThrow();
  },
);

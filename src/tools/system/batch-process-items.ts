import { z } from 'zod';
import { ToolName } from '../../schemas/agent.js';
import { freeForm } from '../../schemas/identity.js';
import { type BuiltinContext, defineBuiltin } from '../builtin.js';

const NAME = 'batch_process_items';
const MOST_ITEMS = 100;
const MOST_AT_ONCE = 10;

type ItemResult =
  | { index: number; status: 'completed'; result: unknown }
  | { index: number; status: 'failed'; error: string }
  | { index: number; status: 'skipped' };

interface Batch {
  tool: string;
  items: Record<string, unknown>[];
  shared: Record<string, unknown>;
  concurrency: number;
  stop_on_error: boolean;
}

/** Calls the tool for one item after the other, several at once. */
async function processAll(
  { tool, items, shared, concurrency, stop_on_error: stopsOnError }: Batch,
  { callTool, signal }: BuiltinContext,
): Promise<ItemResult[]> {
  const results = items.map((_, index): ItemResult => ({ index, status: 'skipped' }));
  const left = items.entries();
  let hasStopped = false;
  const work = async () => {
    for (const [index, item] of left) {
      if (hasStopped || signal.aborted) return;
      try {
        results[index] = { index, status: 'completed', result: await callTool(tool, { ...shared, ...item }) };
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        results[index] = { index, status: 'failed', error: message };
        hasStopped ||= stopsOnError;
      }
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  signal.throwIfAborted();
  return results;
}

export const batchProcessItems = defineBuiltin({
  name: NAME,
  version: '1.0',
  category: 'system',
  description:
    'Calls one of your other tools once for each item, several at once. Answers what came of each item: completed ' +
    'with its result, failed with its error, or skipped.',
  schema: z.strictObject({
    tool: ToolName.refine((tool) => tool !== NAME, 'must be another tool').describe(
      'One of your other tools',
    ),
    items: z.array(freeForm(64)).min(1).max(MOST_ITEMS).describe('The arguments of one call each'),
    shared: freeForm(64)
      .default({})
      .describe('Arguments that all calls have, unless their item says otherwise'),
    concurrency: z.int().min(1).max(MOST_AT_ONCE).default(5).describe('How many calls at once'),
    stop_on_error: z
      .boolean()
      .default(false)
      .describe('Begins no further call after one has failed; what is left is skipped'),
  }),
  async execute(args, context) {
    const results = await processAll(args, context);
    const count = (status: ItemResult['status']) =>
      results.filter((result) => result.status === status).length;
    return {
      tool: args.tool,
      total: results.length,
      ...{ completed: count('completed'), failed: count('failed'), skipped: count('skipped') },
      results,
    };
  },
});

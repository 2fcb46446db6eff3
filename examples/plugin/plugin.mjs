/**
 * A plugin: two tools, an agent with code of its own and a handler of messages. Mainspring loads it when MAINSPRING_PLUGINS names it:
 *
 *   MAINSPRING_PLUGINS=./examples/plugin/plugin.mjs npm start
 *
 * Every organisation then has the agent ParcelAgent (type PARCEL) and both tools; an agent with the handler `parcel`
 * answers messages with what a parcel costs.
 */
import { CallError, defineAgent, defineHandler, defineMethod, defineTool } from 'mainspring/plugin';
import { z } from 'zod';

/** Cents for a parcel: what it costs at all, and each kilogram. */
const TARIFFS = { standard: [490, 90], express: [990, 160] };
const DEPOTS = { ES: 'Madrid', FR: 'Lyon', DE: 'Kassel', PT: 'Porto' };

/** Arguments as a list of parameters: enough for most tools. */
const shippingCost = defineTool({
  name: 'shipping_cost',
  version: '1.0',
  description: 'Says what it costs to send a parcel, in US dollars.',
  category: 'shipping',
  // It only reads: a call whose worker died may be made again.
  isRepeatable: true,
  parameters: [
    { name: 'weight_kg', type: 'number', description: 'From 0 to 30' },
    { name: 'service', type: 'string', enum: Object.keys(TARIFFS), default: 'standard' },
  ],
  execute({ weight_kg: weight, service }) {
    // What a tool throws, the model is told.
    if (weight <= 0 || weight > 30) throw new Error('weight_kg must be from 0 to 30');
    const [base, perKilogram] = TARIFFS[service];
    return { service, weight_kg: weight, price: Math.round(base + perKilogram * weight) / 100 };
  },
});

/** Arguments as a zod schema: limits and shapes are checked before `execute` sees them. */
const bookParcel = defineTool({
  name: 'book_parcel',
  version: '1.0',
  description: 'Books a parcel, which is then collected and has to be paid.',
  category: 'shipping',
  // A person has to approve each call; an organisation may change that: PATCH /tools/:id.
  requiresApproval: true,
  // The carrier knows the call by its id, so that a second one books nothing.
  isRepeatable: true,
  schema: z.strictObject({
    country: z.enum(Object.keys(DEPOTS)).describe('Where it goes'),
    weight_kg: z.number().positive().max(30),
    service: z.enum(Object.keys(TARIFFS)).default('standard'),
  }),
  async execute({ country, weight_kg: weight, service }, { callId, orgId, signal }) {
    signal.throwIfAborted();
    // Here a carrier would be called: fetch(…, { headers: { 'Idempotency-Key': callId }, signal }).
    return { booking: `${orgId}/${callId}`, depot: DEPOTS[country], service, weight_kg: weight };
  },
});

/** A method: its input is checked when it is asked for, so `run` never sees another. */
const quote = defineMethod({
  description: 'Compares what the services cost for a weight; with a model also which one to take',
  input: z.strictObject({ weight_kg: z.number().positive().max(30) }),
  model: 'optional',
  async run({ weight_kg }, context) {
    // Calls that do not need each other are made at once. Each is recorded: a worker that dies repeats none.
    const quotes = await Promise.all(
      Object.keys(TARIFFS).map((service) => context.callTool('shipping_cost', { weight_kg, service })),
    );
    await context.updateMetric('quotes', quotes.length);
    return { quotes, advice: await adviceOn(quotes, context) };
  },
});

async function adviceOn(quotes, { hasModel, callAI }) {
  if (!hasModel) return null;
  try {
    const { text } = await callAI(JSON.stringify(quotes), 'Say in one sentence which service to take.');
    return text;
  } catch (error) {
    // No model answered, or a budget is spent: the quotes are there all the same.
    if (error instanceof CallError) return null;
    throw error;
  }
}

/** One that needs a person: the task waits for POST /tasks/:id/approve. */
const book = defineMethod({
  description: 'Books a parcel, once somebody has approved it',
  input: bookParcel.input,
  run: (input, { callTool }) => callTool('book_parcel', input),
});

const METHODS = { quote, book };

const parcelAgent = defineAgent({
  name: 'ParcelAgent',
  type: 'PARCEL',
  description: 'Knows what parcels cost, and books them',
  // The only tools it gets, whether its code or its model asks for them.
  tools: ['shipping_cost', 'book_parcel'],
  instruction: {
    systemPrompt: 'You send parcels.',
    guidelines: ['Name the price before you book.', 'Book only what you were asked to.'],
  },
  limits: { timeout: '20s', maxSteps: 6, maxCostUsd: 0.05 },
  methods: METHODS,

  // The seven hooks, in the order in which they run. Each may be left out.
  async onInitialize({ memory }) {
    // What an agent remembers outlives the task.
    if ((await memory.get('unit', null)) === undefined) await memory.set('unit', 'kg', null);
  },
  onPreprocess(input) {
    // What it answers is the input from then on; nothing keeps it. Carriers count in steps of 100 g.
    const { weight_kg: weight } = input;
    return typeof weight === 'number' ? { ...input, weight_kg: Math.ceil(weight * 10) / 10 } : undefined;
  },
  async onExecute(input, context) {
    // Instead of the method, or of the model's conversation with its tools: most agents leave it out.
    if (context.method !== null) return METHODS[context.method].run(input, context);
    const { text } = await context.callAI(input.prompt);
    return { text };
  },
  async onPostprocess(result, { memory }) {
    // What it answers is the output.
    return { ...result, unit: await memory.get('unit', null) };
  },
  async onSuccess(_result, { updateMetric }) {
    await updateMetric('succeeded', 1);
  },
  async onError({ category }, { updateMetric }) {
    await updateMetric(`failed_${category}`, 1);
  },
  async onShutdown({ updateMetric }) {
    // After success and error alike.
    await updateMetric('ended', 1);
  },
});

/** A tool of the handler's own: its code may call it whatever tools the agent has, and no model is given it. */
const customs = defineTool({
  name: 'customs',
  description: 'Says what customs cost, in US dollars.',
  category: 'shipping',
  isRepeatable: true,
  schema: z.strictObject({ country: z.string() }),
  execute: ({ country }) => ({ price: country in DEPOTS ? 0 : 12 }),
});

/** Answers messages of agents with `"handler": "parcel"`. With `prompt` instead of `run` their model would answer. */
const parcelHandler = defineHandler({
  name: 'parcel',
  description: 'Says what it costs to send a parcel',
  // A message that does not fit fails at once: nothing of it reaches `run`.
  payload: z.object({ weight_kg: z.number().positive().max(30), country: z.string() }),
  priority: ({ weight_kg: weight }) => (weight > 20 ? 'HIGH' : 'NORMAL'),
  tools: [customs],
  async run({ type, payload: { weight_kg: weight, country } }, { callTool }) {
    const { price } = await callTool('customs', { country });
    const [base, perKilogram] = TARIFFS.standard;
    // What it answers is the reply; null: there is none.
    return { cost_usd: price + Math.round(base + perKilogram * weight) / 100, answered: type };
  },
});

export const handlers = [parcelHandler];
export const tools = [shippingCost, bookParcel];
export const agents = [parcelAgent];

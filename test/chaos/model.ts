import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export interface ModelOptions {
  thinksMs: number;
  /** Whether it asks for the tool `send_notification` first. */
  callsTool: boolean;
}

interface Told {
  order: number;
  /** How often the model was asked for a step whose answer it had given completely before. */
  step: 'ask' | 'answer';
}

/** A model behind an OpenAI-compatible endpoint: of `task 7` it says `answer 7`, after it asked for one tool where it is to. */
export async function openModel({ thinksMs, callsTool }: ModelOptions) {
  const answered = new Map<string, number>();
  const server = createServer(async (req, res) => {
    const { messages } = JSON.parse(await textOf(req)) as { messages: { role: string; content: unknown }[] };
    const told = toldBy(messages);
    const { order } = told;
    const step = callsTool ? told.step : 'answer';
    await sleep(thinksMs);
    const message =
      step === 'ask' ? { content: null, tool_calls: [toolCall(order)] } : { content: `answer ${order}` };
    const choice = { index: 0, delta: { role: 'assistant', ...message }, finish_reason: null };
    const end = { index: 0, delta: {}, finish_reason: step === 'ask' ? 'tool_calls' : 'stop' };
    const chunk = (choices: object[], more: object = {}) =>
      `data: ${JSON.stringify({ id: '1', object: 'chat.completion.chunk', created: 1, model: 'chaos', choices, ...more })}\n\n`;
    res.setHeader('content-type', 'text/event-stream');
    res.write(chunk([choice]) + chunk([end]));
    res.write(chunk([], { usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 } }));
    res.end('data: [DONE]\n\n');
    if (!res.destroyed) answered.set(`${order} ${step}`, (answered.get(`${order} ${step}`) ?? 0) + 1);
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    answered,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

async function textOf(req: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of req) text += chunk;
  return text;
}

const toolCall = (order: number) => ({
  index: 0,
  id: `call-${order}`,
  type: 'function',
  function: { name: 'send_notification', arguments: JSON.stringify(notificationOf(order)) },
});
const notificationOf = (order: number) => ({ user_id: 'chaos', title: `task ${order}`, message: 'done' });

function toldBy(messages: { role: string; content: unknown }[]): Told {
  const asked = messages.findLast(({ role }) => role === 'user')?.content;
  const text = typeof asked === 'string' ? asked : JSON.stringify(asked);
  const order = Number(/task (\d+)/.exec(text)?.[1] ?? -1);
  return { order, step: messages.some(({ role }) => role === 'tool') ? 'answer' : 'ask' };
}

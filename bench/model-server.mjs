/** An OpenAI-compatible model that answers at once: it calls the tools that a prompt names, then says so. */
import { once } from 'node:events';
import { createServer } from 'node:http';

const USAGE = { prompt_tokens: 100, completion_tokens: 20, total_tokens: 120 };
const sse = (data) => `data: ${JSON.stringify(data)}\n\n`;

/** `call get_listings {"limit": 1}` in the user's last message asks for that tool; several lines for several. */
function wantedTools(messages) {
  const at = messages.findLastIndex(({ role }) => role === 'user');
  if (messages.slice(at + 1).some(({ role }) => role === 'tool')) return [];
  const content = messages[at]?.content ?? '';
  const text = typeof content === 'string' ? content : content.map((part) => part.text ?? '').join('\n');
  return [...text.matchAll(/^call (\S+) (\{.*\})$/gm)].map(([, name, args], index) => ({
    index,
    id: `call_${at}_${index}`,
    type: 'function',
    function: { name, arguments: args },
  }));
}

const lastQuestion = (messages) => {
  const content = messages.findLast(({ role }) => role === 'user')?.content ?? '';
  return typeof content === 'string' ? content : content.map((part) => part.text ?? '').join('\n');
};

/** Starts it on loopback; `requests` counts, `asked` keeps what was asked, `delayMs` can be set. */
export async function startModelServer() {
  const model = { requests: 0, asked: [], delayMs: 0 };
  const server = createServer(async (req, res) => {
    let body = '';
    for await (const chunk of req) body += chunk;
    model.requests += 1;
    const { messages = [], stream = false } = JSON.parse(body || '{}');
    model.asked.push(lastQuestion(messages));
    if (model.delayMs > 0) await new Promise((resolve) => setTimeout(resolve, model.delayMs));
    const tools = wantedTools(messages);
    const message = tools.length > 0 ? { content: null, tool_calls: tools } : { content: 'done' };
    const finish = tools.length > 0 ? 'tool_calls' : 'stop';
    const base = { id: 'answer', created: 1, model: 'bench-model' };
    if (!stream) {
      res.setHeader('content-type', 'application/json');
      const choices = [{ index: 0, message: { role: 'assistant', ...message }, finish_reason: finish }];
      return res.end(JSON.stringify({ ...base, object: 'chat.completion', choices, usage: USAGE }));
    }
    const chunk = (delta, finish_reason = null) =>
      sse({ ...base, object: 'chat.completion.chunk', choices: [{ index: 0, delta, finish_reason }] });
    res.setHeader('content-type', 'text/event-stream');
    res.write(chunk({ role: 'assistant', ...message }));
    res.write(chunk({}, finish));
    res.write(sse({ ...base, object: 'chat.completion.chunk', choices: [], usage: USAGE }));
    res.end('data: [DONE]\n\n');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return Object.assign(model, {
    url: `http://127.0.0.1:${server.address().port}/v1`,
    async close() {
      server.closeAllConnections();
      server.close();
    },
  });
}

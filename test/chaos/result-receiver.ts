import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';

/** A result of a task as a webhook brought it. */
export interface Result {
  webhookId: string;
  isSigned: boolean;
  body: { task_id: string; output: unknown };
}

/** Takes the results of tasks: all that came, by task. */
export async function openResultReceiver(secret: string) {
  const webhook = new Webhook(secret);
  const results = new Map<string, Result[]>();

  function isSigned(text: string, headers: Record<string, string>): boolean {
    try {
      webhook.verify(text, headers);
      return true;
    } catch {
      return false;
    }
  }
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += chunk;
    const headers = Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [name, `${value}`]),
    );
    const body: Result['body'] = JSON.parse(text);
    const result = { webhookId: headers['webhook-id'] ?? '', isSigned: isSigned(text, headers), body };
    results.set(body.task_id, [...(results.get(body.task_id) ?? []), result]);
    response.writeHead(204).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/result`,
    results,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** Receives webhooks and checks their signatures (https://www.standardwebhooks.com). */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { Webhook } from 'standardwebhooks';

/**
 * Listens for webhooks. AGENT_WEBHOOK_BASE is where Mainspring reaches this process; then it listens on PORT, or on
 * the port in that address. Without it, it listens on a free port of this machine.
 *
 * `next(isWanted, timeoutMs)` answers the first webhook that fits, kept ones included, or null when none came in time.
 */
export async function openReceiver(secret) {
  const base = process.env.AGENT_WEBHOOK_BASE ?? '';
  const port = Number(process.env.PORT || (base && (new URL(base).port || 8080)) || 0);
  const verifier = new Webhook(secret);
  const seen = new Set();
  const kept = [];
  const waiting = new Set();

  /** At least once: a webhook whose answer got lost comes again under its id. */
  function take(webhook) {
    if (seen.has(webhook.id)) return;
    seen.add(webhook.id);
    for (const waiter of waiting) {
      if (waiter.isWanted(webhook)) return waiter.resolve(webhook);
    }
    kept.push(webhook);
  }

  const server = createServer((request, response) => {
    const at = Date.now();
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      try {
        const body = verifier.verify(Buffer.concat(chunks), request.headers);
        response.writeHead(204).end();
        take({ id: request.headers['webhook-id'], path: request.url, body, at });
      } catch {
        response.writeHead(401).end();
      }
    });
  });
  server.listen(port, base ? '0.0.0.0' : '127.0.0.1');
  await once(server, 'listening');

  return {
    url: base.replace(/\/$/, '') || `http://127.0.0.1:${server.address().port}`,
    next(isWanted, timeoutMs) {
      const index = kept.findIndex(isWanted);
      if (index >= 0) return Promise.resolve(kept.splice(index, 1)[0]);
      return new Promise((resolve) => {
        const waiter = {
          isWanted,
          resolve(webhook) {
            clearTimeout(timer);
            waiting.delete(waiter);
            resolve(webhook);
          },
        };
        const timer = setTimeout(() => waiter.resolve(null), timeoutMs);
        waiting.add(waiter);
      });
    },
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** The `whsec_…` that webhooks of this organisation are signed with. */
export async function readWebhookSecret() {
  const base = process.env.MINOOTS_BASE_URL ?? 'http://localhost:3000';
  const headers = { 'X-API-Key': process.env.MINOOTS_API_KEY ?? 'mnt_demo_key_pro' };
  const response = await fetch(`${base}/webhook-secret`, { headers });
  if (!response.ok) throw new Error(`the webhook secret cannot be read: ${response.status}`);
  const { secret } = await response.json();
  return secret;
}

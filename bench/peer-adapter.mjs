#!/usr/bin/env node
/**
 * Lets a harness measure Mainspring that knows only `POST /timers {id, due, url, payload}` → 2xx once durable, and expects
 * `{id, due}` posted to `url` at `due` (ms since 1970). It translates each request to one of ours and passes its answer on.
 *
 *   node bench/peer-adapter.mjs --listen 9200 --to http://127.0.0.1:3000 [--key mnt_…]
 *
 * It costs a hop: a harness that can be changed should send our body itself (bench/peers.md).
 */
import { Agent, createServer, request } from 'node:http';
import { parseArgs } from 'node:util';

const { values: options } = parseArgs({
  options: {
    listen: { type: 'string', default: '9200' },
    to: { type: 'string', default: 'http://127.0.0.1:3000' },
    key: { type: 'string', default: 'mnt_demo_key_pro' },
  },
});
const target = new URL('/timers', options.to);
const agent = new Agent({ keepAlive: true, maxSockets: 256, noDelay: true });

/** The same timer, as Mainspring takes it; the id and the due moment come back in the webhook's body. */
function translate({ id, due, url, payload }) {
  return {
    tenantId: 'peers',
    requestedBy: 'peers',
    name: String(id),
    fireAt: new Date(due).toISOString(),
    actionBundle: { actions: [{ type: 'webhook', url, data: { ...payload, id, due } }] },
  };
}

const server = createServer((incoming, outgoing) => {
  if (incoming.method !== 'POST' || incoming.url !== '/timers') return outgoing.writeHead(404).end();
  const chunks = [];
  incoming.on('data', (chunk) => chunks.push(chunk));
  incoming.on('end', () => {
    const body = JSON.stringify(translate(JSON.parse(Buffer.concat(chunks).toString())));
    const headers = {
      'x-api-key': options.key,
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
    };
    const call = request(target, { method: 'POST', agent, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, { 'content-type': 'application/json' });
      answer.pipe(outgoing);
    });
    call.on('error', (error) => outgoing.writeHead(502).end(JSON.stringify({ error: error.message })));
    call.end(body);
  });
});
server.keepAliveTimeout = 60_000;
server.listen(Number(options.listen), '127.0.0.1', () => console.log(`ready on ${options.listen}`));

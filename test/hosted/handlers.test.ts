import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import { listMemories } from '../../src/db/memories.js';
import { ensureOrg } from '../../src/db/orgs.js';
import { type HandledMailWorld, startHandledMail } from '../support/handled-mail.js';
import { openReceiver, type Receiver } from '../support/receiver.js';

let world: HandledMailWorld;
let outside: Receiver;
beforeAll(async () => {
  world = await startHandledMail({ env: { MAINSPRING_PLUGINS: './examples/plugin/plugin.mjs' } });
});
afterAll(() => world.close());
beforeEach(() => world.model.reset());
afterEach(() => outside?.close());

const asked = () => world.model.requests.map(({ body }) => JSON.stringify(body));

describe('a ticket', () => {
  const ticket = (priority?: string | number) => ({
    subject: 'It does not start',
    description: 'Since this morning.',
    ...(priority === undefined ? {} : { priority }),
  });

  test.each([
    ['high', 3, 'urgent'],
    ['medium', 5, 'of medium priority'],
    ['low', 7, 'of low priority'],
    ['whenever', 7, 'of low priority'],
    [1, 7, 'of low priority'],
    [undefined, 7, 'of low priority'],
  ])('of priority %s has the priority %i, and a prompt of its own', async (priority, expected, words) => {
    const agent = await world.agent({ handler: { type: 'support' } });
    const id = await world.tell(agent, ticket(priority));
    expect(await world.ended(agent, id)).toMatchObject({ status: 'processed', reply: { content: 'done' } });
    expect((await world.taskOf(agent, id)).priority).toBe(expected);
    expect(asked()[0]).toContain(words);
    expect(asked()[0]).toContain('It does not start');
  });

  test('without a subject fails at once', async () => {
    const agent = await world.agent({ handler: { type: 'support' } });
    const id = await world.tell(agent, { description: 'Since this morning.' });
    expect(await world.ended(agent, id)).toMatchObject({
      ...{ status: 'failed', error: 'payload.subject is required' },
    });
  });
});

describe('a document', () => {
  test('is fetched, read, analysed, and its analysis remembered', async () => {
    outside = await openReceiver((_, response) => {
      response.setHeader('content-type', 'text/html; charset=utf-8');
      response.end(
        '<html><head><title>The plan</title><script>let secret = 1</script></head><body><h1>Goals</h1><p>Grow by 7&nbsp;%.</p></body></html>',
      );
    });
    const agent = await world.agent({ handler: { type: 'document' } });
    world.model.script({ text: 'It is a plan.' });
    const url = `${outside.url}/plan.html`;
    const id = await world.tell(agent, { document_url: url });
    expect(await world.ended(agent, id)).toMatchObject({
      status: 'processed',
      reply: {
        content: 'It is a plan.',
        document_url: url,
        type: 'text/html',
        title: 'The plan',
        is_cut: false,
      },
    });
    expect(asked()[0]).toContain('Grow by 7');
    expect(asked()[0]).not.toContain('secret');
    const memories = await listMemories(
      world.database.db,
      { orgId: agent.org_id, agentId: agent.id },
      { limit: 10, position: undefined },
    );
    expect(memories).toMatchObject([{ value: { document_url: url, analysis: 'It is a plan.' } }]);
    expect(memories[0]?.key).toMatch(/^document:[0-9a-f]{40}$/);
  });

  test('that is not there fails for good; a server that fails is asked again', async () => {
    let status = 404;
    outside = await openReceiver((_, response) => {
      response.writeHead(status, { 'content-type': 'text/plain' });
      response.end('words');
      status = status === 500 ? 200 : 500;
    });
    const agent = await world.agent({ handler: { type: 'document' } });
    const missing = await world.tell(agent, { document_url: `${outside.url}/a` });
    const gone = await world.ended(agent, missing);
    expect(gone).toMatchObject({ status: 'failed', deliveries: 1 });
    expect(gone.error).toMatch(/^invalid_input: the document cannot be had: .* answered 404$/);
    const failing = await world.tell(agent, { document_url: `${outside.url}/b` });
    expect(await world.ended(agent, failing)).toMatchObject({ status: 'processed', deliveries: 2 });
  });

  test('is not fetched from where no request may go', async () => {
    const agent = await world.agent({ handler: { type: 'document' } });
    const id = await world.tell(agent, { document_url: 'http://10.0.0.1/plan.txt' });
    expect(await world.ended(agent, id)).toMatchObject({
      ...{ status: 'failed', error: 'invalid_input: the document is at an address that may not be reached' },
    });
  });
});

describe('a webhook', () => {
  const SECRET = `whsec_${Buffer.alloc(24, 3).toString('base64')}`;
  const webhookAgent = async (path = '/hook') => {
    const orgId = `org-${randomUUID()}`;
    const { database, vault } = world;
    await ensureOrg(database.db, {
      ...{ id: orgId, name: orgId, tier: 'pro', webhookSecret: vault.seal(SECRET) },
    });
    const headers = { 'X-Team': vault.seal('blue') };
    return world.agent({ orgId, handler: { type: 'webhook', url: outside.url + path, headers } });
  };

  test('is sent the message, signed, and its answer is the reply', async () => {
    outside = await openReceiver((_, response) => {
      response.setHeader('content-type', 'application/json');
      response.end('{"answer":42}');
    });
    const agent = await webhookAgent();
    const id = await world.tell(agent, { content: 'hello', deep: [1] }, { topic: 'talk', type: 'greeting' });
    expect(await world.ended(agent, id)).toMatchObject({ status: 'processed', reply: { answer: 42 } });
    const [call] = outside.received;
    expect(call).toMatchObject({ method: 'POST', path: '/hook', headers: { 'x-team': 'blue' } });
    const headers = call?.headers as Record<string, string>;
    expect(headers['webhook-id']).toBe(`${id}.${agent.id}`);
    expect(new Webhook(SECRET).verify(call?.body ?? '', headers)).toMatchObject({
      ...{ id, topic: 'talk', type: 'greeting', from: 'a test', payload: { content: 'hello', deep: [1] } },
    });
  });

  test('that fails gets the very same message again', async () => {
    const statuses = [503, 200];
    outside = await openReceiver((_, response) => {
      response.writeHead(statuses.shift() ?? 200);
      response.end();
    });
    const agent = await webhookAgent();
    const id = await world.tell(agent, { content: 'hello' });
    expect(await world.ended(agent, id)).toMatchObject({
      ...{ status: 'processed', deliveries: 2, reply: null },
    });
    const [first, second] = outside.received;
    expect(second?.body).toBe(first?.body);
    expect(second?.headers['webhook-id']).toBe(first?.headers['webhook-id']);
  });

  test.each([
    ['redirects', 302, { location: '/elsewhere' }, '', 'could not be called: redirected'],
    [
      'answers JSON that is none',
      200,
      { 'content-type': 'application/json' },
      '{',
      'answered what it calls JSON',
    ],
    [
      'answers too much',
      200,
      { 'content-type': 'application/json' },
      JSON.stringify('a'.repeat(300_000)),
      '256 KB',
    ],
  ])('that %s is not sent the message again', async (_, status, headers, body, error) => {
    outside = await openReceiver((__, response) => {
      response.writeHead(status, headers);
      response.end(body);
    });
    const agent = await webhookAgent();
    const id = await world.tell(agent, { content: 'hello' });
    const receipt = await world.ended(agent, id);
    expect([receipt.status, receipt.deliveries, outside.received.length]).toEqual(['failed', 1, 1]);
    expect(receipt.error).toContain(error);
  });

  test('that refuses a message for good is not sent it again', async () => {
    outside = await openReceiver((_, response) => {
      response.writeHead(422);
      response.end();
    });
    const agent = await webhookAgent();
    const id = await world.tell(agent, { content: 'hello' });
    expect(await world.ended(agent, id)).toMatchObject({
      ...{ status: 'failed', deliveries: 1, error: 'invalid_input: the handler answered 422' },
    });
  });
});

describe("a plugin's handler", () => {
  test('runs its code with its own tool, which no model is given', async () => {
    const agent = await world.agent({ handler: { type: 'parcel' } });
    const id = await world.tell(agent, { weight_kg: 2, country: 'DE' });
    const { reply } = await world.ended(agent, id);
    expect(reply).toEqual({ cost_usd: expect.any(Number), answered: 'question' });
  });

  test('refuses what does not fit its payload', async () => {
    const agent = await world.agent({ handler: { type: 'parcel' } });
    const id = await world.tell(agent, { weight_kg: 'much' });
    const receipt = await world.ended(agent, id);
    expect(receipt.status).toBe('failed');
    expect(receipt.error).toContain('payload.weight_kg');
  });

  test('that no worker has the code of is tried again, then given up', async () => {
    const agent = await world.agent({ handler: { type: 'nobody' }, max_deliveries: 1 });
    const id = await world.tell(agent, {});
    expect(await world.ended(agent, id)).toMatchObject({
      ...{ status: 'dead', error: expect.stringContaining('no worker has the code of the handler nobody') },
    });
  });
});

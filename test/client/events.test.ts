import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { MainspringClient } from '../../src/client/index.js';
import { type Answer, type FakeServer, openFakeServer } from './fake-server.js';

let server: FakeServer;
beforeEach(async () => {
  server = await openFakeServer();
});
afterEach(() => server.close());

const stream =
  (...ids: string[]): Answer =>
  (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const id of ids)
      response.write(`id: ${id}\nevent: timer.fired\ndata: ${JSON.stringify({ id })}\n\n`);
    response.end();
  };

test('events are followed past the end of a stream, each after the one before, until nobody reads on', async () => {
  server.on('GET /events?type=timer.*', stream('2', '3'), stream(), stream('4'));
  const { events } = new MainspringClient({ baseUrl: server.url });
  const heard: string[] = [];
  for await (const { id } of events.follow({ type: 'timer.*' }, { lastId: '1' })) {
    heard.push(id);
    if (id === '4') break;
  }
  expect(heard).toEqual(['2', '3', '4']);
  const places = server.received.map(({ headers }) => headers['last-event-id']);
  expect([places[0], places.at(-1)]).toEqual(['1', '3']);
});

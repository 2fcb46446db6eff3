import { latestCursor, readEvents } from '../../db/events.js';
import { followEvents } from '../../db/follow-events.js';
import { EventFilter, EventPage } from '../../schemas/event.js';
import type { Caller } from '../caller.js';
import { checkCursor, eventStream, lastEventIdOf, STREAMED_AT_ONCE } from '../event-stream.js';
import { invalid } from '../problem.js';
import { type RouteRequest, route, type Stream } from '../route.js';
import type { Services } from '../services.js';

const isStreamWanted = (accept: string) => /\btext\/event-stream\b/i.test(accept);

type EventRequest = RouteRequest<object, EventFilter, undefined, Caller>;

async function stream(request: EventRequest, { database, log }: Services): Promise<Stream> {
  const { query, caller, signal, header } = request;
  const { orgId } = caller;
  const { type, subject } = query;
  if (query.order === 'desc')
    throw invalid([{ path: 'order', message: 'must be asc: a stream tells what happens as it happens' }]);
  const cursor = lastEventIdOf(header) ?? query.cursor ?? (await latestCursor(database.db));
  return eventStream({ orgId, signal, log }, async (to) => {
    const wish = { orgId, cursor, limit: STREAMED_AT_ONCE, type, subject, signal };
    for await (const page of followEvents(database, wish)) {
      for (const event of page) to.event(event);
      await to.drained();
    }
  });
}

const listRoute = route({
  method: 'get',
  path: '/events',
  callers: ['key'],
  orgWide: true,
  summary: 'What happened, the oldest first or (`order=desc`) the newest',
  description:
    'A page, or with `Accept: text/event-stream` every event as it happens: after `Last-Event-ID` (or `cursor`), without either from now on. A stream has no other order.',
  tag: 'Events',
  query: EventFilter,
  answers: {
    200: {
      description: 'A page of events, or a stream of them',
      schema: EventPage,
      mediaTypes: ['text/event-stream'],
    },
  },
  async handle(request, services) {
    const { query, caller } = request;
    checkCursor(query.cursor, 'cursor');
    if (isStreamWanted(request.header('accept'))) return stream(request, services);
    const { limit } = query;
    const rows = await readEvents(services.db, { ...query, limit: limit + 1, orgId: caller.orgId });
    const events = rows.slice(0, limit);
    return { events, nextCursor: rows.length > limit ? (events.at(-1)?.id ?? null) : null };
  },
});

export const eventRoutes = [listRoute];

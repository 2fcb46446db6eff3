import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { createSession } from 'better-sse';
import { latestCursor, parseCursor, readEvents } from '../../db/events.js';
import { followEvents } from '../../db/follow-events.js';
import { EventFilter, EventPage } from '../../schemas/event.js';
import type { Caller } from '../caller.js';
import { ApiProblem, invalid } from '../problem.js';
import { type RouteRequest, route, Stream } from '../route.js';
import type { Services } from '../services.js';

const KEEP_ALIVE_MS = 15_000;
const STREAMED_AT_ONCE = 100;
/** Streams that one process keeps open for one organisation. */
const MOST_STREAMS = 100;
const openStreams = new Map<string, number>();

const isStreamWanted = (accept: string) => /\btext\/event-stream\b/i.test(accept);

/** Throws `invalid` for a text that is no event's id. */
export function checkCursor(cursor: string | undefined, path: string): void {
  if (cursor !== undefined && !parseCursor(cursor)) {
    throw invalid([{ path, message: 'is not the id of an event' }]);
  }
}

type EventRequest = RouteRequest<object, EventFilter, undefined, Caller>;

const openOf = (orgId: string) => openStreams.get(orgId) ?? 0;

function checkRoom(orgId: string): void {
  if (openOf(orgId) < MOST_STREAMS) return;
  throw new ApiProblem('rate_limited', `more than ${MOST_STREAMS} open event streams`, {
    retryAfterSeconds: 5,
  });
}

async function stream(request: EventRequest, { database, log }: Services): Promise<Stream> {
  const { query, caller, signal, header } = request;
  const lastId = header('last-event-id') || undefined;
  checkCursor(lastId, 'Last-Event-ID');
  const cursor = lastId ?? query.cursor ?? (await latestCursor(database.db));
  checkRoom(caller.orgId);
  return new Stream((req, res) => {
    openStreams.set(caller.orgId, openOf(caller.orgId) + 1);
    const { type, subject } = query;
    const events = followEvents(database, {
      orgId: caller.orgId,
      cursor,
      limit: STREAMED_AT_ONCE,
      type,
      subject,
      signal,
    });
    const send = async () => {
      const session = await createSession(req, res, { keepAlive: KEEP_ALIVE_MS, serializer: JSON.stringify });
      for await (const page of events) {
        for (const event of page) session.push(event, event.type, event.id);
        await drained(res, signal);
      }
    };
    send()
      .catch((error: unknown) => log.warn({ error }, 'An event stream broke off'))
      .finally(() => {
        openStreams.set(caller.orgId, openOf(caller.orgId) - 1);
        res.end();
      });
  });
}

/** A slow reader is waited for: what it has not taken stays in the database, not in memory. */
async function drained(res: ServerResponse, signal: AbortSignal): Promise<void> {
  if (!res.writableNeedDrain || signal.aborted) return;
  // Rejects when the caller goes away, which the signal tells as well; leaves no listener behind either way.
  await once(res, 'drain', { signal }).catch(() => undefined);
}

const listRoute = route({
  method: 'get',
  path: '/events',
  callers: ['key'],
  orgWide: true,
  summary: 'What happened, the oldest first',
  description:
    'A page, or with `Accept: text/event-stream` every event as it happens: after `Last-Event-ID` (or `cursor`), without either from now on.',
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

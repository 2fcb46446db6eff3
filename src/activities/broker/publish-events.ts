import { once } from 'node:events';
import { type JetStreamClient, jetstream } from '@nats-io/jetstream';
import { cancellationSignal, heartbeat } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { ensureStreamOf, type OwnNats } from '../../brokers/own-nats.js';
import type { Database } from '../../db/database.js';
import { cursorOfFeed, moveFeed } from '../../db/event-feeds.js';
import { readEvents } from '../../db/events.js';
import { findOrg } from '../../db/orgs.js';
import type { FeedRef } from '../../messages/event-feed.js';

const STREAM = { name: 'MAINSPRING_EVENTS', subject: 'mainspring.events.>' };
const FEED = 'nats';
const AT_ONCE = 100;
const HEARTBEAT_MS = 2_000;
/** The ledger is read when something was appended, and so often besides: a notice may be lost. */
const LOOK_MS = 2_000;
const CONFIRM_MS = 10_000;

export interface PublishEventsOptions {
  database: Database;
  /** Undefined where no server is configured. */
  nats?: OwnNats | undefined;
  /** Aborted when the worker stops. */
  stopping: AbortSignal;
}

/**
 * Publishes an organisation's events in their order, each under its id, until the connection is lost. What was published
 * and not noted is published again: the server knows its id.
 */
export function createPublishEvents({ database, nats, stopping }: PublishEventsOptions) {
  const { db } = database;

  async function publishNext(client: JetStreamClient, { orgId }: FeedRef): Promise<number> {
    const key = { orgId, name: FEED };
    const cursor = await cursorOfFeed(db, key);
    const events = await readEvents(db, { orgId, cursor, limit: AT_ONCE });
    for (const event of events) {
      const told = { msgID: event.id, timeout: CONFIRM_MS };
      await client.publish(`mainspring.events.${event.type}`, JSON.stringify(event), told);
    }
    const last = events.at(-1);
    if (last) await moveFeed(db, key, last.id);
    return events.length;
  }

  async function follow(server: OwnNats, ref: FeedRef, signal: AbortSignal): Promise<void> {
    const connection = await server.open();
    const changes = new EventTarget();
    const stopListening = database.listen('events', () => changes.dispatchEvent(new Event('change')));
    try {
      await ensureStreamOf(connection, STREAM);
      const client = jetstream(connection);
      while (!signal.aborted && !connection.isClosed()) {
        const changed = nextChange(changes, signal);
        if ((await publishNext(client, ref)) === 0) await changed;
      }
    } finally {
      stopListening();
      await connection.close();
    }
  }

  return async function publishEvents(ref: FeedRef): Promise<void> {
    const beating = setInterval(heartbeat, HEARTBEAT_MS);
    try {
      if (!nats || stopping.aborted) throw later('this worker publishes no events');
      if (!(await findOrg(db, ref.orgId))) throw later('there is no such organisation yet');
      await follow(nats, ref, AbortSignal.any([stopping, cancellationSignal()]));
    } finally {
      clearInterval(beating);
    }
  };
}

const later = (message: string) =>
  ApplicationFailure.create({ message, type: 'NotNow', nextRetryDelay: '1s' });

/** Resolves when something was appended, when somebody wants an end, or after a while. */
async function nextChange(changes: EventTarget, signal: AbortSignal): Promise<void> {
  const ended = AbortSignal.any([signal, AbortSignal.timeout(LOOK_MS)]);
  await once(changes, 'change', { signal: ended }).catch(() => undefined);
}

import { useEffect, useState } from 'preact/hooks';
import { type Listing, type MainspringClient, MainspringError } from '../client/index.js';
import { news } from './news.js';
import { client, explain, heed } from './session.js';
import { isShown } from './shown.js';
import { paceMs } from './wire.js';

/** What a page shows, and what it says when it cannot. */
export interface Live<Data> {
  /** The last that was read; undefined until then. It stays while what is wrong is passing. */
  data: Data | undefined;
  error: string | undefined;
  reload(): void;
}

type Load<Data> = (client: MainspringClient, signal: AbortSignal) => Promise<Data>;

const SETTLE_MS = 250;
/** For what no event tells of. */
const OFTEN_MS = 10_000;
const LONGEST_REST_MS = 60_000;

/** The server is away or asks to be left alone: the banner says so, and what was read stays. */
const isPassing = (error: unknown) =>
  error instanceof MainspringError && (error.status === 0 || error.status === 429 || error.status >= 500);
const restAfter = (error: unknown) =>
  Math.min(LONGEST_REST_MS, (error instanceof MainspringError ? error.retryAfterMs : undefined) ?? 0);

interface Reading<Data> {
  load: Load<Data>;
  about: readonly string[];
  onData(data: Data): void;
  onError(error: unknown): void;
}

/** Calls for each event of these families from now on; answers how to stop. */
function hear(about: readonly string[], call: () => void): () => void {
  const before = news.peek();
  return news.subscribe((event) => {
    if (event && event !== before && about.some((family) => event.type.startsWith(family))) call();
  });
}

/** What is not there, or not for this key, is not asked for at each event. */
const leastRestMs = (isRefused: boolean) => Math.max(isRefused ? OFTEN_MS : 0, paceMs());

/** Calls at the earliest of the moments that it is set to. */
function createAlarm(call: () => void) {
  let waiting: ReturnType<typeof setTimeout> | undefined;
  let dueAt = Number.POSITIVE_INFINITY;
  const ring = () => {
    dueAt = Number.POSITIVE_INFINITY;
    call();
  };
  return {
    set(at: number) {
      if (at >= dueAt) return;
      clearTimeout(waiting);
      dueAt = at;
      waiting = setTimeout(ring, at - Date.now());
    },
    clear: () => clearTimeout(waiting),
  };
}

/** Reads now, after what happens and every so often, never faster than the allowance bears; answers how to stop. */
function keepReading<Data>(reader: MainspringClient, { load, about, onData, onError }: Reading<Data>) {
  const leaving = new AbortController();
  let readAt = 0;
  let isReading = false;
  let isRefused = false;
  /** What was wished for while it was read: that may have come too late to be in it. */
  let wishedMs = Number.POSITIVE_INFINITY;

  const alarm = createAlarm(() => void read());
  const readIn = (millis: number) => {
    wishedMs = Math.min(wishedMs, millis);
    if (leaving.signal.aborted || isReading) return;
    alarm.set(Math.max(Date.now() + wishedMs, readAt === 0 ? 0 : readAt + leastRestMs(isRefused)));
    wishedMs = Number.POSITIVE_INFINITY;
  };
  async function read() {
    if (!isShown.peek() && readAt > 0) return;
    isReading = true;
    let rest = OFTEN_MS;
    try {
      onData(await load(reader, leaving.signal));
      isRefused = false;
    } catch (error) {
      isRefused = !isPassing(error);
      rest = isRefused ? LONGEST_REST_MS : Math.max(restAfter(error), paceMs());
      if (!leaving.signal.aborted) onError(error);
    }
    isReading = false;
    readAt = Date.now();
    readIn(rest);
  }

  void read();
  const stopHearing = hear(about, () => readIn(SETTLE_MS));
  const stopLooking = isShown.subscribe((is) => is && readAt > 0 && readIn(0));
  return () => {
    for (const stop of [stopHearing, stopLooking, alarm.clear]) stop();
    leaving.abort();
  };
}

/**
 * Reads something and reads it again soon after each event of `about` (`timer.`, `task.`), and every 10 s.
 * `key` names what is read: another key reads at once.
 */
export function useLive<Data>(key: string, about: readonly string[], load: Load<Data>): Live<Data> {
  const [state, setState] = useState<{ key: string; data?: Data; error?: string | undefined }>({ key });
  const [turn, setTurn] = useState(0);
  const reader = client.value;

  useEffect(() => {
    if (!reader) return;
    return keepReading(reader, {
      load,
      about,
      onData: (data) => setState({ key, data, error: undefined }),
      onError(error) {
        heed(error);
        setState((last) => {
          const kept = last.key === key ? last : { key };
          return isPassing(error) && kept.data !== undefined ? kept : { ...kept, error: explain(error) };
        });
      },
    });
  }, [key, turn, reader]);

  const { data, error } = state.key === key ? state : { data: undefined, error: undefined };
  return { data, error, reload: () => setTurn((last) => last + 1) };
}

/** As much of a list as is asked for. */
export interface LiveList<Item> extends Live<Item[]> {
  hasMore: boolean;
  more(): void;
}

const FIRST = 50;
/** The most that one request answers. */
const LARGEST_PAGE = 500;

async function readUpTo<Item>(listing: Listing<Item>, count: number) {
  const items: Item[] = [];
  for await (const page of listing.pages()) {
    items.push(...page);
    if (items.length > count) break;
  }
  return { items: items.slice(0, count), hasMore: items.length > count };
}

/** The same for a list: its first 50, and twice as many with each `more`. `limit` is the size of a page to ask for. */
export function useLiveList<Item>(
  key: string,
  about: readonly string[],
  list: (client: MainspringClient, limit: number, signal: AbortSignal) => Listing<Item>,
): LiveList<Item> {
  const [wanted, setWanted] = useState({ key, count: FIRST });
  const [shown, setShown] = useState<{ key: string; items: Item[]; hasMore: boolean }>();
  const count = wanted.key === key ? wanted.count : FIRST;
  const { data, error, reload } = useLive(`${key} ${count}`, about, (reader, signal) =>
    readUpTo(list(reader, Math.min(LARGEST_PAGE, count + 1), signal), count),
  );
  useEffect(() => {
    if (data) setShown({ key, ...data });
  }, [data]);
  const last = data ?? (shown?.key === key ? shown : undefined);
  return {
    data: last?.items,
    hasMore: last?.hasMore ?? false,
    error,
    reload,
    more: () => setWanted({ key, count: count * 2 }),
  };
}

import { createClient } from '@redis/client';
import type { Config } from './config.js';
import type { Log } from './log.js';

/** A server that does not answer within this time is away. */
const ANSWER_MS = 5_000;
/** A connection is asked whether it stands whenever it was quiet for so long. */
const PING_MS = 2_000;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;

/** Of the stream of results about so many entries are kept: one that nobody reads does not fill the server. */
export const MOST_RESULTS = 10_000;
export const TRIM_RESULTS = {
  TRIM: { strategy: 'MAXLEN', strategyModifier: '~', threshold: MOST_RESULTS },
} as const;

type RedisConfig = Pick<Config, 'REDIS_URL' | 'REDIS_DB'>;

const openClient = ({ REDIS_URL: url = '', REDIS_DB: database }: RedisConfig) =>
  createClient({
    url,
    // A number that is not 0 goes before the one that the URL may end in.
    ...(database === 0 ? {} : { database }),
    // What cannot be sent now fails now: whoever sends it knows when to try again.
    disableOfflineQueue: true,
    pingInterval: PING_MS,
    socket: {
      connectTimeout: ANSWER_MS,
      // A server that hangs keeps its connections.
      socketTimeout: ANSWER_MS,
      reconnectStrategy: (retries) => Math.min(FIRST_PAUSE_MS * 2 ** Math.min(retries, 10), LONGEST_PAUSE_MS),
    },
  });

/** A connection that comes back by itself. Its commands reject at once while the server is away. */
export type RedisConnection = ReturnType<typeof openClient>;

/** The Redis server of a process. */
export interface Redis {
  /** For commands that do not wait. */
  commands: RedisConnection;
  /** A further connection, for reads that wait; whoever opens it closes it. */
  connect(): RedisConnection;
  /** Rejects when the server does not answer in time. */
  ping(): Promise<void>;
  close(): void;
}

/** Without a log it keeps to itself whether the server is there. */
function connect(config: RedisConfig, log?: Log): RedisConnection {
  const client = openClient(config);
  let isAway = false;
  // Without a listener, an error would end the process. It comes once for each attempt to connect.
  client.on('error', (error: unknown) => {
    if (!isAway) log?.warn({ error }, 'Redis does not answer; what it would carry waits');
    isAway = true;
  });
  client.on('ready', () => {
    if (isAway) log?.info('Redis answers again');
    isAway = false;
  });
  // Rejects only when it is closed before it stands.
  client.connect().catch((error: unknown) => log?.debug({ error }, 'A connection to Redis was given up'));
  return client;
}

/** Answers as the command does, or rejects when that takes too long: it may come to something all the same. */
export async function inTime<T>(command: Promise<T>, limitMs = ANSWER_MS): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const isOver = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`Redis did not answer within ${limitMs} ms`)), limitMs);
  });
  try {
    return await Promise.race([command, isOver]);
  } finally {
    clearTimeout(timer);
  }
}

/** Undefined where no server is configured. It connects by itself, however long that takes: nothing waits for it. */
export function createRedis(config: RedisConfig, log: Log): Redis | undefined {
  if (config.REDIS_URL === undefined) return undefined;
  const commands = connect(config, log);
  return {
    commands,
    connect: () => connect(config),
    async ping() {
      await inTime(commands.ping());
    },
    close: () => commands.destroy(),
  };
}

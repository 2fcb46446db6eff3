/** Priorities and fairness of tasks work with none of these at their defaults. */
const ORDER = [
  'matching.useNewMatcher=true',
  'matching.enableFairness=true',
  'matching.priorityLevels=6',
  // Order holds within a partition only. The dev server takes no value for a single queue; one machine needs one.
  'matching.numTaskqueueReadPartitions=1',
  'matching.numTaskqueueWritePartitions=1',
];

/** A step of a task that has begun starts at once where its worker has a slot: 40 ms sooner than by way of the queue. */
const EAGER = ['system.enableActivityEagerExecution=true'];

/** A server of one's own needs no protection from its one client (by default 2,400 requests a second). */
const LIMITS = [
  'frontend.rps=20000',
  'frontend.namespaceRPS=20000',
  'frontend.namespaceRPS.visibility=1000',
  'frontend.namespaceCount=20000',
  'history.rps=20000',
  'matching.rps=20000',
];

export interface ServerPlace {
  port: number;
  uiPort: number;
  databaseFile: string;
}

/** Everything it opens listens on loopback. WAL with full syncs is faster than its default and survives a power cut. */
export const serverArguments = ({ port, uiPort, databaseFile }: ServerPlace): string[] => [
  'server',
  'start-dev',
  ...['--ip', '127.0.0.1', '--port', String(port), '--ui-port', String(uiPort), '--log-level', 'warn'],
  ...['journal_mode=WAL', 'synchronous=FULL'].flatMap((pragma) => ['--sqlite-pragma', pragma]),
  ...[...ORDER, ...EAGER, ...LIMITS].flatMap((value) => ['--dynamic-config-value', value]),
  ...['--db-filename', databaseFile],
];

/** A terminal sends Ctrl-C to the whole group, and npm passes it on: what comes within this time is the same word. */
const SAME_WORD_MS = 1_000;

/** Calls back at the first SIGINT or SIGTERM; a second one ends the process at once with exit code 1. */
export function onStopSignal(stop: (signal: NodeJS.Signals) => void): void {
  let firstAt: number | undefined;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (firstAt === undefined) {
        firstAt = performance.now();
        stop(signal);
      } else if (performance.now() - firstAt > SAME_WORD_MS) process.exit(1);
    });
  }
}

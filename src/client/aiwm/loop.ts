/** Longer delays fire at once. */
const LONGEST_DELAY_MS = 2_147_483_647;

/** Does something again and again, never twice at once. */
export class Loop {
  readonly #task: () => Promise<number>;
  readonly #isUnref: boolean;
  #run = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #current: Promise<unknown> = Promise.resolve();

  /** `task` answers in how many ms it is to be done again, and does not throw. */
  constructor(task: () => Promise<number>, { isUnref = false } = {}) {
    this.#task = task;
    this.#isUnref = isUnref;
  }

  get isRunning(): boolean {
    return this.#timer !== undefined;
  }

  /** Begins, or begins anew, after a delay. */
  start(delayMs: number): void {
    clearTimeout(this.#timer);
    this.#plan(delayMs, ++this.#run);
  }

  /** Ends it; resolves when what was under way is over. */
  async stop(): Promise<void> {
    this.#run++;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    await this.#current;
  }

  #plan(delayMs: number, run: number): void {
    const once = async () => {
      if (run !== this.#run) return;
      const nextMs = await this.#task();
      if (run === this.#run) this.#plan(nextMs, run);
    };
    this.#timer = setTimeout(
      () => {
        this.#current = this.#current.then(once);
      },
      Math.min(Math.max(0, delayMs), LONGEST_DELAY_MS),
    );
    // In a browser it is a number.
    if (this.#isUnref && typeof this.#timer === 'object') this.#timer.unref();
  }
}

/** An answer is kept at least so long, ms, */
const LEAST_MS = 2_000;
/** and so many times as long as it took. */
const TIMES_AS_LONG = 10;
const MOST_KEPT = 1_000;

interface Kept<Answer> {
  answer: Promise<Answer>;
  untilMs: number;
}

/**
 * Answers that take work, kept for a while: whoever asks again, or at the same time, gets the same. What took longer is
 * kept longer, so that it never takes more than a tenth of the time, however often it is asked for.
 */
export class KeptAnswers<Answer> {
  readonly #kept = new Map<string, Kept<Answer>>();
  readonly #clock: () => number;

  constructor(clock: () => number = Date.now) {
    this.#clock = clock;
  }

  get(key: string, work: () => Promise<Answer>): Promise<Answer> {
    const known = this.#kept.get(key);
    if (known && known.untilMs > this.#clock()) return known.answer;
    if (this.#kept.size >= MOST_KEPT) this.#kept.clear();
    const begun = this.#clock();
    const kept: Kept<Answer> = { answer: work(), untilMs: Number.POSITIVE_INFINITY };
    this.#kept.set(key, kept);
    kept.answer.then(
      () => {
        kept.untilMs = this.#clock() + Math.max(LEAST_MS, (this.#clock() - begun) * TIMES_AS_LONG);
      },
      () => {
        if (this.#kept.get(key) === kept) this.#kept.delete(key);
      },
    );
    return kept.answer;
  }
}

import { MainspringError } from '../client/index.js';
import { detailOf } from './failure.js';
import { oneLine } from './plain-text.js';

/** No answer, too busy, a part that is away. */
const PASSING = [0, 429, 503];

/** What passes by itself: it is told once, however long it lasts. */
export class Outage {
  readonly #tell: (words: string) => void;
  #words: string | undefined;

  constructor(tell: (words: string) => void) {
    this.#tell = tell;
  }

  /** Answers what can be said about it. Throws the error again where it does not pass by itself. */
  goesOn(error: unknown): string {
    if (!(error instanceof MainspringError && PASSING.includes(error.status))) throw error;
    const words = `${oneLine(detailOf(error))}; trying again`;
    if (this.#words !== words) this.#tell(words);
    this.#words = words;
    return words;
  }

  isOver(): void {
    this.#words = undefined;
  }
}

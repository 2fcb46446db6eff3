/** A statement is worth a name once its text has come this often; texts that come once would only fill the memory. */
const WORTHWHILE_USES = 3;
const MOST_NAMES = 500;
const MOST_TEXTS_COUNTED = 2_000;

/**
 * Names for the statements that one connection uses again and again: a named one is parsed and planned once (round
 * trips on the embedded database: 20,000 a second without, 35,000 with a name).
 */
export class StatementNames {
  readonly #names = new Map<string, string>();
  readonly #uses = new Map<string, number>();

  /** The name under which to send a statement, or undefined to send it without. */
  nameOf(text: string): string | undefined {
    const known = this.#names.get(text);
    if (known !== undefined || this.#names.size >= MOST_NAMES) return known;
    const uses = (this.#uses.get(text) ?? 0) + 1;
    if (uses < WORTHWHILE_USES) {
      if (this.#uses.size >= MOST_TEXTS_COUNTED) this.#uses.clear();
      this.#uses.set(text, uses);
      return undefined;
    }
    this.#uses.delete(text);
    const name = `s${this.#names.size}`;
    this.#names.set(text, name);
    return name;
  }
}

/** How long an answer of the database about a credential is trusted, ms: a revoked one is refused after this. */
const FRESH_MS = 1_000;
const MOST_ENTRIES = 10_000;

interface Entry<T> {
  value: Promise<T | null>;
  freshUntilMs: number;
}

/**
 * What was looked up a moment ago, so that a busy caller costs one look-up a second. What was not found is not
 * kept: a new key works at once.
 */
export class FreshCache<T> {
  private readonly entries = new Map<string, Entry<T>>();

  constructor(
    private readonly find: (id: string) => Promise<T | null>,
    private readonly clock: () => number,
  ) {}

  /** Null when it is not fresh. */
  peek(id: string): Promise<T | null> | null {
    const entry = this.entries.get(id);
    return entry && entry.freshUntilMs > this.clock() ? entry.value : null;
  }

  /** The age of an answer counts from when it was asked for. */
  get(id: string): Promise<T | null> {
    return this.peek(id) ?? this.lookUp(id);
  }

  /** Everything may have changed. */
  expire(): void {
    for (const entry of this.entries.values()) entry.freshUntilMs = 0;
  }

  private lookUp(id: string): Promise<T | null> {
    if (this.entries.size >= MOST_ENTRIES) this.entries.clear();
    const entry: Entry<T> = {
      value: this.find(id),
      freshUntilMs: this.clock() + FRESH_MS,
    };
    this.entries.set(id, entry);
    const forget = () => {
      if (this.entries.get(id) === entry) this.entries.delete(id);
    };
    entry.value.then((found) => {
      if (found === null) forget();
    }, forget);
    return entry.value;
  }
}

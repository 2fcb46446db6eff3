/** Joins what arrives while a write is under way into the next write. */
export type GroupCommit<T, R> = (item: T) => Promise<R>;

interface Waiting<T, R> {
  item: T;
  resolve: (result: R) => void;
  reject: (error: unknown) => void;
}

/**
 * `write` gets up to `most` items at once and answers one result for each, in order. When a write of several fails
 * for its data (`isDataError`), they are written one by one, so that one bad item harms nobody else.
 */
export function createGroupCommit<T, R>(
  write: (items: T[]) => Promise<R[]>,
  { most, isDataError }: { most: number; isDataError: (error: unknown) => boolean },
): GroupCommit<T, R> {
  const waiting: Waiting<T, R>[] = [];
  let isWriting = false;

  async function writeTogether(group: Waiting<T, R>[]): Promise<void> {
    try {
      const results = await write(group.map(({ item }) => item));
      for (const [index, { resolve }] of group.entries()) resolve(results[index] as R);
    } catch (error) {
      const [first] = group;
      if (group.length === 1 || !isDataError(error)) for (const { reject } of group) reject(error);
      else if (first) for (const single of group) await writeTogether([single]);
    }
  }

  async function drain(): Promise<void> {
    if (isWriting) return;
    isWriting = true;
    while (waiting.length > 0) await writeTogether(waiting.splice(0, most));
    isWriting = false;
  }

  return (item) =>
    new Promise<R>((resolve, reject) => {
      waiting.push({ item, resolve, reject });
      if (waiting.length === 1) setImmediate(() => void drain());
    });
}

/** Chance that comes out the same every time. */
export interface Chance {
  /** A whole number from 0 on. */
  below(limit: number): number;
  pick<T>(items: readonly T[]): T;
  /** A middle, more or less by a share of it. */
  around(middle: number, share: number): number;
}

/** Follows from the words alone: mulberry32 on their FNV-1a hash. */
export function chanceOf(words: string): Chance {
  let state = 0x811c9dc5;
  for (const sign of words) state = Math.imul(state ^ (sign.codePointAt(0) ?? 0), 0x01000193);
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const below = (limit: number) => Math.floor(next() * limit);
  return {
    below,
    pick<T>(items: readonly T[]): T {
      const item = items[below(items.length)];
      if (item === undefined) throw new RangeError('there is nothing to pick');
      return item;
    },
    around: (middle, share) => middle * (1 + share * (2 * next() - 1)),
  };
}

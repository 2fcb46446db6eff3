const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
] as const;

/** A span that counts down or up, as its two largest units: `2d 4h`, `3m 05s`, `12s`. */
export function span(millis: number): string {
  const rest = Math.max(0, Math.round(millis / 1_000) * 1_000);
  const first = UNITS.findIndex(([, size]) => rest >= size);
  if (first === -1) return '0s';
  return UNITS.slice(first, first + 2)
    .map(([unit, size], index) => {
      const bigger = index === 0 ? Number.POSITIVE_INFINITY : (UNITS[first]?.[1] ?? rest);
      const count = Math.floor((rest % bigger) / size);
      return index === 0 ? `${count}${unit}` : `${String(count).padStart(2, '0')}${unit}`;
    })
    .join(' ');
}

/** A span that stands still: `15m`, `1h 30m`; what would be nothing of its smaller unit is left out. */
export const period = (millis: number) => span(millis).replace(/ 00[a-z]$/, '');

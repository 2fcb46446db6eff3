import { randomBytes } from 'node:crypto';

/** Secrets that are planted, each in one place, to be looked for everywhere else. */
export interface Canaries {
  /** A new one: letters and digits, so that it stands in headers, URLs and keys as it is. */
  plant(place: string): string;
  /** One that somebody else made. */
  watch(place: string, secret: string): string;
  /** The places of those that a text holds, in whatever usual spelling. */
  foundIn(text: string): string[];
  places(): string[];
}

/** What base64 makes of a text at each of the three offsets it can stand at, without what its surroundings change. */
const inBase64 = (text: string) =>
  [0, 2, 3].map((dropped, offset) => {
    const encoded = Buffer.from('\0'.repeat(offset) + text).toString('base64');
    return encoded.replace(/=+$/, '').slice(dropped, -2);
  });

const spellingsOf = (secret: string) => [
  secret,
  ...inBase64(secret).flatMap((one) => [one, one.replaceAll('+', '-').replaceAll('/', '_')]),
  Buffer.from(secret).toString('hex'),
];

export function createCanaries(): Canaries {
  const spellings = new Map<string, string[]>();
  const watch = (place: string, secret: string) => {
    if (spellings.has(place)) throw new Error(`${place} is taken`);
    spellings.set(place, spellingsOf(secret));
    return secret;
  };
  return {
    watch,
    plant: (place) => watch(place, `canary${randomBytes(9).toString('hex')}`),
    foundIn: (text) =>
      [...spellings].filter(([, all]) => all.some((one) => text.includes(one))).map(([place]) => place),
    places: () => [...spellings.keys()],
  };
}

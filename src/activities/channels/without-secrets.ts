import { isSecretParameter, MASK } from '../../domain/url-secrets.js';
import { KEPT_BYTES } from '../../outbound/kept-text.js';

/** What a request was sent with. */
export interface SentWith {
  url: string;
  /** The caller's own, not ours. */
  headers: Record<string, string>;
  /** What else is nobody's business. */
  secrets?: readonly string[];
}

/** Shorter ones are nobody's secret, and would black out half of an answer. */
const SHORTEST = 4;

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Credentials and parameters that let their holder in, as they stand in the URL. */
function secretsOfUrl(text: string): string[] {
  const { username, password, search } = new URL(text);
  const basic = [username, password].map(decoded).join(':');
  const parameters = search
    .slice(1)
    .split('&')
    .map((pair) => pair.split(/=(.*)/s))
    .filter(([name = '']) => isSecretParameter(decoded(name)))
    .flatMap(([, value = '']) => [value, value.replaceAll('+', ' ')]);
  return [
    username,
    password,
    ...(basic === ':' ? [] : [Buffer.from(basic).toString('base64')]),
    ...parameters,
  ];
}

/** As they were sent, and as a receiver may write them down: decoded, or within JSON. */
function spellingsOf({ url, headers, secrets = [] }: SentWith): string[] {
  const given = [...Object.values(headers), ...secretsOfUrl(url), ...secrets];
  const plain = given.flatMap((secret) => [secret, decoded(secret)]);
  const all = plain.flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1)]);
  return [...new Set(all)]
    .filter((secret) => secret.length >= SHORTEST)
    .sort((one, other) => other.length - one.length);
}

/** The beginning of a secret where an answer was cut off in the middle of it. */
function withoutBeginning(text: string, secrets: readonly string[]): string {
  for (const secret of secrets) {
    for (let length = Math.min(secret.length - 1, text.length); length >= SHORTEST; length--) {
      if (text.endsWith(secret.slice(0, length))) return text.slice(0, -length) + MASK;
    }
  }
  return text;
}

/** An answer of a receiver that echoes what it was sent, without what the caller gave to be kept secret. */
export function withoutSecrets(answer: string, sent: SentWith): string {
  const secrets = spellingsOf(sent);
  // A character that is cut in half is left out: up to 3 bytes.
  const isCut = Buffer.byteLength(answer) >= KEPT_BYTES - 3;
  const whole = isCut ? withoutBeginning(answer, secrets) : answer;
  return secrets.reduce((text, secret) => text.replaceAll(secret, MASK), whole);
}

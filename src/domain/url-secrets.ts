/** Whole names, and words within names: `X-Amz-Signature`, `client_secret`, `apiKey`. */
const SECRET_NAME = /^(?:sig|sas|auth|key|code|pass|pwd|jwt|hmac)$/i;
const SECRET_WORD = /token|secret|signature|passw|credential|authorization|api[-_]?key|access[-_]?key/i;

/** Whether the value of a query parameter lets its holder in. */
export const isSecretParameter = (name: string): boolean => SECRET_NAME.test(name) || SECRET_WORD.test(name);

export const MASK = '***';

/** Whether a URL carries credentials, or a parameter that is one. */
export function hasSecrets(text: string): boolean {
  if (!/[@?]/.test(text)) return false;
  const url = new URL(text);
  return url.username !== '' || url.password !== '' || [...url.searchParams.keys()].some(isSecretParameter);
}

/** The URL as people may read it. */
export function maskUrl(text: string): string {
  if (!hasSecrets(text)) return text;
  const url = new URL(text);
  if (url.username !== '') url.username = MASK;
  if (url.password !== '') url.password = MASK;
  for (const name of url.searchParams.keys()) if (isSecretParameter(name)) url.searchParams.set(name, MASK);
  return url.href;
}

/** A stored URL as people may read it; all of it is a mask where the key that sealed it is gone. */
export function shownUrl(stored: string, { open }: { open(text: string): string }): string {
  let url: string;
  try {
    url = open(stored);
  } catch {
    return MASK;
  }
  return maskUrl(url);
}

/** Whether a URL is what masking made of another one. */
export function isMasked(text: string): boolean {
  if (!hasSecrets(text)) return false;
  const { username, password, searchParams } = new URL(text);
  const secrets = [...searchParams].flatMap(([name, value]) => (isSecretParameter(name) ? [value] : []));
  return [username, password, ...secrets].includes(MASK);
}

/** What is stored of secrets, and of URLs: sealed are those that carry one. */
export const sealing = ({ seal }: { seal(text: string): string }) => ({
  secret: (text: string) => seal(text),
  url: (text: string) => (hasSecrets(text) ? seal(text) : text),
});

/** What people may read of those that are stored. */
export const masking = (vault: { open(text: string): string }) => ({
  secret: () => MASK,
  url: (stored: string) => shownUrl(stored, vault),
});

export const mapValues = (record: Record<string, string>, change: (value: string) => string) =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]));

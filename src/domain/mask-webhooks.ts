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

export const mapValues = (record: Record<string, string>, change: (value: string) => string) =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]));

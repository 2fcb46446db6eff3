import { isSecretParameter, MASK, maskUrl } from './url-secrets.js';

type Fields = Record<string, unknown>;

/** What settings call their secrets, besides what a query parameter is called. */
const SECRET_SETTING =
  /(?:private|signing|encryption|ssh|license|master)[-_ ]?key|passphrase|cookie|bearer|connection[-_ ]?string|(?:^|[-_ .])(?:pass|pwd|dsn)$/i;
/** `maxTokens: 4096` */
const COUNT = /tokens$/i;
/** `OPENAI_KEY`, `hmacKey`, `GITHUB_PAT`, `X-Auth`, `authHeader`, `slackWebhookUrl`. */
const SECRET_ENDING =
  /(?:[-_ ]key|[a-z]Key|(?:^|[-_ ])pat|(?:^|[-_ ])auth|auth[-_ ]?header|webhook(?:[-_ ]?ur[il])?)$/i;
const NO_SECRET_KEY = /(?:public|primary|foreign|sort|partition|cache|idempotency|routing|lookup)[-_ ]?key$/i;
/** `jdbc:postgresql://user:password@host`, wherever it stands in a text. */
const CREDENTIALS_IN_URL = /(:\/\/)[^/\s:@]*:[^/\s@]+@/g;
const CREDENTIALS = /^(?:bearer|basic) +\S/i;

const isSecretName = (name: string) =>
  !NO_SECRET_KEY.test(name) &&
  (isSecretParameter(name) || SECRET_SETTING.test(name) || SECRET_ENDING.test(name));
const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** By its own name, or by the one beside it: `{name: 'API_KEY', value: '…'}`. */
function isSecretField(fields: Fields, field: string): boolean {
  // Of `{key: 'API_KEY', value: '…'}` the key is a name.
  if (field === 'key' && fields.value !== undefined) return false;
  if (isSecretName(field)) return !(COUNT.test(field) && typeof fields[field] === 'number');
  const name = fields.name ?? fields.key;
  return field === 'value' && typeof name === 'string' && isSecretName(name);
}

function maskText(text: string): string {
  if (CREDENTIALS.test(text)) return MASK;
  const masked = URL.canParse(text) ? maskUrl(text) : text;
  return masked.replace(CREDENTIALS_IN_URL, `$1${MASK}:${MASK}@`);
}

function mask(value: unknown, isSecret: boolean): unknown {
  if (value === null || value === '' || typeof value === 'boolean') return value;
  if (isSecret) return MASK;
  if (typeof value === 'string') return maskText(value);
  if (Array.isArray(value)) return value.map((item) => mask(item, false));
  return isFields(value) ? maskSettings(value) : value;
}

/** Settings as people may read them: what is a secret by its name, or carries one as a URL does, is `***`. */
export const maskSettings = <F extends Fields>(settings: F): F =>
  Object.fromEntries(
    Object.entries(settings).map(([field, value]) => [field, mask(value, isSecretField(settings, field))]),
  ) as F;

/** Whether a text is what masking makes of a secret, rather than a value. */
function isMasked(text: string, isSecret: boolean): boolean {
  if (isSecret || text === MASK) return isSecret && text === MASK;
  return text.includes(MASK) && maskText(text.replaceAll(MASK, 'x')) === maskText(text);
}

const isSame = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other);

/** Puts secrets back where only their mask was sent. */
class Restoring {
  /** Where a mask stands for nothing that is known. */
  readonly unknown: string[] = [];

  fields(given: Fields, stored: unknown, path: string): Fields {
    const before = isFields(stored) ? stored : {};
    const entries = Object.entries(given).map(([field, value]) => {
      const old = Object.hasOwn(before, field) ? before[field] : undefined;
      const isSecret = isSecretField(given, field);
      return [field, this.value(value, old, { path: `${path}.${field}`, isSecret })];
    });
    return Object.fromEntries(entries);
  }

  private value(given: unknown, stored: unknown, at: { path: string; isSecret: boolean }): unknown {
    if (isFields(given)) return this.fields(given, stored, at.path);
    if (Array.isArray(given)) return this.items(given, Array.isArray(stored) ? stored : [], at);
    if (typeof given !== 'string' || !given.includes(MASK)) return given;
    if (stored !== undefined && mask(stored, at.isSecret) === given) return stored;
    if (isMasked(given, at.isSecret)) this.unknown.push(at.path);
    return given;
  }

  /** An item that moved in its list takes its secrets along; one of a list that grew or shrank has no other's. */
  private items(
    given: unknown[],
    stored: unknown[],
    { path, isSecret }: { path: string; isSecret: boolean },
  ) {
    const masked = stored.map((item) => mask(item, isSecret));
    return given.map((item, index) => {
      const same = isSame(masked[index], item) ? index : masked.findIndex((one) => isSame(one, item));
      const place = same === -1 && given.length === stored.length ? index : same;
      return this.value(item, stored[place], { path: `${path}.${index}`, isSecret });
    });
  }
}

/**
 * Settings as they are meant where their secrets were sent as people read them: `***` keeps what stands there. `unknown`
 * are the paths, beginning with `name`, at which nothing stands.
 */
export function restoreSettings<F extends Fields>(
  given: F,
  stored: Fields,
  name: string,
): { settings: F; unknown: string[] } {
  const restoring = new Restoring();
  const settings = restoring.fields(given, stored, name) as F;
  return { settings, unknown: restoring.unknown };
}

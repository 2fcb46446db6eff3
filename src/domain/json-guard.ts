/** What no schema should have to expect, and where it was met; an empty path is the JSON itself. */
export class JsonFault extends Error {
  constructor(
    readonly path: string,
    message: string,
    readonly kind: 'invalid' | 'too_large' = 'invalid',
  ) {
    super(message);
    this.name = 'JsonFault';
  }
}

const DEEPEST = 32;
const KEYS_PER_MEGABYTE = 20_000;
/** Far more than any list of ours holds; what follows works through each of them. */
const ITEMS_PER_MEGABYTE = 100_000;
const POISONOUS = new Set(['__proto__', 'constructor', 'prototype']);
/** Where a caller's own values stand: `null` means null there, not "left out". */
const FREE_FORM = new Set([
  'metadata',
  'data',
  'settings',
  'input',
  'value',
  'payload',
  'config',
  'environment',
  'metrics',
  'schema',
  'args',
]);
/** What a change changes field by field: `null` takes one away. */
const CHANGED_BY_FIELD = new Set(['limits']);
/** Only escapes can spell these: a raw NUL is not JSON, and what decoded as UTF-8 has no lone surrogates. */
const MAY_SPELL_BROKEN_TEXT = /\\u(?:0000|d[89a-f])/i;

interface Visit {
  value: object;
  path: string;
  depth: number;
  isFree: boolean;
}

/** With the `u` flag this finds halves only. */
const LONE_SURROGATE = /[\ud800-\udfff]/u;
const isBroken = (text: string) => text.includes('\0') || LONE_SURROGATE.test(text);
const refuse = (path: string, message: string) => new JsonFault(path.slice(0, 300), message);

/** Walks without recursion: a hostile depth must not reach the stack. */
class Guard {
  private readonly open: Visit[] = [];
  private keys = 0;
  private items = 0;

  constructor(
    private readonly megabytes: number,
    private readonly looksAtText: boolean,
    private readonly keepsNull: boolean,
  ) {}

  check(root: unknown): void {
    this.enter('', root, '', 0, false);
    for (let visit = this.open.pop(); visit; visit = this.open.pop()) {
      if (Array.isArray(visit.value)) this.checkItems(visit, visit.value);
      else this.checkFields(visit);
    }
  }

  private checkItems({ path, depth, isFree }: Visit, items: unknown[]): void {
    this.items += items.length;
    const most = this.megabytes * ITEMS_PER_MEGABYTE;
    if (this.items > most)
      throw new JsonFault('', `the lists of the body have more than ${most} items`, 'too_large');
    for (let index = 0; index < items.length; index++)
      this.enter(path, items[index], String(index), depth, isFree);
  }

  private checkFields({ value, path, depth, isFree }: Visit): void {
    const most = this.megabytes * KEYS_PER_MEGABYTE;
    const keepsNull = isFree || (this.keepsNull && (depth === 1 || CHANGED_BY_FIELD.has(path)));
    for (const [key, inner] of Object.entries(value)) {
      if (++this.keys > most) throw new JsonFault('', `the body has more than ${most} fields`, 'too_large');
      const isPoison = POISONOUS.has(key);
      if (isPoison || (this.looksAtText && isBroken(key))) {
        throw refuse(join(path, JSON.stringify(key).slice(1, -1)), 'is a field name that is not allowed');
      }
      if (inner === null && !keepsNull) Reflect.deleteProperty(value, key);
      else this.enter(path, inner, key, depth, isFree || FREE_FORM.has(key));
    }
  }

  private enter(parent: string, value: unknown, key: string, depth: number, isFree: boolean): void {
    if (typeof value === 'object' && value !== null) {
      const path = join(parent, key);
      if (depth >= DEEPEST) throw refuse(path, `is nested deeper than ${DEEPEST} levels`);
      this.open.push({ value, path, depth: depth + 1, isFree });
    } else if (this.looksAtText && typeof value === 'string' && isBroken(value)) {
      throw refuse(join(parent, key), 'contains a NUL character or half of a surrogate pair');
    }
  }
}

const join = (parent: string, key: string) => (parent === '' ? key : `${parent}.${key}`);

export interface GuardRules {
  limitBytes: number;
  /** Whether `null` takes a field away, as in a change: fields of the body itself, and of what is changed field by field. */
  nullRemoves: boolean;
}

/**
 * Refuses what is nested too deep, has too many fields, names that reach prototypes, or text that databases cannot
 * store, with a {@link JsonFault}; takes out fields that are null outside of free-form objects, where null means
 * absent. Changes `value`. `text` is what it was parsed from; without it all text in it is looked at.
 */
export function checkJson(
  text: string | null,
  value: unknown,
  { limitBytes, nullRemoves }: GuardRules,
): unknown {
  const looksAtText = text === null || MAY_SPELL_BROKEN_TEXT.test(text);
  new Guard(limitBytes / 1_048_576, looksAtText, nullRemoves).check(value);
  return value;
}

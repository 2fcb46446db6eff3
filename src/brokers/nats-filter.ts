import type { TopicPattern } from '../schemas/topic.js';

/**
 * The one subject that has all that these patterns may match, and at times more: a consumer with several of them is
 * refused by servers before 2.10, and where they overlap by all.
 */
export function filterOf(prefix: string, patterns: readonly TopicPattern[]): string {
  const [only] = patterns;
  if (patterns.length === 1 && only !== undefined && !only.endsWith('#')) return `${prefix}.${only}`;
  const words = patterns.map((pattern) => pattern.split('.').filter((word) => word !== '#'));
  const [first = []] = words;
  const shortest = Math.min(...words.map((one) => one.length));
  const shared: string[] = [];
  // One word is left to `>`, which stands for at least one.
  for (let place = 0; place < shortest - 1; place++) {
    const word = first[place];
    if (word === undefined || word === '*' || words.some((one) => one[place] !== word)) break;
    shared.push(word);
  }
  return [prefix, ...shared, '>'].join('.');
}

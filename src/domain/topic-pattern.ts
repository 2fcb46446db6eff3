import type { Topic, TopicPattern } from '../schemas/topic.js';

/** Whether a subscription gets what is published on a topic: `*` is one word, `#` at the end none or more. */
export function matchesTopic(pattern: TopicPattern, topic: Topic): boolean {
  const wanted = pattern.split('.');
  const words = topic.split('.');
  const takesRest = wanted.at(-1) === '#';
  if (takesRest) wanted.pop();
  if (takesRest ? words.length < wanted.length : words.length !== wanted.length) return false;
  return wanted.every((word, index) => word === '*' || word === words[index]);
}

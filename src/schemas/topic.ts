import { z } from 'zod';

const WORD = '[A-Za-z0-9_-]+';

/** Where messages are published: words with dots between them, `support.billing`. */
export const Topic = z
  .string()
  .max(200)
  .regex(new RegExp(`^${WORD}(\\.${WORD})*$`), 'must be words of A-Z a-z 0-9 _ - with dots between them')
  .meta({ id: 'Topic', examples: ['support.billing'] });
export type Topic = z.infer<typeof Topic>;

/** What an agent subscribes to: a topic in which `*` stands for one word, and `#` at its end for any number of them. */
export const TopicPattern = z
  .string()
  .max(200)
  .regex(
    new RegExp(`^(#|(${WORD}|\\*)(\\.(${WORD}|\\*))*(\\.#)?)$`),
    'must be a topic; `*` may stand for one word of it, and `#` at its end for any number of words',
  )
  .meta({ id: 'TopicPattern', examples: ['support.*'] });
export type TopicPattern = z.infer<typeof TopicPattern>;

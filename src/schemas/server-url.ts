import { z } from 'zod';

/** `%zz` is no character. */
function hasReadableUser(text: string): boolean {
  try {
    const { username, password } = new URL(text);
    decodeURIComponent(username + password);
    return true;
  } catch {
    return false;
  }
}

const urlOf = (protocol: RegExp) =>
  z
    .url({ protocol })
    .refine(hasReadableUser, 'has a user or password that is not encoded as in URLs (% is %25, @ is %40)');

const hasNoOddPath = (text: string) => URL.canParse(text) && /^\/?\d*$/.test(new URL(text).pathname);

/** Servers that the operator names; what is refused here, their clients would throw at. */
export const SmtpUrl = urlOf(/^smtps?$/);
export const RedisUrl = urlOf(/^rediss?$/).refine(
  hasNoOddPath,
  'must end in the number of a database, or in none',
);
export const NatsUrl = urlOf(/^(nats|tls)$/);

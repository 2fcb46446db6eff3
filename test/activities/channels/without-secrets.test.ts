import { expect, test } from '@jest/globals';
import { withoutSecrets } from '../../../src/activities/channels/without-secrets.js';
import { KEPT_BYTES } from '../../../src/outbound/kept-text.js';

const url = 'https://user:p%40ssword@a.example/hook?sig=s%2Fgn&client_secret=one+two&limit=1000';
const headers = { authorization: 'Bearer abcdef', 'x-odd': 'say "hello"', 'x-short': 'no' };

test.each([
  ['a header', 'you sent Bearer abcdef', 'you sent ***'],
  ['a header within JSON', '{"x-odd":"say \\"hello\\""}', '{"x-odd":"***"}'],
  ['a password', 'p%40ssword', '***'],
  ['a password, decoded', 'who is p@ssword?', 'who is ***?'],
  ['credentials as a header', `Basic ${Buffer.from('user:p@ssword').toString('base64')}`, 'Basic ***'],
  ['a parameter', '/hook?sig=s%2Fgn&limit=1000', '/hook?sig=***&limit=1000'],
  ['a parameter, decoded', 's/gn, one two', '***, ***'],
  ['what nobody keeps secret', 'no limit: 1000', 'no limit: 1000'],
])('%s is not kept where it is echoed', (_, answer, kept) => {
  expect(withoutSecrets(answer, { url, headers })).toBe(kept);
});

test('nor is the beginning of one, where the answer is cut off in the middle of it', () => {
  const answer = 'Bearer abc'.padStart(KEPT_BYTES, '.');
  expect(withoutSecrets(answer, { url, headers })).toBe(`${'.'.repeat(KEPT_BYTES - 10)}***`);
  expect(withoutSecrets('Bearer abc', { url, headers })).toBe('Bearer abc');
});

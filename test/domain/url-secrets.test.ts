import { describe, expect, test } from '@jest/globals';
import { hasSecrets, isMasked, maskUrl } from '../../src/domain/url-secrets.js';

describe('a URL as people may read it', () => {
  test.each([
    ['https://user:pass@a.example/x', 'https://***:***@a.example/x'],
    ['https://a.example/x?sig=abc&b=1', 'https://a.example/x?sig=***&b=1'],
    ['https://a.example/x?access_token=abc', 'https://a.example/x?access_token=***'],
    ['https://a.example/x?task=7', 'https://a.example/x?task=7'],
  ])('%s reads %s', (url, masked) => {
    expect(maskUrl(url)).toBe(masked);
    expect(hasSecrets(url)).toBe(url !== masked);
    expect([isMasked(url), isMasked(masked)]).toEqual([false, url !== masked]);
  });
});

import { describe, expect, test } from '@jest/globals';
import { effectsOf, hasSecrets, mapWebhooks, maskUrl } from '../../src/domain/mask-webhooks.js';
import type { Action } from '../../src/schemas/action.js';

const webhook = (url: string) => ({ type: 'webhook' as const, url, method: 'POST' as const });

describe('a URL as people may read it', () => {
  test.each([
    ['https://user:pass@a.example/x', 'https://***:***@a.example/x'],
    ['https://a.example/x?sig=abc&b=1', 'https://a.example/x?sig=***&b=1'],
    ['https://a.example/x?access_token=abc', 'https://a.example/x?access_token=***'],
    ['https://a.example/x?task=7', 'https://a.example/x?task=7'],
  ])('%s reads %s', (url, masked) => {
    expect(maskUrl(url)).toBe(masked);
    expect(hasSecrets(url)).toBe(url !== masked);
  });
});

test('every webhook of a bundle is found: direct, in an escalation, in a timer that is started', () => {
  const actions: Action[] = [
    {
      ...webhook('https://1.example'),
      escalation: { afterAttempts: 2, action: webhook('https://2.example') },
    },
    { type: 'timer', duration: 1_000, actionBundle: { actions: [webhook('https://3.example')] } },
    { type: 'log' },
  ];
  const seen: string[] = [];
  const changed = mapWebhooks({ actions }, (found) => {
    seen.push(found.url);
    return { ...found, url: 'https://changed.example' };
  });
  expect(seen.sort()).toEqual(['https://1.example', 'https://2.example', 'https://3.example']);
  expect(JSON.stringify(changed).match(/changed/g)).toHaveLength(3);
  expect(effectsOf({ actions }).map(({ path }) => path)).toEqual([
    'actionBundle.actions.0',
    'actionBundle.actions.0.escalation.action',
    'actionBundle.actions.1.actionBundle.actions.0',
    'actionBundle.actions.2',
  ]);
});

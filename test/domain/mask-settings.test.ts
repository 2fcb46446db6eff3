import { describe, expect, test } from '@jest/globals';
import { maskSettings, restoreSettings } from '../../src/domain/mask-settings.js';

const restore = (given: Record<string, unknown>, stored: Record<string, unknown>) =>
  restoreSettings(given, stored, 'settings');

describe('what people read', () => {
  test.each([
    [{ discord: { token: 's', channelId: '1' } }, { discord: { token: '***', channelId: '1' } }],
    [
      { DISCORD_TOKEN: 's', CLAUDE_CODE_OAUTH_TOKEN: 's' },
      { DISCORD_TOKEN: '***', CLAUDE_CODE_OAUTH_TOKEN: '***' },
    ],
    [
      { apiKey: 's', privateKey: 's', DB_PASS: 's' },
      { apiKey: '***', privateKey: '***', DB_PASS: '***' },
    ],
    [
      { credentials: { user: 'u', more: ['s'] }, secrets: ['s'] },
      { credentials: '***', secrets: '***' },
    ],
    [{ password: 1234 }, { password: '***' }],
    [{ headers: [{ name: 'X-Api-Key', value: 's' }] }, { headers: [{ name: 'X-Api-Key', value: '***' }] }],
    [{ header: 'Bearer s' }, { header: '***' }],
    [{ db: 'postgres://u:s@db/x' }, { db: 'postgres://***:***@db/x' }],
    [{ list: ['https://a.example/?sig=s'] }, { list: ['https://a.example/?sig=***'] }],
  ])('%j has no secret in it', (settings, shown) => {
    expect(maskSettings(settings)).toEqual(shown);
  });

  test.each([
    [{ claudeModel: 'm', maxTurns: 100, resume: true, permissionMode: 'plan' }],
    [{ maxTokens: 4096, token: null, hasToken: false, secret: '' }],
    [{ text: 'who is @bob? see https://a.example/?q=1', handle: 'bob@example.com' }],
  ])('%j is shown as it is', (settings) => {
    expect(maskSettings(settings)).toEqual(settings);
  });
});

describe('a mask that is sent back', () => {
  test('keeps the secret that stands there, whatever else changes', () => {
    const stored = {
      discord: { token: 's1', channel: 1 },
      db: 'postgres://u:s2@db/x',
      credentials: { user: 'u', password: 's3' },
    };
    const given = { ...maskSettings(stored), discord: { token: '***', channel: 2 }, model: 'm' };
    expect(restore(given, stored)).toEqual({
      settings: { ...stored, discord: { token: 's1', channel: 2 }, model: 'm' },
      unknown: [],
    });
    expect(restore({ credentials: { user: 'v', password: '***' } }, stored).settings).toEqual({
      credentials: { user: 'v', password: 's3' },
    });
  });

  test('moves with its item, and never gives an item the secret of another', () => {
    const stored = {
      bots: [
        { name: 'a', token: 'sa' },
        { name: 'b', token: 'sb' },
      ],
    };
    const [a, b] = [
      { name: 'a', token: '***' },
      { name: 'b', token: '***' },
    ];
    expect(restore({ bots: [b, a] }, stored).settings).toEqual({ bots: [...stored.bots].reverse() });
    expect(restore({ bots: [b] }, stored).settings).toEqual({ bots: [stored.bots[1]] });
    expect(restore({ bots: [{ name: 'c', token: '***' }, a, b] }, stored).unknown).toEqual([
      'settings.bots.0.token',
    ]);
  });

  test.each([
    [{ token: '***' }, ['settings.token']],
    [{ token: '***', toString: 'x' }, ['settings.token']],
    [{ deep: { password: '***' } }, ['settings.deep.password']],
    [{ url: 'https://***:***@other.example' }, ['settings.url']],
    [{ url: 'https://a.example/?token=***' }, ['settings.url']],
  ])('%j where nothing stands is not taken for a secret', (given, unknown) => {
    expect(restore(given, { url: 'https://u:s@a.example/' }).unknown).toEqual(unknown);
  });

  test('is a text like others where no secret belongs', () => {
    const given = { rating: '***', password: 'with *** in it', text: 'a *** b' };
    expect(restore(given, {})).toEqual({ settings: given, unknown: [] });
  });
});

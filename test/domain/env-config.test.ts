import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type EnvConfigInput, envConfig } from '../../src/domain/env-config.js';

const BASIC: EnvConfigInput = {
  baseUrl: 'https://agents.example.com',
  agent: { id: 'agent-1', name: 'tester', model: null },
  secret: 'mas_secret',
  settings: {},
  environment: {},
};

const fromEnv = (over: Partial<EnvConfigInput>) => parseEnv(envConfig({ ...BASIC, ...over }));

describe('the variables', () => {
  test('of the connection are set, and those that nothing is known of are named', () => {
    const text = envConfig(BASIC);
    expect(parseEnv(text)).toEqual({
      AIWM_ENABLED: 'true',
      AIWM_BASE_URL: 'https://agents.example.com',
      AIWM_AGENT_ID: 'agent-1',
      AIWM_AGENT_SECRET: 'mas_secret',
    });
    for (const name of ['CLAUDE_MODEL', 'CLAUDE_MAX_TURNS', 'CLAUDE_PERMISSION_MODE', 'CLAUDE_RESUME'])
      expect(text).toContain(`\n# ${name}=\n`);
    for (const name of ['CLAUDE_CODE_OAUTH_TOKEN', 'DISCORD_TOKEN', 'DISCORD_CHANNEL_ID'])
      expect(text).toContain(`\n# ${name}=\n`);
    for (const name of ['TELEGRAM_BOT_TOKEN', 'TELEGRAM_GROUP_ID']) expect(text).toContain(`\n# ${name}=\n`);
  });

  test('come from the settings', () => {
    const settings = {
      claudeModel: 'claude-3-5-haiku-latest',
      maxTurns: 100,
      permissionMode: 'acceptEdits',
      resume: false,
      claudeCodeOauthToken: 'oauth',
      discord: { token: 'd', channelIds: ['1', 2] },
      telegram: { botToken: 't', groupId: -100 },
    };
    expect(fromEnv({ settings })).toMatchObject({
      CLAUDE_MODEL: 'claude-3-5-haiku-latest',
      CLAUDE_MAX_TURNS: '100',
      CLAUDE_PERMISSION_MODE: 'acceptEdits',
      CLAUDE_RESUME: 'false',
      CLAUDE_CODE_OAUTH_TOKEN: 'oauth',
      DISCORD_TOKEN: 'd',
      DISCORD_CHANNEL_ID: '1,2',
      TELEGRAM_BOT_TOKEN: 't',
      TELEGRAM_GROUP_ID: '-100',
    });
  });

  test('of settings that have another shape are not set', () => {
    const settings = { claudeModel: { name: 'x' }, maxTurns: null, discord: 'token', telegram: [{}] };
    expect(Object.keys(fromEnv({ settings }))).toHaveLength(4);
  });

  test('of the environment go before settings, never before what connects the agent', () => {
    const environment = { CLAUDE_MODEL: 'mine', AIWM_AGENT_SECRET: 'theirs', TZ: 'Europe/Vienna' };
    const read = fromEnv({ environment, settings: { claudeModel: 'other' } });
    expect(read).toMatchObject({
      CLAUDE_MODEL: 'mine',
      AIWM_AGENT_SECRET: 'mas_secret',
      TZ: 'Europe/Vienna',
    });
  });

  test('have the model of the agent where no setting names one', () => {
    const agent = { ...BASIC.agent, model: 'claude-opus' };
    expect(fromEnv({ agent }).CLAUDE_MODEL).toBe('claude-opus');
  });
});

describe('a value that readers would not agree on', () => {
  test.each([
    ['a single quote with a dollar', "it's $5", 'single quote together'],
    ['a single quote with a backslash', "it's C:\\x", 'single quote together'],
    ['a carriage return', 'a\rb', 'carriage return'],
    ['a backslash at its end', 'C:\\', 'backslash'],
  ])('is a comment that says why: %s', (_, value, reason) => {
    const text = envConfig({ ...BASIC, environment: { X: value } });
    expect(parseEnv(text).X).toBeUndefined();
    expect(text).toMatch(new RegExp(`^# X is left out: .*${reason}`, 'm'));
    expect(text).not.toContain(value);
  });

  test('is one that bash would not set', () => {
    const text = envConfig({ ...BASIC, environment: { UID: '7', RANDOM: '4' } });
    expect(text).toContain('# UID is left out: bash keeps this name for itself');
    expect(parseEnv(text).RANDOM).toBeUndefined();
  });
});

test('a name with line breaks stays a comment', () => {
  const agent = { ...BASIC.agent, name: 'x\nEVIL=1\r\u2028EVIL=2' };
  expect(fromEnv({ agent }).EVIL).toBeUndefined();
});

describe('bash and Node', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'mainspring-env-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const PRINT = 'process.stdout.write(JSON.stringify(process.env))';
  const ownOnly = (all: Record<string, string>) =>
    Object.fromEntries(Object.entries(all).filter(([name]) => /^(?:V\d+|AIWM_|CLAUDE_|DISCORD_)/.test(name)));

  function readBy(text: string) {
    const file = join(folder, '.env');
    writeFileSync(file, text);
    const env = { PATH: process.env.PATH ?? '', NODE: process.execPath, FILE: file, PRINT };
    const run = (command: string) =>
      ownOnly(
        JSON.parse(
          execFileSync('bash', ['-euc', command], { env, stdio: ['ignore', 'pipe', 'inherit'] }).toString(),
        ),
      );
    return {
      bash: run('set -a; . "$FILE"; "$NODE" -e "$PRINT"'),
      node: run('"$NODE" --env-file="$FILE" -e "$PRINT"'),
      parsed: ownOnly(parseEnv(text) as Record<string, string>),
    };
  }

  const nasty = fc.constantFrom(
    ...`'"\`$\\#=!&|;()[]{}*?~<>% \t\n\r-a1é😀\u0001\u007f\u00a0\u2028`,
    '$(id)',
    'export ',
    "'\\''",
  );
  const value = fc.oneof(
    fc.array(nasty, { maxLength: 12 }).map((parts) => parts.join('')),
    fc.string({ unit: 'grapheme', maxLength: 20 }),
  );

  test('read the same text that was given, or nothing', () => {
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 40 }), value, (values, model) => {
        const environment = Object.fromEntries(values.map((one, index) => [`V${index}`, one]));
        const settings = { claudeModel: model, discord: { token: model } };
        const { bash, node, parsed } = readBy(envConfig({ ...BASIC, environment, settings }));
        expect(bash).toEqual(parsed);
        expect(node).toEqual(parsed);
        const given: Record<string, string> = { ...environment, CLAUDE_MODEL: model, DISCORD_TOKEN: model };
        for (const [name, read] of Object.entries(parsed))
          if (!name.startsWith('AIWM_')) expect([name, read]).toEqual([name, given[name]]);
        const isPlain = (text: string) => !/['\r\0]/.test(text) && !text.endsWith('\\');
        for (const [name, text] of Object.entries(environment))
          if (isPlain(text)) expect(parsed[name]).toBe(text);
      }),
      { numRuns: 40 },
    );
  });
});

import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { ConfigError, Environment, readConfig } from '../src/config.js';

const key = (id: string) => `${id}:${Buffer.alloc(32, id).toString('base64')}`;
const mistakesOf = (env: Record<string, string>) => {
  try {
    readConfig(env);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.message.split('\n').map((line) => line.split(':')[0]);
  }
};

describe('the environment', () => {
  test('may be empty in development, which then listens on loopback', () => {
    expect(readConfig({})).toMatchObject({
      PORT: 3000,
      host: '127.0.0.1',
      isProduction: false,
      SECRET_KEYS: [],
    });
  });

  test('tells all mistakes at once, each by its variable', () => {
    const env = {
      PORT: '70000',
      LOG_LEVEL: 'loud',
      SECRET_KEYS: 'short',
      RATE_LIMIT_PRO: '0',
      RATE_LIMITS: 'maybe',
    };
    expect(mistakesOf(env).sort()).toEqual(Object.keys(env).sort());
  });

  test('never shows the value of a secret that is wrong', () => {
    expect(() => readConfig({ SECRET_KEYS: 'k1:hunter2' })).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('hunter2') }),
    );
  });

  test.each([
    ['a database that is no number', 'REDIS_URL', 'redis://host/abc'],
    ['a password that is not encoded', 'REDIS_URL', 'redis://me:%zz@host/1'],
    ['a password that is not encoded', 'SMTP_URL', 'smtp://me:%zz@host'],
    ['another protocol', 'SMTP_URL', 'http://host'],
  ])('names %s (%s %s)', (_, name, url) => {
    expect(mistakesOf({ [name]: url })).toEqual([name]);
  });

  test.each(['redis://host', 'redis://host/', 'redis://me:a%25b@host:6379/3', 'rediss://[::1]:6380/0'])(
    'takes %s',
    (REDIS_URL) => {
      expect(readConfig({ REDIS_URL })).toMatchObject({ REDIS_URL });
    },
  );

  test('refuses one stream for tasks and results', () => {
    expect(mistakesOf({ TASK_STREAM: 'one', RESULT_STREAM: 'one' })).toEqual(['RESULT_STREAM']);
  });

  test('names what OUTBOUND_ALLOW cannot mean', () => {
    expect(() => readConfig({ OUTBOUND_ALLOW: 'agent, 10.0.0.0/8, http://agent:80, 10.0.0.0/99' })).toThrow(
      new ConfigError(
        [
          'OUTBOUND_ALLOW: "http://agent:80" is neither a host name, an address nor a CIDR range',
          'OUTBOUND_ALLOW: "10.0.0.0/99" is neither a host name, an address nor a CIDR range',
        ].join('\n'),
      ),
    );
  });

  test('is refused in production when it keeps what only development may have', () => {
    expect(mistakesOf({ NODE_ENV: 'production', RATE_LIMITS: 'off' })).toEqual([
      'SECRET_KEYS',
      'RATE_LIMITS',
    ]);
  });

  test('listens everywhere in production', () => {
    expect(readConfig({ NODE_ENV: 'production', SECRET_KEYS: key('a') }).host).toBe('0.0.0.0');
  });

  test('takes an empty variable for an absent one', () => {
    expect(readConfig({ DATABASE_URL: '', PORT: '' })).toMatchObject({ DATABASE_URL: undefined, PORT: 3000 });
  });

  test('reads several keys, the first one first', () => {
    const { SECRET_KEYS } = readConfig({ SECRET_KEYS: `${key('new')}, ${key('old')}` });
    expect(SECRET_KEYS.map(({ id, key: { length } }) => [id, length])).toEqual([
      ['new', 32],
      ['old', 32],
    ]);
  });
});

describe('a secret in a file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'mainspring-config-'));

  test('is read from the file that X_FILE names', () => {
    writeFileSync(join(folder, 'url'), 'postgres://db/mainspring\n');
    expect(readConfig({ DATABASE_URL_FILE: join(folder, 'url') }).DATABASE_URL).toBe(
      'postgres://db/mainspring',
    );
  });

  test('that is missing is a mistake like any other', () => {
    expect(mistakesOf({ SECRET_KEYS_FILE: join(folder, 'none') })).toEqual(['SECRET_KEYS_FILE']);
  });
});

test('.env.example lists every variable with its default', () => {
  const lines = readFileSync('.env.example', 'utf8').split('\n');
  const documented = lines.flatMap((line) => {
    const [, name, value = ''] = /^# ([A-Z_]+)=(\S*)$/.exec(line) ?? [];
    return name === undefined ? [] : [[name, value] as const];
  });
  expect(documented.map(([name]) => name).sort()).toEqual(Object.keys(Environment.shape).sort());
  expect(readConfig(Object.fromEntries(documented))).toEqual(readConfig({}));
});

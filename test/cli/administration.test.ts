import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { TEST_SECRET_KEYS } from '../support/api.js';
import { type CommandLine, commandLine } from '../support/command-line.js';

let folder: string;
let cli: CommandLine;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mainspring-commands-'));
  cli = commandLine({ DATA_DIR: folder, SECRET_KEYS: TEST_SECRET_KEYS });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('an organisation, its keys and tokens are made, listed and revoked at the terminal', async () => {
  const created = await cli.run('orgs', 'create', 'acme', '--tier', 'team');
  expect(created).toMatchObject({ code: 0, err: '' });
  const [, firstKey = ''] = /API key\t(mnt_\S{43})/.exec(created.out) ?? [];
  expect(created.out).toMatch(/admin token\t\S+\.\S+\.\S+/);
  expect(created.out).toContain(`the database in ${folder}\n`);
  expect((await cli.run('orgs', 'create', 'acme')).err).toContain('already');

  const second = await cli.run(
    ...['keys', 'create', '--org', 'acme', '--name', 'Build server', '--tenant', 'agent-1', '--json'],
  );
  const { 'key id': keyId } = JSON.parse(second.out);
  const listed = await cli.run('keys', 'list', '--org', 'acme');
  expect(listed.out).toContain('Build server');
  expect(listed.out).toContain('agent-1');
  expect(listed.out).toContain('team');
  expect(listed.out).not.toContain(firstKey);
  expect((await cli.run('keys', 'list', '--org', 'acme', '--json')).out).not.toContain('digest');
  expect((await cli.run('keys', 'revoke', keyId, '--org', 'acme')).out).toBe('Revoked.\n');
  expect((await cli.run('keys', 'list', '--org', 'acme')).out).not.toContain(keyId);
  expect((await cli.run('keys', 'revoke', keyId, '--org', 'acme')).code).toBe(3);

  const token = await cli.run('token', '--org', 'acme', '--days', '1', '--revoke-others');
  const claims = JSON.parse(Buffer.from(token.out.split('.')[1] ?? '', 'base64url').toString());
  expect(claims).toMatchObject({ org: 'acme', ver: 2, exp: claims.iat + 86_400 });

  const counts = await cli.run('sample-data', '--org', 'acme');
  expect(counts).toMatchObject({ code: 0, err: '' });
  expect(counts.out).toMatch(/listings\t300\n/);
}, 300_000);

test.each([
  [['sample-data', '--org', 'nobody'], 3, 'There is no organisation "nobody"'],
  [['orgs', 'create', 'Not An Id'], 2, 'cannot be the id'],
  [['keys', 'create', '--org', 'nobody', '--name', 'x'], 3, 'There is no organisation "nobody"'],
  [['keys', 'create', '--org', 'acme'], 2, '--name'],
  [['token'], 2, '--org'],
  [['token', '--org', 'acme', '--days', '0'], 2, '--days'],
] as const)(
  '%j is refused with how to call it',
  async (args, code, words) => {
    const outcome = await cli.run(...args);
    expect(outcome.code).toBe(code);
    expect(outcome.err).toContain(words);
  },
  60_000,
);

test('the database is brought up to date by a command of its own', async () => {
  const { code, out } = await cli.run('migrate');
  expect(code).toBe(0);
  expect(out).toContain('The database is up to date');
}, 60_000);

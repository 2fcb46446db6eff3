import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { TEST_SECRET_KEYS } from '../support/api.js';

const hooks = pathToFileURL(resolve('test/support/typescript.mjs')).href;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mainspring-commands-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Outcome {
  code: number;
  out: string;
  err: string;
}

/** Runs a command as `npm run <command> --` does. */
function run(command: 'orgs' | 'keys' | 'token' | 'sample-data', ...args: string[]): Promise<Outcome> {
  const env = { PATH: process.env.PATH, DATA_DIR: folder, SECRET_KEYS: TEST_SECRET_KEYS };
  const program = ['--import', hooks, resolve(`src/api/commands/${command}.ts`), ...args];
  return new Promise((done) => {
    execFile(process.execPath, program, { env }, (error, out, err) => {
      done({ code: typeof error?.code === 'number' ? error.code : 0, out, err });
    });
  });
}

test('an organisation, its keys and tokens are made, listed and revoked at the terminal', async () => {
  const created = await run('orgs', 'create', 'acme', '--tier', 'team');
  expect(created).toMatchObject({ code: 0, err: '' });
  const [, firstKey = ''] = /API key +(mnt_\S{43})/.exec(created.out) ?? [];
  expect(created.out).toMatch(/admin token +\S+\.\S+\.\S+/);
  expect((await run('orgs', 'create', 'acme')).err).toContain('already');

  const second = await run(
    'keys',
    'create',
    '--org',
    'acme',
    '--name',
    'Build server',
    '--tenant',
    'agent-1',
  );
  const [, keyId = ''] = /key id +(\S+)/.exec(second.out) ?? [];
  const listed = await run('keys', 'list', '--org', 'acme');
  expect(listed.out).toContain('Build server');
  expect(listed.out).toContain('agent-1');
  expect(listed.out).toContain('team');
  expect(listed.out).not.toContain(firstKey);
  expect((await run('keys', 'revoke', keyId, '--org', 'acme')).out).toBe('revoked\n');
  expect((await run('keys', 'list', '--org', 'acme')).out).not.toContain(keyId);

  const token = await run('token', '--org', 'acme', '--days', '1', '--revoke-others');
  const claims = JSON.parse(Buffer.from(token.out.split('.')[1] ?? '', 'base64url').toString());
  expect(claims).toMatchObject({ org: 'acme', ver: 2, exp: claims.iat + 86_400 });

  const counts = await run('sample-data', '--org', 'acme');
  expect(counts).toMatchObject({ code: 0, err: '' });
  expect(counts.out).toMatch(/listings +300\n/);
}, 120_000);

test.each([
  ['sample-data', ['--org', 'nobody'], 'there is no organisation "nobody"'],
  ['orgs', ['create', 'Not An Id'], 'cannot be the id'],
  ['keys', ['create', '--org', 'nobody', '--name', 'x'], 'there is no organisation "nobody"'],
  ['token', ['--org', 'acme', '--days', '0'], '--days'],
] as const)('%s %j is refused with how to call it', async (command, args, words) => {
  const { code, err } = await run(command, ...args);
  expect(code).toBe(1);
  expect(err).toContain(words);
  expect(err).toContain(`npm run ${command} --`);
});

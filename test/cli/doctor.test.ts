import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { lockFolder } from '../../src/db/folder-lock.js';
import { DEMO_KEY } from '../support/api.js';
import { commandLine } from '../support/command-line.js';
import { testAddress } from '../support/engine.js';
import { startMainspring, type TestMainspring } from '../support/mainspring.js';

let mainspring: TestMainspring;
let folder: string;
beforeAll(async () => {
  mainspring = await startMainspring();
  folder = await mkdtemp(join(tmpdir(), 'mainspring-doctor-'));
}, 60_000);
afterAll(async () => {
  await mainspring.close();
  await rm(folder, { recursive: true, force: true });
});

interface Checked {
  name: string;
  status: string;
  found: string;
  mend?: string;
}

/** In a folder without an .env, so that the settings are these. */
async function examine(
  env: Record<string, string>,
): Promise<{ code: number | null; of: (name: string) => Checked }> {
  const surroundings = { DATA_DIR: folder, PORT: '0', TEMPORAL_ADDRESS: testAddress(), ...env };
  const { code, out, err } = await commandLine(surroundings, folder).run('doctor', '--json');
  const { checks }: { checks: Checked[] } = JSON.parse(out);
  return {
    code,
    of(name) {
      const found = checks.find((checked) => checked.name === name);
      if (!found) throw new Error(`${name} was not checked: ${out} ${err}`);
      return found;
    },
  };
}

test('with all in its place every check is good', async () => {
  const named = { MAINSPRING_BASE_URL: mainspring.url, MAINSPRING_API_KEY: DEMO_KEY };
  const { code, of } = await examine({ ...named, TEMPORAL_NAMESPACE: mainspring.client.options.namespace });
  for (const name of [
    'Node.js',
    'settings',
    'API',
    'credentials',
    'secret keys',
    'database',
    'Temporal',
    'clock',
  ])
    expect(of(name)).toMatchObject({ status: 'ok' });
  expect(code).toBe(0);
}, 60_000);

test('for a person each check is a line, with how to mend it', async () => {
  const env = {
    DATA_DIR: folder,
    TEMPORAL_ADDRESS: testAddress(),
    MAINSPRING_BASE_URL: 'http://127.0.0.1:9',
  };
  const { code, out, err } = await commandLine(env, folder).run('doctor');
  expect(code).toBe(1);
  expect(out).toMatch(/^ok {4}Node\.js {6}20|^ok {4}Node\.js/m);
  expect(out).toMatch(/^fail {2}API +nothing answers at http:\/\/127\.0\.0\.1:9\n +mend: /m);
  expect(err).toBe('error: 1 of 8 checks failed.\n');
}, 60_000);

test('a key that is refused is found', async () => {
  const { code, of } = await examine({
    MAINSPRING_BASE_URL: mainspring.url,
    MAINSPRING_API_KEY: 'mnt_wrong',
  });
  expect(code).toBe(1);
  expect(of('credentials')).toMatchObject({ status: 'fail', found: expect.stringContaining('API key') });
}, 60_000);

test('a port that another program has is found', async () => {
  const server = createServer((_, response) => response.end('hello')).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const { code, of } = await examine({ PORT: String((server.address() as AddressInfo).port) });
    expect(code).toBe(1);
    expect(of('API')).toMatchObject({ status: 'fail', mend: expect.stringContaining('PORT') });
  } finally {
    server.close();
  }
}, 60_000);

test('settings that are wrong are named, all of them', async () => {
  const { code, of } = await examine({ PORT: 'none', LOG_LEVEL: 'loud' });
  expect(code).toBe(1);
  expect(of('settings')).toMatchObject({
    status: 'fail',
    found: expect.stringMatching(/PORT.*\n.*LOG_LEVEL|LOG_LEVEL.*\n.*PORT/),
  });
  const { of: inProduction } = await examine({ NODE_ENV: 'production' });
  expect(inProduction('settings').found).toContain('SECRET_KEYS');
}, 60_000);

test('servers that do not answer are found', async () => {
  const { code, of } = await examine({
    TEMPORAL_ADDRESS: '127.0.0.1:9',
    DATABASE_URL: 'postgres://user:secret-word@127.0.0.1:9/none',
  });
  expect(code).toBe(1);
  expect(of('Temporal')).toMatchObject({ status: 'fail', found: expect.stringContaining('127.0.0.1:9') });
  expect(of('database')).toMatchObject({ status: 'fail', mend: expect.stringContaining('DATABASE_URL') });
  expect(JSON.stringify(of('database'))).not.toContain('secret-word');
}, 60_000);

test('a namespace that is not there yet is a warning', async () => {
  const { code, of } = await examine({ TEMPORAL_NAMESPACE: 'nowhere-to-be-found' });
  expect(code).toBe(0);
  expect(of('Temporal')).toMatchObject({
    status: 'warn',
    found: expect.stringContaining('no namespace yet'),
  });
}, 60_000);

test("a port of Temporal's that is taken is a warning where a Mainspring may have it", async () => {
  const env = { TEMPORAL_ADDRESS: '', TEMPORAL_PORT: testAddress().split(':').at(-1) ?? '' };
  const { of: alone } = await examine(env);
  expect(alone('Temporal')).toMatchObject({
    status: 'fail',
    found: expect.stringContaining('TEMPORAL_PORT'),
  });
  const { of: beside } = await examine({ ...env, MAINSPRING_BASE_URL: mainspring.url });
  expect(beside('Temporal')).toMatchObject({
    status: 'warn',
    mend: expect.stringContaining(mainspring.url),
  });
}, 60_000);

test('the owner of the database folder is told, and keeps it', async () => {
  const owned = await mkdtemp(join(tmpdir(), 'mainspring-doctor-'));
  const { openEmbedded } = await import('../../src/db/embedded.js');
  const { silentLog } = await import('../support/databases.js');
  const database = await openEmbedded({ folder: join(owned, 'database') }, silentLog);
  try {
    const { of } = await examine({ DATA_DIR: owned });
    expect(of('database')).toMatchObject({
      status: 'warn',
      found: expect.stringContaining(`process ${process.pid}`),
    });
    await expect(lockFolder(join(owned, 'database'))).rejects.toThrow('is in use');
  } finally {
    await database.close();
    await rm(owned, { recursive: true, force: true });
  }
}, 90_000);

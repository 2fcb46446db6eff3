import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { EngineError } from '../../src/engine/engine-error.js';
import { findCli, type Ways } from '../../src/engine/find-cli.js';

let folder = '';
let said: string[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mainspring-cli-'));
  said = [];
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A program that answers `--version` as a Temporal CLI with this server does. */
function writeCli(path: string, server = '1.29.1'): string {
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, `#!/bin/sh\necho "temporal version 1.5.1 (Server ${server}, UI 2.42.1)"\n`);
  chmodSync(path, 0o755);
  return path;
}
const kept = () => join(folder, 'bin', 'temporal');
const find = (ways: Partial<Ways> = {}) => {
  const missing = async () => {
    throw new Error('not in this test');
  };
  const onPath = join(folder, 'missing');
  return findCli(folder, (line) => said.push(line), { onPath, download: missing, build: missing, ...ways });
};

test('a CLI on the PATH with a new enough server is used', async () => {
  const onPath = writeCli(join(folder, 'path', 'temporal'));
  writeCli(kept());
  expect(await find({ onPath })).toBe(onPath);
});

test('an older one is passed over for the one that was kept', async () => {
  const onPath = writeCli(join(folder, 'path', 'temporal'), '1.28.4');
  writeCli(kept());
  expect(await find({ onPath })).toBe(kept());
});

test('what was downloaded is kept for the next time', async () => {
  let downloads = 0;
  const download = async (path: string) => {
    downloads++;
    writeCli(path);
  };
  expect([await find({ download }), await find({ download })]).toEqual([kept(), kept()]);
  expect(downloads).toBe(1);
});

test('a network without a way out is followed by a build', async () => {
  const build = async (path: string) => void writeCli(path);
  expect(await find({ build })).toBe(kept());
  expect(said.join()).toContain('download');
});

test('what does not run, or is too old, is not kept', async () => {
  const download = async (path: string) => void writeCli(path, '1.20.0');
  await expect(find({ download })).rejects.toThrow('older than 1.29');
  expect(existsSync(kept())).toBe(false);
  expect(readdirSync(join(folder, 'bin'))).toEqual([]);
});

test('where nothing helps, one error lists all ways', async () => {
  const failure = await find().catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(EngineError);
  for (const way of ['TEMPORAL_ADDRESS', 'PATH', join(folder, 'bin'), 'temporal.download', 'Go 1.21']) {
    expect(String(failure)).toContain(way);
  }
});

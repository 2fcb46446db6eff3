import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { lockFolder, lockPath } from '../../src/db/folder-lock.js';
import { startChild } from '../support/child.js';

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'mainspring-lock-'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const HOLD = 'test/db/programs/hold-lock.ts';

test('a folder has one owner, which is named to the second, and is free again once released', async () => {
  const folder = join(root, 'owned');
  const lock = await lockFolder(folder);
  await expect(lockFolder(folder)).rejects.toMatchObject({
    failure: 'in_use',
    message: expect.stringContaining(`in use by process ${process.pid} on `),
  });
  await lock.release();
  await (await lockFolder(folder)).release();
});

test('another process is refused, and takes over at once when the holder was killed', async () => {
  const folder = join(root, 'killed');
  const holder = startChild(HOLD, folder);
  await holder.lines.next();
  await expect(lockFolder(folder)).rejects.toThrow(`process ${holder.pid} `);
  await holder.kill();
  const lock = await lockFolder(folder);
  await lock.release();
});

test('a holder that is stopped still owns its folder', async () => {
  const folder = join(root, 'stopped');
  const holder = startChild(HOLD, folder);
  await holder.lines.next();
  holder.process.kill('SIGSTOP');
  await expect(lockFolder(folder)).rejects.toThrow('in use by a process that does not answer');
  await holder.kill();
});

test('of several that find a dead owner at once, exactly one becomes the next', async () => {
  const folder = join(root, 'raced');
  const holder = startChild(HOLD, folder);
  await holder.lines.next();
  await holder.kill();
  const attempts = await Promise.allSettled([1, 2, 3, 4].map(() => lockFolder(folder)));
  const won = attempts.flatMap((attempt) => (attempt.status === 'fulfilled' ? [attempt.value] : []));
  expect(won).toHaveLength(1);
  await expect(lockFolder(folder)).rejects.toThrow('in use');
  for (const lock of won) await lock.release();
});

test('a path that is too long for a socket is locked elsewhere, every spelling of it at the same place', async () => {
  const folder = join(root, 'deep'.repeat(30));
  mkdirSync(folder);
  symlinkSync(folder, join(root, 'short'));
  expect(Buffer.byteLength(lockPath(folder))).toBeLessThanOrEqual(100);
  expect(lockPath(join(root, 'short'))).toBe(lockPath(folder));
  const lock = await lockFolder(folder);
  await expect(lockFolder(join(root, 'short'))).rejects.toThrow('in use');
  await lock.release();
});

test('the place of a lock does not change when the folder comes into being', () => {
  const folder = join(root, 'later');
  const before = lockPath(folder);
  mkdirSync(folder);
  expect(lockPath(folder)).toBe(before);
});

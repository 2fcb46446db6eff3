import { createHash, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, realpathSync, rmSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { hostname } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { DatabaseError } from './database-error.js';

/** A unix socket's path may have 104 bytes on macOS and 108 on Linux, its end included. */
const LONGEST_PATH_BYTES = 100;
/** How long a holder may take to say who it is; a stopped process accepts and says nothing. */
const ANSWER_LIMIT_MS = 1_000;
/** Longer than another process needs between finding a dead socket and replacing it. */
const SETTLE_MS = 150;

export interface FolderLock {
  release(): Promise<void>;
}

/** The one spelling of a folder's path, whether or not the folder exists yet. */
function realPath(folder: string): string {
  const path = resolve(folder);
  if (existsSync(path)) return realpathSync(path);
  mkdirSync(dirname(path), { recursive: true });
  return join(realpathSync(dirname(path)), basename(path));
}

/** Where the lock of a folder stands: the same for every spelling of its path, whatever TMPDIR says. */
export function lockPath(folder: string): string {
  const real = realPath(folder);
  const hash = createHash('sha256').update(real).digest('hex').slice(0, 24);
  if (process.platform === 'win32') return `\\\\.\\pipe\\mainspring-${hash}`;
  const beside = `${real}.lock`;
  return Buffer.byteLength(beside) <= LONGEST_PATH_BYTES ? beside : join('/tmp', `mainspring-${hash}.lock`);
}

const codeOf = (error: Error) => ('code' in error ? error.code : undefined);

/** Listens on the path, answering everyone with our name; null where the path is taken. */
function occupy(path: string, name: string): Promise<Server | null> {
  return new Promise((done, fail) => {
    const server = createServer((socket) => {
      // Whoever asks may be gone before it is answered.
      socket.on('error', () => socket.destroy());
      socket.end(name);
    });
    server.once('error', (error) => (codeOf(error) === 'EADDRINUSE' ? done(null) : fail(error)));
    server.listen(path, () => done(server.unref()));
  });
}

/** The name of the process that listens on the path, or null where nobody does. */
function holderOf(path: string): Promise<string | null> {
  return new Promise((done) => {
    let name = '';
    const socket = connect(path);
    socket.setTimeout(ANSWER_LIMIT_MS, () => {
      socket.destroy();
      done('a process that does not answer');
    });
    socket.setEncoding('utf8');
    socket.on('data', (text) => {
      name += text;
    });
    socket.once('end', () => done(name || 'another process'));
    socket.once('error', (error) => {
      const isNobody = codeOf(error) === 'ECONNREFUSED' || codeOf(error) === 'ENOENT';
      done(isNobody ? null : `another process (${error.message})`);
    });
  });
}

const inUse = (folder: string, holder: string | null) =>
  new DatabaseError(
    'in_use',
    `the database folder ${folder} is in use by ${holder?.split('\n')[0] ?? 'another process'}`,
  );

/** The process that owns a folder, for people; null where none does. Unlike {@link lockFolder} it takes nothing. */
export async function ownerOf(folder: string): Promise<string | null> {
  return (await holderOf(lockPath(folder)))?.split('\n')[0] ?? null;
}

/** Takes the path over from a process that is gone; null where somebody else was faster. */
async function replaceDead(path: string, ownName: string): Promise<Server | null> {
  rmSync(path, { force: true });
  const server = await occupy(path, ownName);
  if (!server) return null;
  // Of two that replace a dead socket at once, the second removes the first one's: the path tells who is left.
  await delay(SETTLE_MS);
  // The loser's server stays open, unheard: closing it would remove the path, which is the winner's.
  return (await holderOf(path)) === ownName ? server : null;
}

/**
 * Makes this process the one owner of a folder, until it releases it or ends in whatever way: two processes on one
 * embedded database lose each other's rows without an error. Throws a {@link DatabaseError} that names the holder.
 */
export async function lockFolder(folder: string): Promise<FolderLock> {
  const path = lockPath(folder);
  // The second line tells apart two attempts of one process.
  const ownName = `process ${process.pid} on ${hostname()}\n${randomUUID()}`;
  let server = await occupy(path, ownName);
  if (!server) {
    const holder = await holderOf(path);
    if (holder !== null) throw inUse(folder, holder);
    server = await replaceDead(path, ownName);
  }
  if (!server) throw inUse(folder, await holderOf(path));
  const held = server;
  return { release: () => new Promise((done) => held.close(() => done())) };
}

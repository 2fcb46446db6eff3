import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { z } from 'zod';
import type { Report } from './report.js';

/** Where Temporal's SDKs find the CLI that they download for tests. */
const CATALOGUE = 'https://temporal.download/cli/default';
/** Networks without a way out should cost a start seconds, not minutes. */
const ANSWER_LIMIT_MS = 10_000;
const ARCHIVE_LIMIT_MS = 300_000;
const PLATFORMS: Partial<Record<NodeJS.Platform, string>> = {
  linux: 'linux',
  darwin: 'darwin',
  win32: 'windows',
};
const ARCHITECTURES: Partial<Record<NodeJS.Architecture, string>> = { x64: 'amd64', arm64: 'arm64' };

const Archive = z.object({ archiveUrl: z.url({ protocol: /^https$/ }), fileToExtract: z.string() });

async function fetched(url: string, signal: AbortSignal): Promise<Response> {
  const response = await fetch(url, { signal }).catch((error: unknown) => {
    const isLate = error instanceof Error && error.name === 'TimeoutError';
    throw new Error(`${new URL(url).host} ${isLate ? 'does not answer' : 'cannot be reached'}`, {
      cause: error,
    });
  });
  if (!response.ok) throw new Error(`${new URL(url).host} answers ${response.status}`);
  return response;
}

/** `tar` comes with Linux, macOS and Windows 10. */
async function unpack(archive: ReadableStream, file: string, folder: string): Promise<void> {
  const tar = spawn('tar', ['-xzf', '-', '-C', folder, file], { stdio: ['pipe', 'ignore', 'ignore'] });
  const [[code]] = await Promise.all([once(tar, 'exit'), pipeline(Readable.fromWeb(archive), tar.stdin)]);
  if (code !== 0) throw new Error('the archive cannot be unpacked');
}

/** Throws where this network or this machine does not let it be downloaded. */
export async function requireDownload(): Promise<void> {
  await fetched(`${CATALOGUE}?${platformQuery()}`, AbortSignal.timeout(ANSWER_LIMIT_MS));
}

function platformQuery(): URLSearchParams {
  const platform = PLATFORMS[process.platform];
  const arch = ARCHITECTURES[process.arch];
  if (!platform || !arch) throw new Error(`there is none for ${process.platform} ${process.arch}`);
  return new URLSearchParams({ platform, arch, format: 'tar.gz' });
}

export async function downloadCli(path: string, report: Report): Promise<void> {
  const answer = await fetched(`${CATALOGUE}?${platformQuery()}`, AbortSignal.timeout(ANSWER_LIMIT_MS));
  const { archiveUrl, fileToExtract } = Archive.parse(await answer.json());
  if (fileToExtract !== basename(path))
    throw new Error(`the catalogue names an unexpected file, ${fileToExtract}`);
  report(`downloading the Temporal CLI from ${new URL(archiveUrl).host}`);
  const archive = await fetched(archiveUrl, AbortSignal.timeout(ARCHIVE_LIMIT_MS));
  if (!archive.body) throw new Error('the archive is empty');
  await unpack(archive.body, fileToExtract, dirname(path));
  await chmod(path, 0o755);
}

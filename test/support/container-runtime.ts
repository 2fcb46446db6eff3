import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { describe, test } from '@jest/globals';

const run = promisify(execFile);
const START_LIMIT_MS = 15_000;

/** What Podman needs where it runs inside a container itself. */
const CONTAINERS_CONF = `[containers]
default_ulimits = ["nofile=1024:1024","nproc=4096:4096"]
netns = "host"
cgroups = "enabled"
[engine]
cgroup_manager = "cgroupfs"
runtime = "runc"
`;

export interface ImageWish {
  /** What runs in it. */
  command: string[];
  /** Files of this machine, by their place in the image. */
  files?: Record<string, string>;
}

/** Podman behind the Docker Engine API, with storage, socket and containers of its own. */
export interface TestContainers {
  /** For `DOCKER_HOST`. */
  host: string;
  /** Makes an image with a shell in it; answers its reference. */
  image(name: string, wish: ImageWish): Promise<string>;
  /** The same command, as a person types it. */
  podman(...args: string[]): Promise<string>;
  /** Ends the API as a runtime that is updated does: containers live on. */
  stopService(): Promise<void>;
  startService(): Promise<void>;
  close(): Promise<void>;
}

const answers = (socketPath: string): Promise<boolean> =>
  new Promise((resolve) => {
    request({ socketPath, path: '/_ping' }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    })
      .on('error', () => resolve(false))
      .end();
  });

async function untilAnswering(socketPath: string, service: ChildProcess): Promise<void> {
  for (const end = Date.now() + START_LIMIT_MS; Date.now() < end; await delay(50)) {
    if (service.exitCode !== null) break;
    if (await answers(socketPath)) return;
  }
  throw new Error('Podman did not start its service');
}

/** A folder that is an image's root: busybox, and what is given. */
function fillRoot(folder: string, files: Record<string, string>): void {
  for (const inner of ['bin', 'etc', 'tmp', 'proc', 'dev', 'sys'])
    mkdirSync(join(folder, inner), { recursive: true });
  cpSync('/bin/busybox', join(folder, 'bin/busybox'), { dereference: true });
  for (const name of ['sh', 'sleep', 'env', 'wget', 'kill'])
    symlinkSync('busybox', join(folder, 'bin', name));
  writeFileSync(join(folder, 'etc/passwd'), 'root:x:0:0:root:/:/bin/sh\nagent:x:1000:1000::/:/bin/sh\n');
  for (const [place, source] of Object.entries(files)) {
    const target = join(folder, place);
    mkdirSync(dirname(target), { recursive: true });
    cpSync(source, target, { dereference: true });
  }
}

export async function startContainers(): Promise<TestContainers> {
  const folder = mkdtempSync(join(tmpdir(), 'mainspring-podman-'));
  const conf = join(folder, 'containers.conf');
  const socket = join(folder, 'd.sock');
  writeFileSync(conf, CONTAINERS_CONF);
  const env = { ...process.env, CONTAINERS_CONF: conf };
  const storage = [
    '--root',
    join(folder, 'root'),
    '--runroot',
    join(folder, 'run'),
    '--tmpdir',
    join(folder, 'tmp'),
  ];
  const podman = async (...args: string[]) =>
    (await run('podman', [...storage, ...args], { env })).stdout.trim();
  let service: ChildProcess | null = null;

  async function startService(): Promise<void> {
    service = spawn('podman', [...storage, 'system', 'service', '--time', '0', `unix://${socket}`], {
      env,
      stdio: 'ignore',
    });
    await untilAnswering(socket, service);
  }

  async function stopService(): Promise<void> {
    if (!service || service.exitCode !== null || service.signalCode !== null) return;
    const exited = once(service, 'exit');
    service.kill('SIGKILL');
    await exited;
    rmSync(socket, { force: true });
  }

  async function image(name: string, { command, files = {} }: ImageWish): Promise<string> {
    const root = join(folder, `image-${name.replaceAll(/\W/g, '-')}`);
    fillRoot(root, files);
    await run('tar', ['-C', root, '-cf', `${root}.tar`, '.']);
    const reference = `localhost/${name}`;
    await podman('import', '-c', `CMD ${JSON.stringify(command)}`, `${root}.tar`, reference);
    rmSync(root, { recursive: true, force: true });
    rmSync(`${root}.tar`, { force: true });
    return reference;
  }

  await startService();
  return {
    host: `unix://${socket}`,
    image,
    podman,
    startService,
    stopService,
    async close() {
      await podman('rm', '--all', '--force', '--time', '0').catch(() => undefined);
      await stopService();
      // The storage driver mounts its folder upon itself.
      await run('umount', ['-l', join(folder, 'root/overlay')]).catch(() => undefined);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The files that this Node needs besides itself, by their place. */
export async function nodeFiles(): Promise<Record<string, string>> {
  const { stdout } = await run('ldd', [process.execPath]);
  const libraries = [...stdout.matchAll(/(\/\S+\.so\S*)/g)].map(([, path = '']) => path);
  return Object.fromEntries([...libraries.map((path) => [path, path]), ['/usr/bin/node', process.execPath]]);
}

/** Tests on a container runtime; left out where none is installed, as the beginning of a run says. */
export function describeContainers(name: string, tests: () => void): void {
  if (process.env.MAINSPRING_TEST_PODMAN === 'installed') describe(name, tests);
  else
    describe(name, () =>
      test('is left out: podman, runc or busybox-static is not installed', () => undefined),
    );
}

import { setTimeout as delay } from 'node:timers/promises';
import Docker from 'dockerode';
import type { Config } from '../config.js';
import type { ResourceLimits } from '../domain/resources.js';
import { whatIsLacking } from '../domain/resources.js';
import {
  type Container,
  type ContainerRuntime,
  type ContainerWish,
  type Refusal,
  RuntimeError,
} from './container-runtime.js';
import { dockerAddress } from './docker-address.js';
import { logText } from './log-text.js';

/** For one answer; stopping takes longer by its grace. */
const CALL_MS = 20_000;
/** While somebody waits for the answer of a request. */
const VERIFY_MS = 5_000;
/** Networks in which a container has no names of its own. */
const WITHOUT_HOSTS = /^(?:host$|none$|container:)/;
/** Docker cuts logs by itself only when it is told to. */
const LOGS = { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '3' } };
/** Between two looks at a container whose end was announced and is not to be seen. */
const LOOK_MS = 1_000;
/**
 * For how long one call waits for an end before it is made anew: an answer that has begun and whose connection then
 * breaks, with the runtime, never comes to an end in the library.
 */
const WAIT_MS = 15_000;

interface DockerFailure {
  statusCode?: number;
  message: string;
}
const isFailure = (error: unknown): error is DockerFailure => error instanceof Error;
const statusOf = (error: unknown) => (isFailure(error) ? error.statusCode : undefined);

/** Without the status that the library writes before them. */
const wordsOf = ({ message }: DockerFailure) => message.replace(/^\(HTTP code \d+\) /, '').trim();

/** What a failure means: nothing answered, or it was refused. */
function toRuntimeError(error: unknown): RuntimeError {
  if (error instanceof RuntimeError) return error;
  if (!isFailure(error) || error.statusCode === undefined)
    return new RuntimeError('no_container_runtime', 'the container runtime cannot be reached', {
      cause: error,
    });
  return new RuntimeError('refused', `the container runtime says: ${wordsOf(error)}`, { cause: error });
}

const imageNotFound = (image: string): Refusal => ({
  code: 'image_not_found',
  detail: `the image ${image} is not on the container host; there: docker pull ${image}`,
});

/** Runs a call; answers undefined where its failure says that there is nothing to do. */
async function call<T>(run: () => Promise<T>, harmless: readonly number[] = []): Promise<T | undefined> {
  try {
    return await run();
  } catch (error) {
    if (harmless.includes(statusOf(error) ?? 0)) return undefined;
    throw toRuntimeError(error);
  }
}

const STATUS: Record<string, Container['status']> = {
  created: 'created',
  running: 'running',
  restarting: 'running',
  paused: 'paused',
};
const HEALTH: Record<string, Container['health']> = {
  starting: 'starting',
  healthy: 'healthy',
  unhealthy: 'unhealthy',
};

function containerOf({ Id: id, State: state, Config: config }: Docker.ContainerInspectInfo): Container {
  const status = STATUS[state.Status] ?? 'ended';
  const startedAt = new Date(state.StartedAt);
  return {
    ...{ id, status },
    exitCode: status === 'ended' ? state.ExitCode : null,
    wasOutOfMemory: state.OOMKilled,
    health: HEALTH[state.Health?.Status ?? ''] ?? null,
    startedAt: startedAt.getTime() > 0 ? startedAt : null,
    labels: config.Labels ?? {},
  };
}

function optionsOf({ name, image, environment, labels, limits }: ContainerWish, network: string) {
  return {
    name,
    Image: image,
    Labels: labels,
    Env: Object.entries(environment).map(([variable, value]) => `${variable}=${value}`),
    HostConfig: {
      NetworkMode: network,
      // Whether it is started again is decided by its supervisor, which lives longer than any runtime.
      RestartPolicy: { Name: 'no' },
      SecurityOpt: ['no-new-privileges'],
      LogConfig: LOGS,
      ...(WITHOUT_HOSTS.test(network) ? {} : { ExtraHosts: ['host.docker.internal:host-gateway'] }),
      ...(limits.nanoCpus === null ? {} : { NanoCpus: limits.nanoCpus }),
      ...(limits.memoryBytes === null ? {} : { Memory: limits.memoryBytes, MemorySwap: limits.memoryBytes }),
    },
  };
}

const NOT_THERE = 404;
const ALREADY_SO = 304;

/** Waits for something, but not longer than `limitMs` nor after `signal`; answers whether it came in time. */
async function forAWhile(
  signal: AbortSignal,
  limitMs: number,
  wait: (signal: AbortSignal) => Promise<unknown>,
): Promise<boolean> {
  const ending = new AbortController();
  const end = () => ending.abort();
  const limit = setTimeout(end, limitMs);
  signal.addEventListener('abort', end, { once: true });
  try {
    const over = new Promise((resolve) => ending.signal.addEventListener('abort', resolve, { once: true }));
    const waited = wait(ending.signal).catch((error: unknown) => {
      if (!ending.signal.aborted) throw error;
    });
    await Promise.race([waited, over]);
    return !ending.signal.aborted;
  } finally {
    clearTimeout(limit);
    signal.removeEventListener('abort', end);
  }
}

/** Containers by the Docker Engine API, which Podman serves as well. Nothing is asked before it is needed. */
export function createDockerRuntime(
  { DOCKER_HOST: host, CONTAINER_NETWORK: network }: Pick<Config, 'DOCKER_HOST' | 'CONTAINER_NETWORK'>,
  { callMs = CALL_MS, waitMs = WAIT_MS }: { callMs?: number; waitMs?: number } = {},
): ContainerRuntime {
  const open = (timeout: number | undefined) => {
    const address = dockerAddress(host);
    if (address === null)
      throw new RuntimeError('no_container_runtime', 'DOCKER_HOST is not unix:// or tcp://');
    return new Docker({ ...address, timeout });
  };
  /** Without a limit where that is null: a call that waits. */
  const containerFor = (id: string, timeoutMs: number | null = callMs) =>
    open(timeoutMs ?? undefined).getContainer(id);

  async function find(id: string): Promise<Container | null> {
    const inspected = await call(() => containerFor(id).inspect(), [NOT_THERE]);
    return inspected ? containerOf(inspected) : null;
  }

  /** Some runtimes answer that something is so already with a failure like any other. */
  async function unlessSo(
    id: string,
    status: Container['status'],
    run: () => Promise<unknown>,
  ): Promise<void> {
    const failure = await call(run, [NOT_THERE, ALREADY_SO]).then(
      () => null,
      (error: unknown) => error,
    );
    if (failure !== null && (await find(id))?.status !== status) throw failure;
  }

  return {
    verify: ({ image, limits }) => verify(open, image, limits),
    find,
    async create(wish) {
      try {
        return (await open(callMs).createContainer(optionsOf(wish, network))).id;
      } catch (error) {
        if (statusOf(error) !== NOT_THERE) throw toRuntimeError(error);
        const { code, detail } = imageNotFound(wish.image);
        throw new RuntimeError(code, detail);
      }
    },
    async start(id) {
      await call(() => containerFor(id).start(), [ALREADY_SO]);
    },
    pause: (id) => unlessSo(id, 'paused', () => containerFor(id).pause()),
    unpause: (id) => unlessSo(id, 'running', () => containerFor(id).unpause()),
    stop: (id, graceSeconds) =>
      unlessSo(id, 'ended', () => containerFor(id, callMs + graceSeconds * 1_000).stop({ t: graceSeconds })),
    async remove(id) {
      await call(() => containerFor(id).remove({ force: true, v: true }), [NOT_THERE]);
    },
    async waitForEnd(id, signal) {
      const lives = async () => ['running', 'paused'].includes((await find(id))?.status ?? '');
      while (!signal.aborted && (await lives())) {
        const wasInTime = await forAWhile(signal, waitMs, (abortSignal) =>
          call(() => containerFor(id, null).wait({ condition: 'not-running', abortSignal }), [NOT_THERE]),
        );
        if (wasInTime && (await lives())) await delay(LOOK_MS, undefined, { signal }).catch(() => undefined);
      }
    },
    async logs(name, { tail, since }) {
      const wish = { stdout: true, stderr: true, follow: false as const, tail };
      const from = since === undefined ? {} : { since: since.getTime() / 1_000 };
      const bytes = await call(() => containerFor(name).logs({ ...wish, ...from }), [NOT_THERE]);
      return bytes === undefined ? null : logText(Buffer.from(bytes));
    },
  };
}

async function verify(
  open: (timeoutMs: number) => Docker,
  image: string,
  limits: ResourceLimits,
): Promise<Refusal | null> {
  try {
    const docker = open(VERIFY_MS);
    const { NCPU: cpus, MemTotal: memoryBytes } = await docker.info();
    const isThere = await call(() => docker.getImage(image).inspect(), [NOT_THERE]);
    if (!isThere) return imageNotFound(image);
    const lacking = whatIsLacking(limits, { cpus, memoryBytes });
    return lacking === null ? null : { code: 'resources_unavailable', detail: lacking };
  } catch (error) {
    return {
      code: 'no_container_runtime',
      detail: `${toRuntimeError(error).message}; DOCKER_HOST says where it listens`,
    };
  }
}

import type { ResourceLimits } from '../domain/resources.js';

/** A container that is to be made. */
export interface ContainerWish {
  name: string;
  image: string;
  environment: Record<string, string>;
  labels: Record<string, string>;
  limits: ResourceLimits;
}

/** A container as the runtime has it. */
export interface Container {
  id: string;
  /** `created` was never started, `ended` was. */
  status: 'created' | 'running' | 'paused' | 'ended';
  /** Of one that ended. */
  exitCode: number | null;
  /** The system ended it because it used more memory than it may. */
  wasOutOfMemory: boolean;
  /** What the image's own health check says; null where it has none. */
  health: 'starting' | 'healthy' | 'unhealthy' | null;
  startedAt: Date | null;
  labels: Record<string, string>;
}

export type RefusalCode = 'no_container_runtime' | 'image_not_found' | 'resources_unavailable';

/** Why a container cannot be run, in a sentence for whoever wants it. */
export interface Refusal {
  code: RefusalCode;
  detail: string;
}

export interface LogWish {
  /** The last so many lines. */
  tail: number;
  since?: Date | undefined;
}

/**
 * What runs containers. Where it cannot be reached, or does not do what it is asked, it throws a {@link RuntimeError};
 * a container that is not there, or is already as it shall be, is no failure.
 */
export interface ContainerRuntime {
  /** Why a container could not be run now; null where it can. Never throws. */
  verify(wish: Pick<ContainerWish, 'image' | 'limits'>): Promise<Refusal | null>;
  /** By name or id; null where there is none. */
  find(nameOrId: string): Promise<Container | null>;
  /** Makes a container, without starting it; answers its id. */
  create(wish: ContainerWish): Promise<string>;
  start(id: string): Promise<void>;
  pause(id: string): Promise<void>;
  unpause(id: string): Promise<void>;
  /** SIGTERM, and SIGKILL to what is still there after so many seconds. */
  stop(id: string, graceSeconds: number): Promise<void>;
  /** Whatever it does. */
  remove(id: string): Promise<void>;
  /** Fulfilled when a container has ended or is gone, or the signal was given. */
  waitForEnd(id: string, signal: AbortSignal): Promise<void>;
  /** What it wrote to its outputs; null where there is none of this name. */
  logs(name: string, wish: LogWish): Promise<string | null>;
}

/** A container runtime that was not there, or did not do what it was asked. */
export class RuntimeError extends Error {
  constructor(
    readonly code: RefusalCode | 'refused',
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'RuntimeError';
  }
}

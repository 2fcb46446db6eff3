import type { Resources } from '../schemas/hosting.js';

/** What a container may use at most, as container runtimes count it; null where nobody says. */
export interface ResourceLimits {
  /** Thousand millionths of a CPU. */
  nanoCpus: number | null;
  memoryBytes: number | null;
}

const NANOS_OF_A_CPU = 1_000_000_000;
const NANOS_OF_A_MILLI = 1_000_000;
const BYTES = {
  Ki: 1024,
  Mi: 1024 ** 2,
  Gi: 1024 ** 3,
  Ti: 1024 ** 4,
  k: 1_000,
  M: 1_000 ** 2,
  G: 1_000 ** 3,
  T: 1_000 ** 4,
} as const;
/** No runtime starts anything in less. */
const LEAST_BYTES = 6 * BYTES.Mi;

const unitOf = (text: string) =>
  Object.entries(BYTES).find(([unit]) => text.endsWith(unit)) ?? (['', 1] as const);

function bytesOf(memory: string): number {
  const [unit, factor] = unitOf(memory);
  return Number(memory.slice(0, memory.length - unit.length)) * factor;
}

const nanoCpusOf = (cpu: string): number =>
  cpu.endsWith('m') ? Number(cpu.slice(0, -1)) * NANOS_OF_A_MILLI : Math.round(Number(cpu) * NANOS_OF_A_CPU);

/** `500m` and `1Gi` in numbers. */
export const limitsOf = (resources: Resources | null): ResourceLimits => ({
  nanoCpus: resources?.cpu === undefined ? null : nanoCpusOf(resources.cpu),
  memoryBytes: resources?.memory === undefined ? null : bytesOf(resources.memory),
});

/** What a host has. */
export interface Capacity {
  cpus: number;
  memoryBytes: number;
}

const gigabytes = (bytes: number) => `${(bytes / BYTES.Gi).toFixed(1)}Gi`;

/** Why a host cannot give so much, in a sentence; null where it can. */
export function whatIsLacking({ nanoCpus, memoryBytes }: ResourceLimits, host: Capacity): string | null {
  if (nanoCpus !== null && nanoCpus === 0) return 'the agent asks for no CPU at all';
  if (nanoCpus !== null && nanoCpus > host.cpus * NANOS_OF_A_CPU)
    return `the agent asks for ${nanoCpus / NANOS_OF_A_CPU} CPUs, the container host has ${host.cpus}`;
  if (memoryBytes !== null && memoryBytes < LEAST_BYTES)
    return 'the agent asks for less memory than a container can start with: 6Mi';
  if (memoryBytes !== null && memoryBytes > host.memoryBytes)
    return `the agent asks for ${gigabytes(memoryBytes)} of memory, the container host has ${gigabytes(host.memoryBytes)}`;
  return null;
}

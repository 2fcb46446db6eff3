/** What the figures depend on: the machine, what else ran on it, what the product's processes used (Linux only). */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';

export function describeMachine() {
  const [cpu] = cpus();
  return {
    cpu: cpu?.model ?? 'unknown',
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    node: process.version,
    at: new Date().toISOString(),
  };
}

/** A process and all that it started. */
export function tree(pid) {
  const children = new Map();
  for (const line of execFileSync('ps', ['-eo', 'pid=,ppid=']).toString().trim().split('\n')) {
    const [child, parent] = line.trim().split(/\s+/).map(Number);
    children.set(parent, [...(children.get(parent) ?? []), child]);
  }
  const all = [pid];
  for (const each of all) all.push(...(children.get(each) ?? []));
  return all;
}

/** Memory that the processes use, shared pages counted in part (PSS), in bytes. */
export function memoryOf(pids) {
  return pids.reduce((total, pid) => {
    try {
      const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
      return total + Number(/^Pss:\s+(\d+)/m.exec(rollup)?.[1] ?? 0) * 1_024;
    } catch {
      return total; // It ended meanwhile.
    }
  }, 0);
}

const ticksOf = (pid) => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return Number(fields[11]) + Number(fields[12]);
  } catch {
    return 0; // It ended meanwhile.
  }
};

function busyTicks() {
  const [line] = readFileSync('/proc/stat', 'utf8').split('\n');
  const [user, nice, system, , , irq, softirq, steal] = line.trim().split(/\s+/).slice(1).map(Number);
  return user + nice + system + irq + softirq + steal;
}

/** Starts to count; the function it answers tells how many cores unrelated work took since. */
export function watchNoise(pids) {
  const ours = () => pids().reduce((total, pid) => total + ticksOf(pid), 0);
  const [busy, own, at] = [busyTicks(), ours(), Date.now()];
  return () => {
    const seconds = (Date.now() - at) / 1_000;
    return Math.max(0, Math.round(((busyTicks() - busy - (ours() - own)) / 100 / seconds) * 100) / 100);
  };
}

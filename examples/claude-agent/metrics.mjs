import { totalmem } from 'node:os';

/** Percent of one core since the last heartbeat, percent of the machine's memory, and chats that are being answered. */
export function createMetrics(countChats) {
  let before = { at: performance.now(), usage: process.cpuUsage() };
  return () => {
    const { user, system } = process.cpuUsage(before.usage);
    const elapsedMs = performance.now() - before.at;
    before = { at: performance.now(), usage: process.cpuUsage() };
    return {
      cpu: Math.round((user + system) / 10 / Math.max(1, elapsedMs)),
      memory: Math.round((1_000 * process.memoryUsage.rss()) / totalmem()) / 10,
      activeConnections: countChats(),
    };
  };
}

import type { Part, Probes } from '../http/probes.js';
import { unavailable } from './problem.js';

/** Together with a probe's longest answer this stays below the 2 s in which a caller learns that nothing works. */
const PATIENCE_MS = 1_200;

async function firstAway(probes: Probes, parts: readonly Part[]): Promise<Part | null> {
  const areUp = await Promise.all(parts.map((part) => probes.isUp(part)));
  return parts.find((_, index) => !areUp[index]) ?? null;
}

/**
 * The outcome of `work`, or `unavailable` when it takes long and a part that it needs does not answer: a server that
 * hangs gives no error. Work that is only slow is waited for.
 */
export function unlessStuck<T>(work: Promise<T>, probes: Probes, parts: readonly Part[]): Promise<T> {
  return new Promise((resolve, reject) => {
    let isOver = false;
    let timer = setTimeout(look, PATIENCE_MS);
    function look() {
      firstAway(probes, parts).then((away) => {
        if (away) reject(unavailable(away));
        else if (!isOver) timer = setTimeout(look, PATIENCE_MS);
      }, reject);
    }
    const end = () => {
      isOver = true;
      clearTimeout(timer);
    };
    work.then(
      (value) => {
        end();
        resolve(value);
      },
      (error: unknown) => {
        end();
        reject(error);
      },
    );
  });
}

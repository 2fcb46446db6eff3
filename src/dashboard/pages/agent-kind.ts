import type { Agent } from '../../client/index.js';

/** What carries out its work. */
export function kindOf({ isHosted, image, handler, type }: Agent): string {
  if (isHosted) return 'came along';
  if (image !== null) return 'container';
  if (handler !== null) return `handler: ${handler.type}`;
  return type ?? 'elsewhere';
}

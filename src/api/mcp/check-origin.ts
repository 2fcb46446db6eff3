import type { Config } from '../../config.js';
import { isLocalHost } from '../credential.js';
import { ApiProblem } from '../problem.js';

/**
 * Refuses pages of other origins, as MCP asks. What a request says of its own host counts on this machine only: a name
 * that was rebound to it would vouch for itself.
 */
export function checkOrigin(
  header: (name: string) => string,
  { CORS_ORIGINS, PUBLIC_URL }: Pick<Config, 'CORS_ORIGINS' | 'PUBLIC_URL'>,
): void {
  const origin = header('origin');
  if (origin === '' || CORS_ORIGINS.includes(origin)) return;
  if (PUBLIC_URL !== undefined && origin === new URL(PUBLIC_URL).origin) return;
  const host = header('host');
  if (isLocalHost(host) && origin === `http://${host}`) return;
  throw new ApiProblem('forbidden', 'pages of this origin may not call this: see CORS_ORIGINS');
}

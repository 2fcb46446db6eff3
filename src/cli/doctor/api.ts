import { once } from 'node:events';
import { createServer } from 'node:net';
import { askApi, detailOf } from './ask-api.js';
import { type Check, type Finding, fail, ok, type Patient, warn } from './check.js';

const REFUSALS: Record<string, string> = {
  EADDRINUSE: 'Another program listens there: end it, or set PORT to a free one.',
  EACCES: 'This user may not: set PORT to one above 1023.',
  EADDRNOTAVAIL: 'HOST is not on this machine: set it to an address that is.',
};

/** Whether the API could listen where it is configured to. */
async function couldListen({ config: { host, PORT } }: Patient): Promise<Finding> {
  const server = createServer();
  try {
    server.listen(PORT, host);
    await once(server, 'listening');
    server.close();
    await once(server, 'close');
    return ok(`${host}:${PORT} is free; mainspring start would listen there`);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    return fail(
      `${host}:${PORT} cannot be listened on (${code})`,
      REFUSALS[code] ?? 'Look at HOST and PORT.',
    );
  }
}

const isOurs = (body: unknown) =>
  typeof body === 'object' && body !== null && ('status' in body || 'code' in body);

/** The API answers, or could be started where it would be. */
export const apiCheck: Check = {
  name: 'API',
  async look(patient) {
    const { url, isNamed } = patient.api;
    // Of all servers only ours has this path.
    const answer = await askApi(`${url}/api/health/temporal`);
    if (answer === null && isNamed)
      return fail(
        `nothing answers at ${url}`,
        'Start it (mainspring start), or correct MAINSPRING_BASE_URL.',
      );
    if (answer === null) return couldListen(patient);
    if (!isOurs(answer.body) || answer.status === 404) {
      const mend = isNamed ? 'Correct MAINSPRING_BASE_URL.' : (REFUSALS.EADDRINUSE ?? '');
      return fail(`what answers at ${url} is not Mainspring`, mend);
    }
    const ready = await askApi(`${url}/readyz`);
    if (ready?.status === 200) return ok(`answers at ${url} and takes work`);
    const reason = ready ? detailOf(ready) : 'it does not say whether it takes work';
    return warn(`answers at ${url}, but ${reason}`, 'The checks of that part, and its log, say why.');
  },
};

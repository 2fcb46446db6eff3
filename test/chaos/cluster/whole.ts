import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { findTemporal, ORG, productEnv } from './cluster.js';
import { isHealthy, makeOrganisation, wholeProgram } from './mainspring.js';
import { takePort } from './ports.js';
import { atExit, type Program } from './program.js';
import { makeScratch } from './scratch.js';

/** Mainspring as it begins: one process with the embedded database, and the Temporal server that it starts. */
export interface Whole {
  folder: string;
  orgId: string;
  url: string;
  key: string;
  temporalAddress: string;
  program: Program;
  /** Of the Temporal server that the process started or adopted; undefined when none runs. */
  temporalPid(): number | undefined;
  isHealthy(): Promise<boolean>;
  close(wish: { keepFolder: boolean }): Promise<void>;
}

/** The product writes down which server is its own; whether that process is still this one, its command tells. */
function serverOf(folder: string): number | undefined {
  try {
    const { server } = JSON.parse(readFileSync(join(folder, 'temporal.json'), 'utf8'));
    const command = readFileSync(`/proc/${server.pid}/cmdline`, 'utf8');
    return command.includes(folder) ? server.pid : undefined;
  } catch {
    return undefined;
  }
}

export async function startWhole(): Promise<Whole> {
  const scratch = makeScratch('whole');
  const { folder } = scratch;
  const [port, temporalPort, uiPort] = [await takePort(), await takePort(), await takePort()];
  const cli = await findTemporal();
  const env = {
    ...productEnv(),
    PORT: String(port),
    TEMPORAL_PORT: String(temporalPort),
    TEMPORAL_UI_PORT: String(uiPort),
    DATA_DIR: folder,
    PATH: `${dirname(cli)}:${process.env.PATH}`,
  };
  const url = `http://127.0.0.1:${port}`;
  const program = wholeProgram({ folder, env }, url);
  const endServer = () => {
    const pid = serverOf(folder);
    if (pid !== undefined) process.kill(pid, 'SIGKILL');
  };
  const forget = atExit(endServer);
  const close = async ({ keepFolder }: { keepFolder: boolean }) => {
    await program.kill();
    endServer();
    forget();
    if (keepFolder) scratch.keep();
    else scratch.remove();
  };
  try {
    // Before its start: the embedded database has one owner.
    const { key } = await makeOrganisation(ORG, env);
    await program.start();
    return {
      ...{ folder, orgId: ORG, url, key, program, close },
      temporalAddress: `127.0.0.1:${temporalPort}`,
      temporalPid: () => serverOf(folder),
      isHealthy: () => isHealthy(url),
    };
  } catch (error) {
    await close({ keepFolder: true });
    throw new Error(`the process did not start: ${String(error)}`, { cause: error });
  }
}

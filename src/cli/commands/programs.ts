import type { Command } from 'commander';
import { readEnvFile } from '../surroundings.js';

/** Each module runs its program when it is loaded. */
const PROGRAMS = {
  start: {
    description:
      'run all of Mainspring in this process, with a database and a Temporal of its own where none is set',
    run: () => import('../../main.js'),
  },
  api: {
    description: 'run the API beside workers in other processes',
    run: () => import('../../api/main.js'),
  },
  worker: {
    description: 'run workers beside an API in another process',
    run: () => import('../../worker/main.js'),
  },
  migrate: { description: 'bring the database up to date, and end', run: () => import('../../migrate.js') },
};

export function addPrograms(program: Command): void {
  for (const [name, { description, run }] of Object.entries(PROGRAMS)) {
    program
      .command(name)
      .description(description)
      .action(async () => {
        readEnvFile();
        await run();
      });
  }
}

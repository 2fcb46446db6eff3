import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { z } from 'zod';
import { addAgents } from './commands/agents.js';
import { addCompletion } from './commands/completion.js';
import { addDeliveries } from './commands/deliveries.js';
import { addDoctor } from './commands/doctor.js';
import { addEvents } from './commands/events.js';
import { addKeys } from './commands/keys.js';
import { addMessages } from './commands/messages.js';
import { addOrgs } from './commands/orgs.js';
import { addPrograms } from './commands/programs.js';
import { addSampleData } from './commands/sample-data.js';
import { addSchedules } from './commands/schedules.js';
import { addTasks } from './commands/tasks.js';
import { addTimers } from './commands/timers.js';
import { addToken } from './commands/token.js';

const AFTER_HELP = `
Exit codes: 0 done, 1 it failed, 2 called wrongly, 3 not found, 4 not allowed, 5 no answer.
The API is http://localhost:3000, or where MAINSPRING_BASE_URL says; MAINSPRING_API_KEY and MAINSPRING_TOKEN let in.
`;

const GROUPS: [heading: string, add: ((program: Command) => void)[]][] = [
  ['Run it:', [addPrograms, addDoctor]],
  ['Work with it:', [addTimers, addTasks, addAgents, addMessages, addSchedules, addDeliveries, addEvents]],
  ['Administer it:', [addOrgs, addKeys, addToken, addSampleData]],
  ['Your shell:', [addCompletion]],
];

function ownVersion(): string {
  const file = new URL('../../package.json', import.meta.url);
  return z.object({ version: z.string() }).parse(JSON.parse(readFileSync(file, 'utf8'))).version;
}

/** The whole command line. What goes wrong in it is thrown, never a `process.exit`. */
export function createProgram(): Command {
  const program = new Command('mainspring')
    .description('Durable timers, agents, messages, tasks and schedules')
    .version(ownVersion())
    .exitOverride()
    .showHelpAfterError('(--help shows how it is called)')
    .addHelpText('after', AFTER_HELP);
  for (const [heading, adders] of GROUPS) {
    program.commandsGroup(heading);
    for (const add of adders) add(program);
  }
  return program;
}

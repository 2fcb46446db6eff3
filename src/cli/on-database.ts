import type { Command } from 'commander';
import type { Desk } from './desk.js';
import { withJson } from './session.js';

/**
 * Gives a command what it does on the database; `args` are its arguments as they are declared. What it needs for that is
 * loaded when it is called: the other commands start four times as fast without it.
 */
export function onDatabase<Options extends object>(
  command: Command,
  act: (desk: Desk, options: Options, ...args: string[]) => Promise<void>,
): Command {
  return withJson(command).action(async () => {
    const options = command.opts<Options & { json?: boolean }>();
    const { atDesk } = await import('./desk.js');
    await atDesk(options, (desk) => act(desk, options, ...command.processedArgs));
  });
}

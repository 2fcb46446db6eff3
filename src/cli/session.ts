import type { Command } from 'commander';
import { MainspringClient } from '../client/index.js';
import { Printer } from './printer.js';
import { ownScreen } from './screen.js';

/** What a command on the API works with. */
export interface Session {
  client: MainspringClient;
  print: Printer;
}

interface Connection {
  url?: string;
  key?: string;
  token?: string;
  json?: boolean;
  quiet?: boolean;
}

/** A person waits; a program can repeat by itself. */
const RETRIES = 2;

/** How the answer is wanted. */
export const withJson = (command: Command): Command =>
  command.option('--json', 'print JSON: one value, or with --watch a line for each');

const withConnection = (command: Command): Command =>
  withJson(command)
    .option('-q, --quiet', 'print ids only')
    .option('--url <url>', 'where the API is (MAINSPRING_BASE_URL; http://localhost:3000)')
    .option('--key <key>', 'an API key (MAINSPRING_API_KEY), which others on this machine may see here')
    .option('--token <token>', 'an admin token (MAINSPRING_TOKEN)');

export function openSession({ url, key, token, json, quiet }: Connection): Session {
  const settings = { baseUrl: url, apiKey: key, token, retries: RETRIES };
  return { client: new MainspringClient(settings), print: new Printer(ownScreen(), { json, quiet }) };
}

/** Gives a command its options for the API and what it does; `args` are its arguments as they are declared. */
export function onApi<Options extends object>(
  command: Command,
  act: (session: Session, options: Options, ...args: string[]) => Promise<void>,
): Command {
  return withConnection(command).action(async () => {
    const options = command.opts<Options & Connection>();
    await act(openSession(options), options, ...command.processedArgs);
  });
}

import type { Command } from 'commander';
import { MainspringClient } from '../client/index.js';
import { completeOptions } from '../client/options.js';
import { UsageError } from './failure.js';
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

/** What a header can carry; a secret is not repeated where it cannot. */
const CREDENTIAL = /^[\u0021-\u007e]+$/;

/** What no server was asked for is no outage. Throws a {@link UsageError}. */
function check(settings: ReturnType<typeof completeOptions>): void {
  const { baseUrl, apiKey = '-', token = '-' } = settings;
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : undefined;
  if (!url || !['http:', 'https:'].includes(url.protocol) || url.username || url.password)
    throw new UsageError(
      '--url, or MAINSPRING_BASE_URL, is where the API is, such as http://localhost:3000, without a user or password.',
    );
  if (!CREDENTIAL.test(apiKey)) throw new UsageError('--key, or MAINSPRING_API_KEY, is no API key.');
  if (!CREDENTIAL.test(token)) throw new UsageError('--token, or MAINSPRING_TOKEN, is no admin token.');
}

export function openSession({ url, key, token, json, quiet }: Connection): Session {
  const settings = completeOptions({ baseUrl: url, apiKey: key, token, retries: RETRIES });
  check(settings);
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

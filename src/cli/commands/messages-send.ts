import type { Command } from 'commander';
import type { Message, NewMessage } from '../../client/index.js';
import { Unsuccessful } from '../failure.js';
import { agentIdOf } from '../named-agent.js';
import { bodyOf, bodyOption, object } from '../read-option.js';
import { onApi, type Session } from '../session.js';
import { timeoutOption, untilEnded } from '../wait.js';
import { MESSAGE } from './message-view.js';

interface SendOptions {
  type?: string;
  payload?: object;
  from?: string;
  replyTo?: string;
  ttl?: string;
  id?: string;
  body?: object;
  wait?: boolean;
  timeout?: number;
}

const OPEN = ['queued', 'delivered'];
const hasEnded = ({ receipts }: Message) => !receipts.some(({ status }) => OPEN.includes(status));

const withSendOptions = (command: Command): Command =>
  command
    .option('--type <type>', 'what kind of message it is (message)')
    .option('--payload <json>', 'what it says, an object; @file, - for stdin', object)
    .option('--from <name>', 'who sends it (api)')
    .option('--reply-to <address>', 'where a reply goes besides: the id of an agent, or a topic')
    .option('--ttl <time>', 'dead after so long where it still waits')
    .option('--id <id>', 'your own: the same one is the same message')
    .addOption(bodyOption())
    .option('--wait', 'wait until it was handled; exit code 1 when it was not')
    .addOption(timeoutOption());

const messageOf = ({ type, payload, from, replyTo, ttl, id, body }: SendOptions): NewMessage =>
  bodyOf<NewMessage>({ type: 'message', ...body }, { type, payload, from, replyTo, ttl, id });

async function show(
  { client, print }: Session,
  sent: Message,
  { wait, timeout }: SendOptions,
): Promise<void> {
  if (!wait) return print.one(MESSAGE, sent);
  const message = await untilEnded(print.screen, sent, {
    read: (slice) => client.messages.get(sent.id, { wait: slice }),
    hasEnded,
    describe: ({ id, receipts }) => `message ${id} (${receipts.map(({ status }) => status).join(', ')})`,
    timeout,
  });
  print.one(MESSAGE, message);
  const lost = message.receipts.filter(({ status }) => status !== 'processed');
  if (lost.length > 0)
    throw new Unsuccessful(`Not handled: ${lost.map(({ status, error }) => error ?? status).join(', ')}.`);
}

export function addSending(messages: Command): void {
  onApi<SendOptions>(
    withSendOptions(
      messages.command('send <agent>').description('put a message into the mailbox of an agent'),
    ),
    async (session, options, idOrName) => {
      const { client } = session;
      const id = await agentIdOf(client, idOrName);
      await show(session, await client.messages.send(id, messageOf(options)), options);
    },
  );
  onApi<SendOptions>(
    withSendOptions(
      messages.command('publish <topic>').description('send it to all agents that subscribe to a topic'),
    ),
    async (session, options, topic) =>
      show(session, await session.client.messages.publish(topic, messageOf(options)), options),
  );
}

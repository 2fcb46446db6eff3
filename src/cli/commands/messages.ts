import type { Command } from 'commander';
import type { Message, Published } from '../../client/index.js';
import { ReceiptStatus } from '../../schemas/message.js';
import { choice } from '../choice.js';
import { listing } from '../listing.js';
import { agentIdOf } from '../named-agent.js';
import { onApi } from '../session.js';
import { MESSAGE, PUBLISHED } from './message-view.js';
import { addInbox } from './messages-inbox.js';
import { addSending } from './messages-send.js';

function addLists(messages: Command): void {
  const list = messages
    .command('list <agent>')
    .description('list the mail of an agent, the newest first')
    .addOption(choice('--status <status>', ReceiptStatus.options));
  listing<Message, { status?: ReceiptStatus }>(
    list,
    MESSAGE,
    async ({ client }, { status, limit }, idOrName) =>
      client.messages.list(await agentIdOf(client, idOrName), { status, limit }),
  );
  const history = messages
    .command('history <topic>')
    .description('list what was published on a topic, the oldest first')
    .option('--after <cursor>', 'only what came after the message of this cursor');
  listing<Published, { after?: string }>(history, PUBLISHED, ({ client }, { after, limit }, topic) =>
    client.messages.history(topic, { limit, ...(after === undefined ? {} : { after }) }),
  );
}

export function addMessages(program: Command): void {
  const messages = program.command('messages').description('send agents messages, take and acknowledge them');
  addSending(messages);
  onApi(
    messages.command('get <id>').description('show a message with its receipts'),
    async ({ client, print }, _, id) => print.one(MESSAGE, await client.messages.get(id)),
  );
  addLists(messages);
  addInbox(messages);
  onApi(
    messages
      .command('redeliver <agent> <id>')
      .description('send it there once more, when it has ended there'),
    async ({ client, print }, _, idOrName, id) => {
      await client.messages.redeliver(await agentIdOf(client, idOrName), id);
      print.one(MESSAGE, await client.messages.get(id));
    },
  );
}

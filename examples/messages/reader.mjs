/**
 * An agent that asks questions on a topic, and ends when all are answered.
 *
 *     node messages/reader.mjs        (AIWM_BASE_URL, AIWM_AGENT_ID, AIWM_AGENT_SECRET)
 */
import { AIWMClient } from 'mainspring';

const TOPIC = 'library.questions';
const TITLES = ['Moby-Dick', 'Emma', 'Middlemarch', 'Ulysses'];

const aiwm = new AIWMClient({ enabled: true });
const { agent } = await aiwm.connect();
/** Ids of questions that are open. */
const open = new Map();
let end;
const answered = new Promise((resolve) => {
  end = resolve;
});

const loop = aiwm.onMessage(({ inReplyTo, from, payload: { shelf } }) => {
  const title = open.get(inReplyTo);
  if (title === undefined) return;
  open.delete(inReplyTo);
  console.log(`${from}: ${title} is ${shelf ? `on shelf ${shelf}` : 'not here'}`);
  if (open.size === 0) end();
});

// An id of one's own is known before the message is out: no answer can come too early.
for (const title of TITLES) open.set(crypto.randomUUID(), title);
for (const [id, title] of [...open]) {
  await aiwm.messages.publish(TOPIC, { id, type: 'question', payload: { title }, replyTo: agent.id });
  console.log(`asked for ${title}`);
}
await answered;
await loop.stop();
await aiwm.disconnect();

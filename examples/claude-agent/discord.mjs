/** Discord by discord.js, https://discord.js.org. The bot needs the privileged intent "Message Content". */

const MODULE = 'discord.js';
const LONGEST_TEXT = 2_000;

function load() {
  return import(MODULE).catch((error) => {
    if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new Error(`${MODULE} is not there: install it with npm install ${MODULE}`);
  });
}

/** Answers what ends it. */
export async function startDiscord({ token, chats }, { onMessage, log }) {
  const { Client, Events, GatewayIntentBits } = await load();
  const { Guilds, GuildMessages, MessageContent } = GatewayIntentBits;
  const client = new Client({ intents: [Guilds, GuildMessages, MessageContent] });

  client.on(Events.MessageCreate, (message) => {
    if (message.author.bot || !message.content) return;
    if (!chats.includes(message.channelId)) {
      return log(`Discord: channel ${message.channelId} is not one of DISCORD_CHANNEL_ID`);
    }
    const reply = async (text) => {
      for (let start = 0; start < text.length; start += LONGEST_TEXT) {
        // What Claude writes must not call people.
        const content = text.slice(start, start + LONGEST_TEXT);
        await message.channel.send({ content, allowedMentions: { parse: [] } });
      }
    };
    onMessage({ chat: `discord/${message.channelId}`, text: message.content, reply });
  });
  client.on(Events.Error, (error) => log(`Discord: ${error.message}`));
  client.once(Events.ClientReady, () => log('Discord: listening'));
  await client.login(token);
  return () => client.destroy();
}

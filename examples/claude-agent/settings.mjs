/** What the registry's settings, and the environment where they say nothing, mean for Claude and the platforms. */

const MODES = ['default', 'acceptEdits', 'bypassPermissions', 'plan', 'dontAsk', 'auto'];

/** `"a,b"`, `["a", "b"]` or 7, as texts. */
const ids = (...several) =>
  several
    .flat()
    .flatMap((value) => String(value ?? '').split(','))
    .map((id) => id.trim())
    .filter((id) => id !== '');

const isTrue = (value) => value === true || /^(?:true|1|yes|on)$/i.test(String(value ?? ''));

function permissionMode(wanted) {
  if (MODES.includes(wanted)) return wanted;
  if (wanted) console.error(`permissionMode ${wanted} is unknown: it is default (${MODES.join(', ')})`);
  return 'default';
}

function readClaude({ instruction, tools, settings }, env) {
  const maxTurns = Number(settings.maxTurns ?? env.CLAUDE_MAX_TURNS);
  return {
    instruction,
    tools: tools.map(({ name }) => name),
    model: settings.claudeModel ?? (env.CLAUDE_MODEL || undefined),
    maxTurns: Number.isInteger(maxTurns) && maxTurns > 0 ? maxTurns : undefined,
    permissionMode: permissionMode(settings.permissionMode ?? env.CLAUDE_PERMISSION_MODE),
    isResuming: isTrue(settings.resume ?? env.CLAUDE_RESUME),
    oauthToken: settings.claudeCodeOauthToken ?? (env.CLAUDE_CODE_OAUTH_TOKEN || undefined),
  };
}

export function readSettings(config, env = process.env) {
  const { telegram = {}, discord = {} } = config.settings;
  const groups = ids(telegram.groupIds, telegram.groupId);
  const channels = ids(discord.channelIds, discord.channelId);
  return {
    claude: readClaude(config, env),
    telegram: {
      token: telegram.botToken ?? (env.TELEGRAM_BOT_TOKEN || undefined),
      chats: groups.length > 0 ? groups : ids(env.TELEGRAM_GROUP_ID),
      base: (env.TELEGRAM_API_BASE || 'https://api.telegram.org').replace(/\/+$/, ''),
    },
    discord: {
      token: discord.token ?? (env.DISCORD_TOKEN || undefined),
      chats: channels.length > 0 ? channels : ids(env.DISCORD_CHANNEL_ID),
    },
  };
}

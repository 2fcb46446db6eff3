/**
 * What settings and environment mean for Claude and the platforms. A CLAUDE_* variable goes before the setting: the
 * machine has the last word. A platform's setting goes before its variable: a new token needs no new .env.
 */

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

function readClaude({ instruction, tools, model, settings }, env) {
  const maxTurns = Number(env.CLAUDE_MAX_TURNS || settings.maxTurns);
  return {
    instruction,
    tools: tools.map(({ name }) => name),
    model: env.CLAUDE_MODEL || settings.claudeModel || model || undefined,
    maxTurns: Number.isInteger(maxTurns) && maxTurns > 0 ? maxTurns : undefined,
    permissionMode: permissionMode(env.CLAUDE_PERMISSION_MODE || settings.permissionMode),
    isResuming: isTrue(env.CLAUDE_RESUME || settings.resume),
    oauthToken: env.CLAUDE_CODE_OAUTH_TOKEN || settings.claudeCodeOauthToken || undefined,
  };
}

export function readSettings(config, env = process.env) {
  const telegram = config.settings.telegram ?? {};
  const discord = config.settings.discord ?? {};
  const groups = ids(telegram.groupIds, telegram.groupId);
  const channels = ids(discord.channelIds, discord.channelId);
  return {
    claude: readClaude(config, env),
    telegram: {
      token: telegram.botToken || env.TELEGRAM_BOT_TOKEN || undefined,
      chats: groups.length > 0 ? groups : ids(env.TELEGRAM_GROUP_ID),
      base: (env.TELEGRAM_API_BASE || 'https://api.telegram.org').replace(/\/+$/, ''),
    },
    discord: {
      token: discord.token || env.DISCORD_TOKEN || undefined,
      chats: channels.length > 0 ? channels : ids(env.DISCORD_CHANNEL_ID),
    },
  };
}

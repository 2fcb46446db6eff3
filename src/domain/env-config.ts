type Fields = Record<string, unknown>;

/** What an agent's `.env` says. */
export interface EnvConfigInput {
  baseUrl: string;
  agent: { id: string; name: string; model: string | null };
  secret: string;
  /** In full, as `environment`. */
  settings: Fields;
  environment: Record<string, string>;
}

/** Variables by their names; null is not set. */
type Variables = Record<string, string | null>;

/** Names that bash sets itself or lets nobody set: a file that it reads cannot give them a value. */
const OF_BASH = new Set(
  (
    'BASH BASHOPTS BASHPID BASH_ALIASES BASH_ARGC BASH_ARGV BASH_ARGV0 BASH_CMDS BASH_COMMAND BASH_LINENO ' +
    'BASH_SOURCE BASH_SUBSHELL BASH_VERSINFO COMP_WORDBREAKS DIRSTACK EPOCHREALTIME EPOCHSECONDS EUID FUNCNAME ' +
    'GROUPS HISTCMD LINENO OPTIND PIPESTATUS POSIXLY_CORRECT PPID RANDOM SECONDS SHELLOPTS SHLVL SRANDOM UID _'
  ).split(' '),
);

const scalar = (value: unknown): string | null => {
  if (typeof value === 'string') return value === '' ? null : value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : null;
};

/** One id, or several with commas between them. */
const ids = (several: unknown, one: unknown): string | null => {
  const listed = Array.isArray(several) ? several.map(scalar).filter((id) => id !== null) : [];
  return listed.length > 0 ? listed.join(',') : scalar(one);
};

const under = (settings: Fields, name: string): Fields => {
  const inner = settings[name];
  return typeof inner === 'object' && inner !== null ? { ...inner } : {};
};

function ofClaude(settings: Fields, model: string | null): Variables {
  return {
    CLAUDE_MODEL: scalar(settings.claudeModel) ?? model,
    CLAUDE_MAX_TURNS: scalar(settings.maxTurns),
    CLAUDE_PERMISSION_MODE: scalar(settings.permissionMode),
    CLAUDE_RESUME: scalar(settings.resume),
    CLAUDE_CODE_OAUTH_TOKEN: scalar(settings.claudeCodeOauthToken),
  };
}

function ofPlatforms(settings: Fields): Variables {
  const [discord, telegram] = [under(settings, 'discord'), under(settings, 'telegram')];
  return {
    DISCORD_TOKEN: scalar(discord.token),
    DISCORD_CHANNEL_ID: ids(discord.channelIds, discord.channelId),
    TELEGRAM_BOT_TOKEN: scalar(telegram.botToken),
    TELEGRAM_GROUP_ID: ids(telegram.groupIds, telegram.groupId),
  };
}

/** Why a variable cannot stand in a file that bash, Node and dotenv read alike; null where it can. */
function obstacle(name: string, value: string): string | null {
  if (OF_BASH.has(name)) return 'bash keeps this name for itself';
  if (/[\0\r]/.test(value)) return 'its value has a carriage return or a NUL, which such a file cannot hold';
  if (value.endsWith('\\')) return 'its value ends in a backslash, which not all readers take for one';
  if (value.includes("'") && /["$`\\]/.test(value))
    return 'its value has a single quote together with one of " $ ` \\, for which readers have no common notation';
  return null;
}

/** In single quotes every reader takes everything as it is, in double ones what none of them looks for. */
const quoted = (value: string) => (value.includes("'") ? `"${value}"` : `'${value}'`);

function lineOf(name: string, value: string | null): string {
  if (value === null) return `# ${name}=`;
  const reason = obstacle(name, value);
  return reason
    ? `# ${name} is left out: ${reason}. Set it where the agent runs.`
    : `${name}=${quoted(value)}`;
}

/** Text for a comment: in one line, whatever it was. */
export const inOneLine = (text: string) => text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ');

const section = (title: string, variables: Variables) =>
  [`# ${title}`, ...Object.entries(variables).map(([name, value]) => lineOf(name, value))].join('\n');

/**
 * A complete `.env` of an agent. Bash (`set -a; . .env`), Node (`--env-file`) and dotenv read the same values from it;
 * what they would not is a comment that says why. Of a variable that is given twice the agent's `environment` counts,
 * but never for what connects it.
 */
export function envConfig({ baseUrl, agent, secret, settings, environment }: EnvConfigInput): string {
  const connection: Variables = {
    AIWM_ENABLED: 'true',
    AIWM_BASE_URL: baseUrl,
    AIWM_AGENT_ID: agent.id,
    AIWM_AGENT_SECRET: secret,
  };
  const rest: Variables = { ...environment };
  for (const name of Object.keys(connection)) delete rest[name];
  const own = (variables: Variables): Variables =>
    Object.fromEntries(
      Object.entries(variables).map(([name, value]) => {
        const given = rest[name] ?? value;
        delete rest[name];
        return [name, given];
      }),
    );
  const sections = [
    `# Agent ${inOneLine(agent.name)} (${inOneLine(agent.id)}). It holds secrets: keep it out of version control.`,
    section('Mainspring', connection),
    section('Claude Code SDK', own(ofClaude(settings, agent.model))),
    section('Platforms', own(ofPlatforms(settings))),
    ...(Object.keys(rest).length > 0 ? [section('Environment', rest)] : []),
  ];
  return `${sections.join('\n\n')}\n`;
}

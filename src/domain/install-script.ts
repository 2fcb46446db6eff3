import { inOneLine } from './env-config.js';

/** Whose installation it is, and where from. */
export interface InstallScriptInput {
  baseUrl: string;
  agentId: string;
  name: string;
  /** Between two heartbeats. */
  intervalMs: number;
  envConfig: string;
}

/** A text as bash reads it back, whatever it holds (a NUL it cannot). */
const quoted = (text: string) => `'${text.replaceAll('\0', '').replaceAll("'", "'\\''")}'`;

/** What runs the client, in Node. */
const agentProgram = (
  intervalMs: number,
) => `/** Connects the agent that .env names, and says that it is alive until it is told to end. */
import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { AIWMClient } from './client/index.js';

const environment = parseEnv(readFileSync(new URL('.env', import.meta.url), 'utf8'));
Object.assign(process.env, environment);

const agent = new AIWMClient({
  enabled: true,
  baseUrl: environment.AIWM_BASE_URL,
  agentId: environment.AIWM_AGENT_ID,
  agentSecret: environment.AIWM_AGENT_SECRET,
});

let isEnding = false;
async function end() {
  if (isEnding) return;
  isEnding = true;
  await agent.disconnect();
  console.log('disconnected');
  process.exit(0);
}
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, end);

try {
  const config = await agent.connect();
  console.log(\`connected as \${config.agent.name} with \${config.tools.length} tools\`);
  agent.startHeartbeat(${intervalMs});
} catch (error) {
  if (!isEnding) {
    console.error(\`cannot connect: \${error.message}\`);
    process.exit(1);
  }
}
`;

const USAGE = `Usage: bash install.sh [--foreground | --stop]

Installs the agent's client and starts it in the background; run again, it replaces what runs.
  --foreground   run it here instead, until it is interrupted
  --stop         only stop what runs in the background
MAINSPRING_AGENT_DIR is the folder that it is installed to (~/.mainspring/agents/<id>).
`;

const head = ({ baseUrl, agentId, name, intervalMs, envConfig }: InstallScriptInput) => `#!/usr/bin/env bash
# Installs and starts a client of the agent ${inOneLine(name)}. It holds the agent's secret.
set -euo pipefail

# Texts stand between single quotes, as they are.
# shellcheck disable=all
{
  base_url=${quoted(baseUrl)}
  agent_id=${quoted(agentId)}
  usage=${quoted(USAGE)}
  environment=${quoted(envConfig)}
  program=${quoted(agentProgram(intervalMs))}
}
`;

const BODY = `
mode=background
for argument in "$@"; do
  case "$argument" in
    --foreground) mode=foreground ;;
    --stop) mode=stop ;;
    --help | -h) printf '%s' "$usage"; exit 0 ;;
    *) printf '%s' "$usage" >&2; exit 2 ;;
  esac
done

fail() {
  printf 'install: %s\\n' "$1" >&2
  exit 1
}

folder="\${MAINSPRING_AGENT_DIR:-$HOME/.mainspring/agents/$agent_id}"
mkdir -p -- "$folder"
folder="$(cd -- "$folder" && pwd -P)"
pid_file="$folder/agent.pid"
log_file="$folder/agent.log"

# Another program may have got the number of one that ended: only what runs this folder's agent is ours.
runs() {
  [[ "$1" =~ ^[0-9]+$ ]] && kill -0 "$1" 2>/dev/null && [[ "$(ps -ww -o args= -p "$1")" == *"$folder/agent.mjs" ]]
}

stop_running() {
  [[ -f "$pid_file" ]] || return 0
  local pid waited
  pid="$(<"$pid_file")"
  if runs "$pid"; then
    kill "$pid"
    for ((waited = 0; waited < 100; waited++)); do
      runs "$pid" || break
      sleep 0.1
    done
    if runs "$pid"; then kill -9 "$pid"; fi
  fi
  rm -f -- "$pid_file"
}

if [[ "$mode" == stop ]]; then
  stop_running
  exit 0
fi

for needed in node curl ps; do
  command -v "$needed" >/dev/null || fail "$needed is needed, and not found"
done
node -e 'const [major, minor] = process.versions.node.split("."); process.exit(major > 20 || (major == 20 && minor >= 12) ? 0 : 1)' \\
  || fail "Node.js 20.12 or newer is needed, and $(node --version) found"

umask 077
chmod 700 -- "$folder"
download() {
  curl --fail --silent --show-error --location --max-time 60 --retry 3 --output "$2" -- "$base_url/client/$1" \\
    || fail "$base_url/client/$1 cannot be loaded"
}
rm -rf -- "$folder/client.new"
mkdir -- "$folder/client.new"
download files.txt "$folder/client.new/files.txt"
while IFS= read -r file; do
  [[ "$file" =~ ^([a-z0-9-]+/)?[a-z0-9-]+[.]js$ ]] || fail "the server names a file that is none of the client's"
  mkdir -p -- "$(dirname -- "$folder/client.new/$file")"
  download "$file" "$folder/client.new/$file"
done <"$folder/client.new/files.txt"

stop_running
rm -rf -- "$folder/client"
mv -- "$folder/client.new" "$folder/client"
printf '%s\\n' '{ "private": true, "type": "module" }' >"$folder/package.json"
printf '%s' "$program" >"$folder/agent.mjs"
rm -f -- "$folder/.env"
printf '%s' "$environment" >"$folder/.env"
chmod 600 -- "$folder/.env"

cd -- "$folder"
if [[ "$mode" == foreground ]]; then
  exec node "$folder/agent.mjs"
fi

nohup node "$folder/agent.mjs" >"$log_file" 2>&1 </dev/null &
pid=$!
printf '%s\\n' "$pid" >"$pid_file"
for ((waited = 0; waited < 150; waited++)); do
  if grep -q '^connected' "$log_file"; then
    printf 'The agent runs (process %s); its log is %s\\n' "$pid" "$log_file"
    exit 0
  fi
  kill -0 "$pid" 2>/dev/null || break
  sleep 0.1
done
if kill -0 "$pid" 2>/dev/null; then
  printf 'The agent was started (process %s) and is not connected yet; its log is %s\\n' "$pid" "$log_file"
  exit 0
fi
cat -- "$log_file" >&2
rm -f -- "$pid_file"
fail 'the agent ended'
`;

/**
 * A bash script that installs an agent's client in a folder and starts it. Every text from outside stands in single
 * quotes, where bash expands nothing.
 */
export const installScript = (input: InstallScriptInput): string => head(input) + BODY;

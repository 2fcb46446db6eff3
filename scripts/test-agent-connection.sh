#!/usr/bin/env bash
# Checks that an agent can connect to Mainspring, call by call.
set -euo pipefail

usage() {
  cat <<'USAGE'
Usage: scripts/test-agent-connection.sh [--env-file <file>] [--keep]

Does what an agent does, and prints PASS or FAIL with the reason for each step.
  --env-file <file>   take the AIWM_ variables from an agent's .env; what it sets counts before the environment
  --keep              leave the agent connected

AIWM_BASE_URL (http://localhost:3000) is where Mainspring is, AIWM_AGENT_ID and AIWM_AGENT_SECRET say who connects. A
session that this agent has open is replaced, so do not try it with an agent that is at work. Without AIWM_AGENT_ID,
MAINSPRING_ADMIN_TOKEN makes an agent for the test, which is deleted at the end.

The exit code is 0 when all passed, 1 when something failed, and 2 when this is called wrongly.
USAGE
}

wrong_usage() {
  printf '%s\n\n' "$1" >&2
  usage >&2
  exit 2
}

readonly NEW_NAME="connection-test-$$-$RANDOM$RANDOM"
passed=0 failed=0
base_url='' agent_id='' secret='' admin_token='' env_file=''
keeps=false is_own=false
# What is to be undone at the end.
may_be_made=false token=''
# The answer to the last call.
status='' body='' curl_code=0

# Prints an expression over the answer, or nothing where it has no such value.
field() {
  node -e '
    const text = require("node:fs").readFileSync(0, "utf8");
    try {
      const value = new Function("it", "return " + process.argv[1])(JSON.parse(text));
      process.stdout.write(String(value ?? ""));
    } catch {}
  ' "$1" <<<"$body"
}
# A secret or token of the answer; nothing that could be more than one word reaches the next call.
word() { field "/^[A-Za-z0-9._~+=-]+\$/.test($1) ? $1 : null"; }

# A text within double quotes, in JSON as in a curl configuration.
escaped() {
  local text=$1 slash="\\" quote='"'
  text=${text//"$slash"/"$slash$slash"}
  text=${text//"$quote"/"$slash$quote"}
  printf '%s' "$text"
}

# call <method> <path> [<bearer token>] [<JSON>]; all of it goes in by standard input, as arguments can be read by
# anyone on this machine.
call() {
  local config answer
  config="url = \"$(escaped "$base_url$2")\""$'\n'"request = \"$1\""
  if [[ -n ${3:-} ]]; then config+=$'\n'"header = \"Authorization: Bearer $(escaped "$3")\""; fi
  if [[ -n ${4:-} ]]; then
    config+=$'\n''header = "Content-Type: application/json"'$'\n'"data-raw = \"$(escaped "$4")\""
  fi
  curl_code=0
  answer=$(curl --disable --silent --globoff --connect-timeout 5 --max-time 15 --write-out '\n%{http_code}' \
    --config - <<<"$config") || curl_code=$?
  status=${answer##*$'\n'}
  body=${answer%$'\n'*}
  # A body that was cut off is none.
  if ((curl_code != 0)); then status=000; fi
}

hint() {
  case $status in
    000) echo "no answer (curl: $curl_code): is AIWM_BASE_URL right, and does the server run?" ;;
    3??) echo "$status: this redirects, is AIWM_BASE_URL right?" ;;
    401) echo '401: verify the credentials, or regenerate them' ;;
    403)
      if [[ "$(field it.code)" != agent_suspended ]]; then
        echo '403: these credentials are not for this'
      else
        echo '403: the agent is suspended: an administrator activates it'
      fi
      ;;
    404) echo '404: there is no such agent here' ;;
    429) echo '429: too many attempts, wait a minute' ;;
    503) echo '503: the server runs, but its database or Temporal does not answer' ;;
    *) echo "the answer is $status, and not what is expected" ;;
  esac
}

fail() {
  failed=$((failed + 1))
  echo "FAIL $1: $2"
}

# check <title> <status> [<expression that is true>]
check() {
  if [[ $status != "$2" ]]; then
    fail "$1" "$(hint)"
  elif [[ -n ${3:-} && "$(field "$3")" != true ]]; then
    fail "$1" "$2, but not with what is expected: is AIWM_BASE_URL that of Mainspring?"
  else
    passed=$((passed + 1))
    echo "PASS $1"
    return
  fi
  return 1
}

read_env_file() {
  [[ -r $env_file ]] || wrong_usage "$env_file cannot be read"
  local name value
  for name in AIWM_BASE_URL AIWM_AGENT_ID AIWM_AGENT_SECRET; do
    value=$(node -e '
      const { parseEnv } = require("node:util");
      process.stdout.write(parseEnv(require("node:fs").readFileSync(0, "utf8"))[process.argv[1]] ?? "");
    ' "$name" <"$env_file")
    if [[ -n $value ]]; then printf -v "$name" '%s' "$value"; fi
  done
}

read_options() {
  while (($# > 0)); do
    case $1 in
      --env-file)
        (($# > 1)) || wrong_usage '--env-file needs a file'
        env_file=$2
        shift
        ;;
      --keep) keeps=true ;;
      -h | --help)
        usage
        exit 0
        ;;
      *) wrong_usage "there is no option $1" ;;
    esac
    shift
  done
}

read_environment() {
  if [[ -n $env_file ]]; then read_env_file; fi
  base_url=${AIWM_BASE_URL:-http://localhost:3000}
  while [[ $base_url == */ ]]; do base_url=${base_url%/}; done
  [[ $base_url =~ ^https?://[^[:space:][:cntrl:]]+$ ]] || wrong_usage 'AIWM_BASE_URL is not an http or https address'
  agent_id=${AIWM_AGENT_ID:-}
  secret=${AIWM_AGENT_SECRET:-}
  admin_token=${MAINSPRING_ADMIN_TOKEN:-}
  [[ ! $secret$admin_token =~ [[:cntrl:]] ]] || wrong_usage 'a secret is one line'
  if [[ -z $agent_id ]]; then
    [[ -n $admin_token ]] || wrong_usage 'set AIWM_AGENT_ID and AIWM_AGENT_SECRET, or MAINSPRING_ADMIN_TOKEN'
    [[ $keeps == false ]] || wrong_usage '--keep is for an agent of yours: set AIWM_AGENT_ID'
    is_own=true
    return
  fi
  [[ $agent_id =~ ^[A-Za-z0-9_-]+$ ]] || wrong_usage 'AIWM_AGENT_ID is not the id of an agent'
  [[ -n $secret ]] || wrong_usage 'AIWM_AGENT_SECRET is not set'
}

make_agent() {
  # Before it is asked for: an interruption may come before the answer.
  may_be_made=true
  call POST /agents "$admin_token" "{\"name\":\"$NEW_NAME\"}"
  if [[ $status == 4?? ]]; then may_be_made=false; fi
  if [[ $status == 401 ]]; then
    fail 'an agent is made for the test' '401: MAINSPRING_ADMIN_TOKEN is wrong, or has expired'
    return
  fi
  check 'an agent is made for the test' 201 '/^[A-Za-z0-9_-]+$/.test(it.agent.id)' || return 0
  agent_id=$(field it.agent.id)
  call POST "/agents/$agent_id/credentials/regenerate" "$admin_token" '{}'
  check 'its credentials are made' 200 'it.secret.length > 0' || return 0
  secret=$(word it.secret)
}

# The name finds it where the answer with its id did not arrive.
delete_agent() {
  if [[ -z $agent_id ]]; then
    call GET "/agents?name=$NEW_NAME" "$admin_token"
    agent_id=$(word 'it.agents[0].id')
    if [[ $status != 200 ]]; then echo "If there is an agent $NEW_NAME, delete it: $(hint)" >&2; fi
    if [[ -z $agent_id ]]; then
      may_be_made=false
      return
    fi
  fi
  call DELETE "/agents/$agent_id" "$admin_token"
  if check 'the agent of the test is deleted' 204; then may_be_made=false; fi
}

# Nobody is to be alarmed by the silence of an agent that was only tried.
clean_up() {
  local code=$?
  trap '' INT TERM HUP PIPE
  trap - EXIT
  if [[ $may_be_made == true ]]; then
    delete_agent
  elif [[ -n $token && $keeps == false ]]; then
    call POST "/agents/$agent_id/disconnect" "$token"
  fi
  exit "$code"
}

try_connecting() {
  local title='connecting answers a token, an instruction and tools'
  if [[ -z $secret ]]; then
    fail "$title" 'there are no credentials'
    return
  fi
  call POST "/agents/$agent_id/connect" '' "{\"secret\":\"$(escaped "$secret")\"}"
  # A session may be open whatever else the answer holds.
  if [[ $status == 200 ]]; then token=$(word it.token); fi
  check "$title" 200 'it.token.length > 0 && typeof it.instruction === "string" && Array.isArray(it.tools)' || true
}

try_wrong_secret() {
  local title='a wrong secret is refused'
  if [[ -z $agent_id ]]; then
    fail "$title" 'there is no agent'
    return
  fi
  call POST "/agents/$agent_id/connect" '' "{\"secret\":\"not-the-secret-$RANDOM$RANDOM\"}"
  if [[ $status == 200 ]]; then
    fail "$title" 'it was accepted: is AIWM_BASE_URL that of Mainspring?'
  else
    check "$title" 401 || true
  fi
}

# try_with_token <title> <status> <expression> <method> <path> [<JSON>]
try_with_token() {
  if [[ -z $token ]]; then
    fail "$1" 'not tried, as the agent did not connect'
    return 1
  fi
  call "$4" "/agents/$agent_id/$5" "$token" "${6:-}"
  check "$1" "$2" "$3"
}

try_all() {
  call GET /healthz
  check 'the server can be reached' 200 'it.status === "ok"' || true
  if [[ $is_own == true ]]; then make_agent; fi
  try_connecting
  try_wrong_secret
  try_with_token 'a heartbeat is taken' 200 'it.success' POST heartbeat '{"status":"online"}' || true
  try_with_token 'the configuration can be read' 200 'Array.isArray(it.tools)' GET config || true
  if try_with_token 'the token can be refreshed' 200 'it.token.length > 0' POST token/refresh; then
    token=$(word it.token)
  fi
  if [[ $keeps == true ]]; then return; fi
  if try_with_token 'the agent disconnects' 204 '' POST disconnect; then token=''; fi
}

for needed in curl node; do
  command -v "$needed" >/dev/null || wrong_usage "$needed is needed, and not found"
done
read_options "$@"
read_environment
trap clean_up EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
try_all
if [[ $may_be_made == true ]]; then delete_agent; fi
echo "$passed passed, $failed failed"
((failed == 0)) || exit 1

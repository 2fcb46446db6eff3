#!/usr/bin/env bash
# Starts Mainspring with docker compose, waits until it answers, and starts the example agent beside it.
#
#   MINOOTS_API_KEY=mnt_… scripts/deploy-agent.sh
#
# MAINSPRING_URL (http://localhost:3000) is where this script reaches the API; WAIT_SECONDS (120) is how long it waits.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
url=${MAINSPRING_URL:-http://localhost:3000}
limit=${WAIT_SECONDS:-120}
: "${MINOOTS_API_KEY:?set it to an API key (docs/operations.md says how to make the first one)}"

# The plugin where it is there, else the older program of its own.
compose() {
  if docker compose version >/dev/null 2>&1; then docker compose "$@"; else docker-compose "$@"; fi
}

is_healthy() {
  # The key goes in by standard input: arguments can be read by anyone on this machine.
  curl --fail --silent --output /dev/null --max-time 5 --config - "$url/healthz" <<<"header = \"X-API-Key: $MINOOTS_API_KEY\""
}

echo "Starting Mainspring"
compose -f docker-compose.yml up -d

echo "Waiting for $url/healthz"
deadline=$((SECONDS + limit))
until is_healthy; do
  if ((SECONDS >= deadline)); then
    echo "Mainspring did not become healthy within $limit s; see: docker compose logs" >&2
    exit 1
  fi
  sleep 1
done

echo "Starting the agent"
compose -f examples/agent-compose.yml up -d --build

echo "Mainspring:   $url/healthz"
echo "The agent:    http://localhost:8080/agent/health"

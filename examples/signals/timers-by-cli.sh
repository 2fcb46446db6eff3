#!/usr/bin/env bash
# Creates a timer by signal, reads its window, and cancels it, with the temporal command. README.md says how it works.
set -euo pipefail

temporal=${TEMPORAL:-temporal}
org=${MAINSPRING_ORG:-demo}
delay=${DELAY_SECONDS:-30}
agent=${AGENT_ID:-example-agent}
export TEMPORAL_ADDRESS=${TEMPORAL_ADDRESS:-localhost:7233} TEMPORAL_NAMESPACE=${TEMPORAL_NAMESPACE:-mainspring}

due=$(($(date +%s) + delay))
iso() { date -u -d "@$1" +%Y-%m-%dT%H:%M:%S.000Z; }
starts_at=$(iso $((due / 20 * 20)))
window="timers/$org/$starts_at"
id="by-cli-$(date +%s%N)"

timer=$(cat <<JSON
{
  "id": "$id", "tenantId": "$agent", "requestedBy": "timers-by-cli", "name": "by signal", "fireAt": "$(iso "$due")",
  "actionBundle": { "actions": [{ "type": "log", "data": { "event": "hello" } }] }
}
JSON
)

echo "Creating $id, due in $delay s, in $window"
"$temporal" workflow signal-with-start \
  --workflow-id "$window" --type timerWindow --task-queue timers \
  --input "{\"orgId\": \"$org\", \"startsAt\": \"$starts_at\"}" \
  --signal-name addTimers --signal-input "[$timer]"

# Until the workflow has written the timer and looked again.
for _ in $(seq 20); do
  state=$("$temporal" workflow query --workflow-id "$window" --type timers --output json)
  [[ $state == *"$id"* ]] && break
  sleep 0.5
done
echo "The window:"
echo "$state"

echo "Cancelling $id"
"$temporal" workflow signal --workflow-id "$window" --name cancelTimers \
  --input "[{\"id\": \"$id\", \"reason\": \"only an example\", \"requestedBy\": \"timers-by-cli\"}]"

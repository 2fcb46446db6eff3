class MultiAgentCoordinator {
    constructor(coordinatorId, apiKey) {
        this.coordinatorId = coordinatorId;
        this.apiKey = apiKey;
        this.timerBaseUrl = "http://localhost:3000";
    }

    async synchronizeAgents(agentIds, delaySeconds, callbackUrl) {
        /**
         * Create synchronized timers for multiple agents
         * All agents will receive webhook at the same time
         */

        const timers = [];

        for (const agentId of agentIds) {
            const response = await fetch(`${this.timerBaseUrl}/timers`, {
                method: 'POST',
                headers: {
                    'X-API-Key': this.apiKey,
                    'Content-Type': 'application/json'
                },
                body: JSON.stringify({
                    tenantId: this.coordinatorId,
                    requestedBy: `coordinator-${this.coordinatorId}`,
                    name: `sync-${agentId}-${Date.now()}`,
                    duration: `${delaySeconds}s`,
                    metadata: {
                        sync_group: "multi-agent-task",
                        target_agent: agentId,
                        coordinator: this.coordinatorId
                    },
                    actionBundle: {
                        actions: [{
                            type: 'webhook',
                            url: `${callbackUrl}?agent=${agentId}`,
                            data: {
                                event: 'synchronized_start',
                                agent_id: agentId,
                                coordinator_id: this.coordinatorId,
                                sync_time: new Date(Date.now() + delaySeconds * 1000).toISOString()
                            }
                        }]
                    }
                })
            });

            if (response.ok) {
                const timerData = await response.json();
                timers.push({
                    agentId,
                    timerId: timerData.timer.id,
                    fireAt: timerData.timer.fireAt
                });
                console.log(`✅ Sync timer created for agent ${agentId}`);
            }
        }

        console.log(`🤝 ${timers.length} agents will synchronize in ${delaySeconds} seconds`);
        return timers;
    }

    async createRetryDelay(taskId, retryAttempt, baseDelaySeconds, callbackUrl) {
        /**
         * Exponential backoff retry timer
         */

        const delaySeconds = baseDelaySeconds * Math.pow(2, retryAttempt - 1);

        const response = await fetch(`${this.timerBaseUrl}/timers`, {
            method: 'POST',
            headers: {
                'X-API-Key': this.apiKey,
                'Content-Type': 'application/json'
            },
            body: JSON.stringify({
                tenantId: this.coordinatorId,
                requestedBy: `retry-coordinator`,
                name: `retry-${taskId}-attempt-${retryAttempt}`,
                duration: `${delaySeconds}s`,
                metadata: {
                    task_id: taskId,
                    retry_attempt: retryAttempt,
                    delay_seconds: delaySeconds,
                    retry_type: "exponential_backoff"
                },
                actionBundle: {
                    actions: [{
                        type: 'webhook',
                        url: `${callbackUrl}?task=${taskId}&attempt=${retryAttempt}`,
                        data: {
                            event: 'retry_ready',
                            task_id: taskId,
                            retry_attempt: retryAttempt,
                            next_delay: baseDelaySeconds * Math.pow(2, retryAttempt)
                        }
                    }]
                }
            })
        });

        if (response.ok) {
            const timerData = await response.json();
            console.log(`⏳ Retry ${retryAttempt} for ${taskId} in ${delaySeconds}s`);
            return timerData.timer.id;
        }

        return null;
    }
}

// Usage
const coordinator = new MultiAgentCoordinator("main-coordinator", "mnt_demo_key_pro");

// Synchronize 3 agents to start work together in 30 seconds
coordinator.synchronizeAgents(
    ["agent-1", "agent-2", "agent-3"],
    30,
    "https://your-system.com/agent/sync-start"
);

// Create retry delay with exponential backoff
coordinator.createRetryDelay(
    "data-processing-task",
    3,  // 3rd retry attempt
    5,  // base delay 5 seconds -> 5 * 2^2 = 20 seconds
    "https://your-system.com/task/retry"
);

use serde_json::json;
use tokio::time::{sleep, Duration};

struct RustAIAgent {
    agent_id: String,
    api_key: String,
    timer_base_url: String,
    client: reqwest::Client,
}

impl RustAIAgent {
    fn new(agent_id: String, api_key: String) -> Self {
        Self {
            agent_id,
            api_key,
            timer_base_url: "http://localhost:3000".to_string(),
            client: reqwest::Client::new(),
        }
    }

    async fn create_watchdog_timer(&self, check_interval_seconds: u64,
                                 webhook_url: &str) -> Result<String, Box<dyn std::error::Error>> {
        let response = self.client
            .post(&format!("{}/timers", self.timer_base_url))
            .header("X-API-Key", &self.api_key)
            .json(&json!({
                "tenantId": self.agent_id,
                "requestedBy": format!("watchdog-{}", self.agent_id),
                "name": format!("watchdog-{}-{}", self.agent_id, chrono::Utc::now().timestamp()),
                "duration": format!("{}s", check_interval_seconds),
                "metadata": {
                    "watchdog": true,
                    "agent_id": self.agent_id,
                    "check_interval": check_interval_seconds
                },
                "actionBundle": {
                    "actions": [{
                        "type": "webhook",
                        "url": webhook_url,
                        "data": {
                            "event": "watchdog_check",
                            "agent_id": self.agent_id,
                            "expected_response": "agent_alive",
                            "timeout_action": "restart_agent"
                        }
                    }]
                }
            }))
            .send()
            .await?;

        if response.status().is_success() {
            let timer_data: serde_json::Value = response.json().await?;
            let timer_id = timer_data["timer"]["id"].as_str().unwrap().to_string();
            println!("🐕 Watchdog timer created: {}", timer_id);
            Ok(timer_id)
        } else {
            Err(format!("Failed to create watchdog timer: {}", response.status()).into())
        }
    }

    async fn create_rate_limit_delay(&self, api_name: &str, delay_ms: u64) -> Result<String, Box<dyn std::error::Error>> {
        let response = self.client
            .post(&format!("{}/timers", self.timer_base_url))
            .header("X-API-Key", &self.api_key)
            .json(&json!({
                "tenantId": self.agent_id,
                "requestedBy": format!("rate-limiter-{}", self.agent_id),
                "name": format!("rate-limit-{}-{}", api_name, chrono::Utc::now().timestamp_millis()),
                "duration": format!("{}ms", delay_ms),
                "metadata": {
                    "rate_limiting": true,
                    "api_name": api_name,
                    "agent_id": self.agent_id
                },
                "actionBundle": {
                    "actions": [{
                        "type": "webhook",
                        "url": &format!("https://your-agent.com/{}/rate-limit-ready", self.agent_id),
                        "data": {
                            "event": "rate_limit_ready",
                            "api_name": api_name,
                            "agent_id": self.agent_id,
                            "can_proceed": true
                        }
                    }]
                }
            }))
            .send()
            .await?;

        if response.status().is_success() {
            let timer_data: serde_json::Value = response.json().await?;
            Ok(timer_data["timer"]["id"].as_str().unwrap().to_string())
        } else {
            Err(format!("Failed to create rate limit timer: {}", response.status()).into())
        }
    }

    async fn controlled_api_calls(&self, api_calls: Vec<&str>, delay_between_ms: u64) {
        println!("🚀 Starting controlled API calls with {}ms delays", delay_between_ms);

        for (i, api_call) in api_calls.iter().enumerate() {
            if i > 0 {
                // Create delay timer before next API call
                let timer_id = self.create_rate_limit_delay(api_call, delay_between_ms).await;

                if let Ok(id) = timer_id {
                    println!("⏳ Waiting {}ms before calling {}", delay_between_ms, api_call);
                    // In real implementation, you'd wait for webhook callback
                    // For demo, we'll just sleep
                    sleep(Duration::from_millis(delay_between_ms)).await;
                }
            }

            // Make your API call here
            println!("📡 Making API call to: {}", api_call);
            // your_api_client.call(api_call).await;
        }

        println!("✅ All API calls completed with rate limiting");
    }
}

// Usage
#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let agent = RustAIAgent::new(
        "rust-agent-001".to_string(),
        "mnt_demo_key_pro".to_string()
    );

    // Create watchdog timer (check every 60 seconds)
    agent.create_watchdog_timer(60, "https://monitoring.com/watchdog/rust-agent-001").await?;

    // Execute API calls with rate limiting
    agent.controlled_api_calls(
        vec!["openai.com/completions", "anthropic.com/messages", "cohere.ai/generate"],
        2000  // 2 second delay between calls
    ).await;

    Ok(())
}

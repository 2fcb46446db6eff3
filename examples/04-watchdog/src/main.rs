//! Watchdog: an agent that goes silent is restarted.
//!
//! One timer watches the agent. As long as the agent lives it resets the timer before it is due; when it hangs or dies,
//! nobody does, the timer fires, and its webhook restarts the agent. Nothing has to poll.
//!
//! ```sh
//! cargo run        # WATCHDOG_INTERVAL_SECONDS, 60 by default, is how long the agent may be silent
//! ```

mod receiver;

use reqwest::Method;
use serde_json::{json, Value};
use std::time::Duration;
use tokio::time::{sleep, timeout};

type Failure = Box<dyn std::error::Error>;

fn setting(name: &str, otherwise: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| otherwise.to_string())
}

struct Mainspring {
    base_url: String,
    api_key: String,
    http: reqwest::Client,
}

impl Mainspring {
    fn from_environment() -> Self {
        Self {
            base_url: setting("MINOOTS_BASE_URL", "http://localhost:3000"),
            api_key: setting("MINOOTS_API_KEY", "mnt_demo_key_pro"),
            http: reqwest::Client::new(),
        }
    }

    /// One call; after a 429 or a 503 again, when the server asks for it.
    async fn call(&self, method: Method, path: &str, body: Value) -> Result<Value, Failure> {
        loop {
            let request = self.http.request(method.clone(), format!("{}{path}", self.base_url));
            let request = request.header("X-API-Key", &self.api_key);
            let request = if method == Method::GET { request } else { request.json(&body) };
            let response = request.send().await?;
            let status = response.status();
            if status.is_success() {
                return Ok(response.json().await?);
            }
            if status != 429 && status != 503 {
                return Err(format!("{path} answered {status}: {}", response.text().await?).into());
            }
            let header = response.headers().get("retry-after").and_then(|value| value.to_str().ok());
            let seconds = header.and_then(|value| value.parse().ok()).unwrap_or(1);
            sleep(Duration::from_secs(seconds)).await;
        }
    }

    /// Starts to watch an agent; answers the timer's id.
    async fn watch(&self, agent_id: &str, silence: Duration, url: &str) -> Result<String, Failure> {
        let timer = json!({
            "tenantId": agent_id,
            "requestedBy": format!("watchdog-{agent_id}"),
            "name": format!("watchdog-{agent_id}"),
            "duration": format!("{}ms", silence.as_millis()),
            "metadata": { "watchdog": true, "agent_id": agent_id },
            "actionBundle": { "actions": [{
                "type": "webhook",
                "url": url,
                "data": { "event": "watchdog_check", "agent_id": agent_id, "timeout_action": "restart_agent" }
            }] }
        });
        let answer = self.call(Method::POST, "/timers", timer).await?;
        Ok(answer["timer"]["id"].as_str().ok_or("an answer without a timer")?.to_string())
    }
}

/// Stands for an agent that does `steps` steps of work and then hangs.
async fn work(mainspring: &Mainspring, timer_id: &str, steps: u32, step: Duration) -> Result<(), Failure> {
    for number in 1..=steps {
        sleep(step).await;
        mainspring.call(Method::POST, &format!("/timers/{timer_id}/reset"), json!({})).await?;
        println!("step {number} done, still alive");
    }
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let agent_id = setting("AGENT_ID", "example-agent");
    let silence = Duration::from_secs_f64(setting("WATCHDOG_INTERVAL_SECONDS", "60").parse()?);
    let mainspring = Mainspring::from_environment();
    let secret = mainspring.call(Method::GET, "/webhook-secret", Value::Null).await?;
    let mut receiver = receiver::open(secret["secret"].as_str().ok_or("an answer without a secret")?)?;
    let url = format!("{}/watchdog/{agent_id}", receiver.url);

    let timer_id = mainspring.watch(&agent_id, silence, &url).await?;
    println!("watching {agent_id}: it may be silent for {} s", silence.as_secs_f64());
    work(&mainspring, &timer_id, 3, silence / 2).await?;
    println!("the agent hangs");

    let webhook = timeout(silence + Duration::from_secs(60), receiver.webhooks.recv()).await?;
    let webhook = webhook.ok_or("the receiver closed")?;
    if webhook["timeout_action"] == "restart_agent" {
        println!("the watchdog fired: restarting {}", webhook["agent_id"]);
    }

    let timer_id = mainspring.watch(&agent_id, silence, &url).await?;
    work(&mainspring, &timer_id, 1, silence / 2).await?;
    let goodbye = json!({ "tenantId": agent_id, "reason": "The agent ended as it should" });
    mainspring.call(Method::POST, &format!("/timers/{timer_id}/cancel"), goodbye).await?;
    println!("the agent ended; nothing watches it any more");
    Ok(())
}

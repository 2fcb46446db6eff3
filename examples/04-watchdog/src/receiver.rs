//! Receives webhooks and checks their signatures (https://www.standardwebhooks.com).

use serde_json::Value;
use std::collections::HashSet;
use tokio::sync::mpsc::{unbounded_channel, UnboundedReceiver};

/// Where Mainspring reaches this process, and the bodies of the genuine webhooks that came, each once.
pub struct Receiver {
    pub url: String,
    pub webhooks: UnboundedReceiver<Value>,
}

/// Listens on the port of AGENT_WEBHOOK_BASE (or PORT), or without it on a free port of this machine.
pub fn open(secret: &str) -> Result<Receiver, Box<dyn std::error::Error>> {
    let base = std::env::var("AGENT_WEBHOOK_BASE").unwrap_or_default();
    let address = if base.is_empty() {
        "127.0.0.1:0".to_string()
    } else {
        let port = std::env::var("PORT").ok().or_else(|| {
            let port = reqwest::Url::parse(&base).ok()?.port()?;
            Some(port.to_string())
        });
        format!("0.0.0.0:{}", port.unwrap_or_else(|| "8080".to_string()))
    };
    let server = tiny_http::Server::http(address).map_err(|error| error.to_string())?;
    let port = server.server_addr().to_ip().map(|ip| ip.port()).unwrap_or_default();
    let verifier = standardwebhooks::Webhook::new(secret)?;
    let (sender, webhooks) = unbounded_channel();

    std::thread::spawn(move || {
        // At least once: a webhook whose answer got lost comes again under its id.
        let mut seen = HashSet::new();
        for mut request in server.incoming_requests() {
            let mut body = Vec::new();
            let was_read = request.as_reader().read_to_end(&mut body).is_ok();
            let headers = headers_of(&request);
            let is_genuine = was_read && verifier.verify(&body, &headers).is_ok();
            let _ = request.respond(tiny_http::Response::empty(if is_genuine { 204 } else { 401 }));
            if !is_genuine || !seen.insert(headers["webhook-id"].clone()) {
                continue;
            }
            if let Ok(value) = serde_json::from_slice(&body) {
                if sender.send(value).is_err() {
                    return;
                }
            }
        }
    });
    let url = if base.is_empty() { format!("http://127.0.0.1:{port}") } else { base.trim_end_matches('/').to_string() };
    Ok(Receiver { url, webhooks })
}

fn headers_of(request: &tiny_http::Request) -> http::HeaderMap {
    request
        .headers()
        .iter()
        .filter_map(|header| {
            let name = http::HeaderName::from_bytes(header.field.as_str().as_str().as_bytes()).ok()?;
            Some((name, header.value.as_str().parse().ok()?))
        })
        .collect()
}

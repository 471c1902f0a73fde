//! Live verification: a share of what clients get is held to what the upstream says natively, and nobody notices.

mod checks;
mod differences;
mod limits;

use super::support::{
    Connection, End, Gateway, Message, Process, Protocol, Upstream, answer, ask, get, json, until, within,
};
use dateline_gateway::config::{Config, Sample, Verify};
use serde_json::Value;
use std::time::Duration;

const PLAN: &str = "/api/v1/plans/plan_x";
const OLD: &str = "2025-01-01";

fn everything(config: &mut Config) {
    config.verify = Verify { sample: Sample::ALL, concurrency: 64, ..Verify::default() };
}

/// Tells whether a request was sent by a check.
fn is_a_checks(request: &Message) -> bool {
    request.field("x-request-id").is_some_and(|id| id.starts_with("dateline-verify-"))
}

/// Answers in the version that is asked for: natively in the old one, `new` in the newest.
async fn natively(mut connection: Connection, old: Vec<u8>, new: Vec<u8>) -> Option<()> {
    loop {
        let request = connection.next().await?;
        let is_old = request.field("api-version-date") == Some(OLD);
        connection.send(if is_old { &old } else { &new }).await;
    }
}

async fn upstream_of(old: &str, new: &str) -> Upstream {
    let (old, new) = (json(old), json(new));
    Upstream::scripted(move |connection| natively(connection, old.clone(), new.clone())).await
}

async fn told(gateway: &Gateway) -> Value {
    gateway.admin("/api/verify").await.json()
}

/// Returns the answer of `/api/verify` once this many checks are over.
async fn checked(gateway: &Gateway, checks: u64) -> Value {
    within("checks are over", async {
        loop {
            let told = told(gateway).await;
            if over(&told) >= checks {
                return told;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await
}

fn over(told: &Value) -> u64 {
    let checks = told["checks"].as_array().unwrap();
    checks.iter().map(|check| check["count"].as_u64().unwrap()).sum()
}

fn results(told: &Value) -> Vec<(&str, &str, u64)> {
    let row = |check: &'_ Value| -> (String, String, u64) {
        let text = |name: &str| check[name].as_str().unwrap().to_owned();
        (text("operation"), text("result"), check["count"].as_u64().unwrap())
    };
    let rows = told["checks"].as_array().unwrap().iter().map(row);
    rows.map(|(operation, result, count)| (&*operation.leak(), &*result.leak(), count)).collect()
}

async fn metric(gateway: &Gateway, start: &str) -> f64 {
    let text = gateway.admin("/metrics").await.text().to_owned();
    let of_it = text.lines().filter(|line| line.starts_with(start));
    of_it.map(|line| line.rsplit_once(' ').unwrap().1.parse::<f64>().unwrap()).sum()
}

//! The filter of the log, changed by a reload.

use super::support::{Process, Upstream, get, json};
use std::fs;

const PLAN: &str = "/api/v1/plans/plan_x";

/// A gateway whose log has this filter, and what gives its configuration another one.
async fn filtered(
    upstream: &Upstream,
    filter: &str,
    environment: &[(&str, &str)],
) -> (Process, impl Fn(&str)) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("dateline.toml");
    let write = move |filter: &str| {
        let text = format!("[log]\nfilter = {filter:?}\n[reload]\nwatch = \"off\"\n");
        fs::write(folder.path().join("dateline.toml"), text).unwrap();
    };
    write(filter);
    let arguments = ["--config", file.to_str().unwrap()];
    (Process::started(upstream, &arguments, environment).await, write)
}

#[tokio::test]
async fn a_reload_changes_the_filter_at_once() {
    let upstream = Upstream::answers(json("{}")).await;
    let (gateway, write) = filtered(&upstream, "info", &[]).await;
    gateway.send(get(PLAN).with("x-request-id", "r-1")).await;
    gateway.requests(1).await;
    write("info,dateline::request=off");
    gateway.hang_up();
    gateway.events(1, |event| event["message"] == "reloaded").await;
    gateway.send(get(PLAN).with("x-request-id", "r-2")).await;
    write("info");
    gateway.hang_up();
    gateway.events(2, |event| event["message"] == "reloaded").await;
    gateway.send(get(PLAN).with("x-request-id", "r-3")).await;
    let requests = gateway.requests(2).await;
    let ids: Vec<_> = requests.iter().map(|event| event["request_id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["r-1", "r-3"]);
    let changed = gateway.events(2, |event| event["target"] == "dateline::log::filter").await;
    assert_eq!(changed[0]["filter"], "info,dateline::request=off", "{changed:#?}");
}

#[tokio::test]
async fn the_environment_wins_over_a_reload() {
    let upstream = Upstream::answers(json("{}")).await;
    let (gateway, write) = filtered(&upstream, "warn", &[("RUST_LOG", "info")]).await;
    write("off");
    gateway.hang_up();
    gateway.events(1, |event| event["message"] == "reloaded").await;
    gateway.send(get(PLAN)).await;
    gateway.requests(1).await;
    assert!(gateway.written().contains("RUST_LOG wins"), "{}", gateway.written());
}

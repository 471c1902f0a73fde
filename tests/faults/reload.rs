//! Configuration and pack replaced while the gateway serves (row 48, and row 41 where a write's form changes).

use super::support::{Process, Upstream, ask, get, json, until, within};
use crate::{
    common::files::Folder,
    wire::support::{failed, reloaded},
};
use serde_json::Value;
use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
    },
};

const PLAN: &str = "/api/v1/plans/plan_x";
/// A configuration that only `SIGHUP` has read again.
const QUIET: &str = "[reload]\nwatch = \"off\"\n";
/// One that is looked at all the time.
const WATCHED: &str = "[reload]\nwatch = \"10ms\"\n";
/// The version in which a plan's `company` becomes `account`.
const RENAMING: &str = "2026-06-09.toml";

/// The built-in pack in a folder, and this configuration with it.
fn with_pack(config: &str) -> Folder {
    let folder = Folder::new("").with_pack();
    folder.configure(config);
    folder
}

impl Folder {
    fn configure(&self, text: &str) {
        self.write("dateline.toml", &format!("{text}\n[transforms]\npath = {:?}\n", self.at("pack")));
    }

    fn module(&self, name: &str) -> String {
        fs::read_to_string(self.at("pack").join(name)).unwrap()
    }

    /// Puts a file of the pack in another's place, as an editor does.
    fn replace(&self, name: &str, text: &str) {
        fs::write(self.at("new"), text).unwrap();
        fs::rename(self.at("new"), self.at("pack").join(name)).unwrap();
    }

    /// The old name of a plan's `account` is another one from now on: `company` no longer.
    fn rename_company(&self, name: &str) {
        let text = self.module(RENAMING);
        let text = text.replace("\"company\":", &format!("\"{name}\":"));
        let text = text.replace("move = \"company\"", &format!("move = \"{name}\""));
        self.replace(RENAMING, &text);
    }

    async fn serve(&self, upstream: &Upstream) -> Process {
        let config = self.at("dateline.toml");
        // Reloads, and no requests: a test reads what it waits for.
        let filter = ("DATELINE_LOG__FILTER", "warn,dateline::gateway::reload=info,dateline::cli=info");
        Process::started(upstream, &["--config", config.to_str().unwrap()], &[filter]).await
    }
}

fn reload_of_any_outcome(event: &Value) -> bool {
    reloaded(event) || failed(event)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_48_fifty_reloads_under_traffic_fail_no_request() {
    let upstream = Upstream::sandbox("2026-07-01").await;
    let files = with_pack(QUIET);
    let gateway = files.serve(&upstream).await;
    let target = "/api/v1/referrals/businesses/bref_pickaxe";
    let expected = gateway.send(get(target)).await;
    assert!(expected.text().contains("\"processing_volume\""), "{}", expected.text());
    let (over, asked) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let client = |fresh: bool| {
        let (over, asked, expected) = (Arc::clone(&over), Arc::clone(&asked), expected.body.clone());
        let endpoint = *gateway;
        tokio::spawn(async move {
            let mut kept = endpoint.connect().await;
            while !over.load(Relaxed) {
                let answer = if fresh {
                    endpoint.send(get(target)).await
                } else {
                    kept.send(get(target).bytes()).await;
                    kept.answer().await
                };
                assert_eq!((answer.status(), &answer.body), (200, &expected));
                if !fresh && answer.field("connection") == Some("close") {
                    // So many requests on one connection.
                    kept = endpoint.connect().await;
                }
                asked.fetch_add(1, Relaxed);
            }
        })
    };
    let clients = [client(false), client(false), client(true)];
    let module = files.module(RENAMING);
    for round in 0..50 {
        match round % 5 {
            0 => files.configure(&format!("{QUIET}[limits]\nrequest_bytes = {}\n", 1000 + round)),
            1 => files.configure(&format!("{QUIET}[limits]\nrequest_bites = 1\n")),
            2 => files.configure("[[[ not TOML"),
            3 => {
                files.configure(&format!("{QUIET}[timeouts]\nresponse_body_idle = \"{}s\"\n", 100 + round));
                files.replace(RENAMING, &module.replace("move =", "mvoe ="));
            }
            _ => files.replace(RENAMING, &format!("{module}# {round}\n")),
        }
        let before = asked.load(Relaxed);
        gateway.hang_up();
        gateway.events(round + 1, reload_of_any_outcome).await;
        until("requests go on", || asked.load(Relaxed) > before).await;
    }
    over.store(true, Relaxed);
    for client in clients {
        client.await.expect("every answer is the expected one");
    }
    assert_eq!(gateway.events(20, reloaded).await.len(), 20);
    assert_eq!(gateway.events(30, failed).await.len(), 30);
}

#[tokio::test]
async fn row_48_a_bad_file_keeps_the_old_one_and_every_mistake_is_logged() {
    let upstream = Upstream::answers(json(r#"{"account":null}"#)).await;
    let files = with_pack(QUIET);
    let gateway = files.serve(&upstream).await;
    let holds = async || {
        let answer = gateway.send(get(PLAN)).await;
        assert_eq!((answer.status(), answer.text()), (200, r#"{"company":null}"#));
    };
    holds().await;

    files.configure(&format!(
        "{QUIET}[limits]\nrequest_bytes = -1\n[upstrem]\nurl = \"x\"\n[timeouts]\nresponse_body_idle = 3\n"
    ));
    files.rename_company("firm");
    gateway.hang_up();
    let event = gateway.events(1, failed).await.remove(0);
    let report = event["error"].as_str().expect("a report");
    for mistake in
        ["3 mistakes", "limits.request_bytes", "upstrem", "timeouts.response_body_idle", "dateline.toml:4"]
    {
        assert!(report.contains(mistake), "{mistake}: {report}");
    }
    assert_eq!(event["level"], "ERROR");
    holds().await;

    files.configure(QUIET);
    let module = files.module(RENAMING);
    files.replace(RENAMING, &module.replace("move =", "mvoe ="));
    gateway.hang_up();
    let event = gateway.events(2, failed).await.remove(1);
    let report = event["error"].as_str().expect("a report");
    let broken = module.lines().zip(1..).filter(|(line, _)| line.contains("move ="));
    let places: Vec<String> = broken.map(|(_, line)| format!("2026-06-09.toml:{line}:")).collect();
    assert!(!places.is_empty());
    for place in places {
        assert!(report.contains(&place), "{place}: {report}");
    }
    assert!(!report.contains('\u{1b}'), "no colours: {report}");
    holds().await;

    files.replace(RENAMING, &module);
    files.configure(&format!("{QUIET}[pins]\ndefault = \"2024-01-01\"\n"));
    gateway.hang_up();
    let event = gateway.events(3, failed).await.remove(2);
    assert!(event["error"].as_str().unwrap().contains("the pack has no version 2024-01-01"), "{event}");
    holds().await;

    files.configure(QUIET);
    gateway.hang_up();
    let event = gateway.events(1, reloaded).await.remove(0);
    assert_eq!(event["changed"], "pack", "{event}");
    assert_eq!(gateway.send(get(PLAN)).await.text(), r#"{"firm":null}"#);
}

#[tokio::test]
async fn row_48_a_changed_file_takes_effect_for_the_next_request() {
    let upstream = Upstream::answers(json(r#"{"account":null}"#)).await;
    let files = with_pack(WATCHED);
    let gateway = files.serve(&upstream).await;
    let mut client = gateway.connect().await;
    let mut answer = async || {
        client.send(get(PLAN).bytes()).await;
        client.answer().await.text().to_owned()
    };
    assert_eq!(answer().await, r#"{"company":null}"#);

    files.rename_company("firm");
    gateway.events(1, reloaded).await;
    assert_eq!(answer().await, r#"{"firm":null}"#, "over the connection that was there");

    files.configure(&format!("{WATCHED}[pins]\ndefault = \"2026-07-01\"\n[limits]\nrequest_bytes = 99\n"));
    gateway.events(2, reloaded).await;
    assert_eq!(answer().await, r#"{"account":null}"#);

    files.configure("[pins]\ndefault = 1\n");
    gateway.events(1, failed).await;
    assert_eq!(answer().await, r#"{"account":null}"#);
    assert_eq!(gateway.events(1, failed).await.len(), 1, "a mistake is told once");

    files.configure(WATCHED);
    gateway.events(3, reloaded).await;
    assert_eq!(answer().await, r#"{"firm":null}"#);
    assert_eq!(upstream.connections(), 1, "the upstream's connection is kept");
}

#[tokio::test]
async fn row_48_a_write_under_way_ends_as_it_began() {
    let (upstream, go_on) = Upstream::gated(json(r#"{"account":null}"#)).await;
    let files = with_pack(QUIET);
    let gateway = files.serve(&upstream).await;
    let mut client = gateway.connect().await;
    client.send(ask("POST", "/api/v1/plans").json(r#"{"company_id":"biz_x"}"#).bytes()).await;
    until("the write is under way", || upstream.count() == 1).await;

    files.rename_company("firm");
    // Another way to the upstream, too: its connections are new from now on.
    files.configure(&format!("{QUIET}[timeouts]\nconnect = \"4s\"\n"));
    gateway.hang_up();
    let event = gateway.events(1, reloaded).await.remove(0);
    assert_eq!(event["changed"], "timeouts, pack", "{event}");

    go_on.notify_one();
    assert_eq!(client.answer().await.text(), r#"{"company":null}"#);
    client.send(get(PLAN).bytes()).await;
    until("the next is under way", || upstream.count() == 2).await;
    go_on.notify_one();
    assert_eq!(client.answer().await.text(), r#"{"firm":null}"#);
    assert_eq!((upstream.count(), upstream.connections()), (2, 2));
}

#[tokio::test]
async fn row_48_what_takes_a_restart_is_said_and_the_rest_is_applied() {
    let upstream = Upstream::answers(json(r#"{"account":null}"#)).await;
    let files = with_pack(QUIET);
    let config = files.at("dateline.toml");
    let arguments = ["--config", config.to_str().unwrap()];
    let gateway = Process::started(&upstream, &arguments, &[]).await;
    // The addresses and `log.format` are in the environment here, which cannot change.
    let text = "[reload]\nwatch = \"1m\"\n[pins]\ndefault = \"2026-07-01\"\n";
    for round in 1..3 {
        files.configure(text);
        gateway.hang_up();
        let told = gateway.events(round, |event| event["key"].is_string()).await;
        let keys: Vec<_> = told.iter().map(|event| event["key"].as_str().unwrap()).collect();
        assert_eq!(keys, ["reload.watch"].repeat(round));
        gateway.events(round, reloaded).await;
        assert_eq!(gateway.send(get(PLAN)).await.text(), r#"{"account":null}"#);
    }
}

#[tokio::test]
async fn row_41_a_reload_that_changes_a_write_names_it() {
    let upstream = Upstream::answers(json("{}")).await;
    let files = with_pack(QUIET);
    let gateway = files.serve(&upstream).await;
    let warned = |event: &Value| event["operation"].is_string() && event["level"] == "WARN";
    let module = files.module(RENAMING);

    files.rename_company("firm");
    gateway.hang_up();
    gateway.events(1, reloaded).await;
    assert_eq!(gateway.events(0, warned).await, [] as [Value; 0], "what changed is an answer");

    files.replace(RENAMING, &module.replace("company_id", "firm_id"));
    gateway.hang_up();
    gateway.events(2, reloaded).await;
    let events = gateway.events(1, warned).await;
    let named: Vec<_> = events.iter().map(|event| event["operation"].as_str().unwrap()).collect();
    assert_eq!(named, ["POST /plans"], "{events:#?}");
    assert_eq!(events[0]["clients"], "2025-01-01, 2026-06-08, the default");
    assert!(events[0]["message"].as_str().unwrap().contains("Idempotency-Key"));
}

#[tokio::test]
async fn row_48_the_operator_sees_how_reloads_went() {
    use dateline_core::pack::Pack;
    use dateline_gateway::Config;
    let upstream = Upstream::answers(json(r#"{"account":null}"#)).await;
    let gateway = super::support::Gateway::before(&upstream).await;
    let status = async || gateway.admin("/reloads").await.json();
    let at_first = status().await;
    assert_eq!(at_first["reloads"], serde_json::json!({ "succeeded": 0, "failed": 0, "last_failed": false }));
    assert_eq!(at_first["pack"]["newest"], "2026-07-01");

    let pack = || Pack::embedded().unwrap();
    assert!(gateway.reloads().reload(Err("nothing to load")).is_none());
    let mut config = Config::default();
    config.pins.default = dateline_http::policy::DefaultPin::Version("2024-01-01".parse().unwrap());
    assert!(gateway.reloads().reload(Ok::<_, &str>((config.clone(), pack()))).is_none(), "they do not fit");
    assert_eq!(status().await["reloads"]["last_failed"], true);
    assert_eq!(gateway.send(get(PLAN)).await.text(), r#"{"company":null}"#);

    config.upstream.url = Some(upstream.url.clone());
    config.pins.default = dateline_http::policy::DefaultPin::Upstream;
    let reloads = gateway.reloads().clone();
    let swap = tokio::task::spawn_blocking(move || reloads.reload(Ok::<_, &str>((config, pack()))));
    assert!(within("the reload", swap).await.unwrap().is_some());
    let at_last = status().await;
    assert_eq!(at_last["reloads"], serde_json::json!({ "succeeded": 1, "failed": 2, "last_failed": false }));
    assert_eq!(at_last["pack"], at_first["pack"]);
    assert_eq!(gateway.send(get(PLAN)).await.text(), r#"{"account":null}"#);
}

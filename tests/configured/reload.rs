//! Tests of a reload: requests and counts that it must not lose, and its report if they are lost.

use super::{
    Folder,
    support::{Gateway, Process, Upstream, failed, get, json, reloaded},
};
use dateline_core::pack::Pack;
use dateline_gateway::{Config, config::report};
use serde_json::Value;
use std::fs;

const PLAN: &str = "/api/v1/plans/plan_x";
const NEW: &str = r#"{"account":null}"#;
const OLD: &str = r#"{"company":null}"#;

/// The fields of this name in warnings.
async fn warned(gateway: &Process, field: &str) -> Vec<String> {
    let events = gateway.events(0, |event| event["level"] == "WARN" && event[field].is_string()).await;
    events.iter().map(|event| event[field].as_str().unwrap().to_owned()).collect()
}

const QUIET: &str = "[reload]\nwatch = \"off\"\n";
const CLIENT: &str =
    "[[client]]\nname = \"ledger\"\npin = \"2025-01-01\"\nhost = \"ledger.example\"\nlosses = \"refuse\"\n";

#[tokio::test]
async fn row_14_2b_a_file_that_says_nothing_any_more_is_not_put_in_force() {
    let upstream = Upstream::answers(json(NEW)).await;
    let config = format!("{QUIET}[pins]\ndefault = \"2026-07-01\"\n{CLIENT}");
    let files = Folder::new(&config).with_pack();
    let pack = files.at("pack");
    // What is in the environment is not lost, and the file is none for that.
    let environment = [("DATELINE_TRANSFORMS__PATH", pack.to_str().unwrap())];
    let path = files.config();
    let gateway = Process::started(&upstream, &["--config", path.to_str().unwrap()], &environment).await;
    let holds = async || {
        let of_client = gateway.send(get(PLAN).host("ledger.example")).await;
        assert_eq!((of_client.status(), of_client.text()), (200, OLD));
        assert_eq!(gateway.send(get(PLAN)).await.text(), NEW);
    };
    holds().await;
    let mut failures = 0;
    for text in ["", "\n\n", "# all of it\n# commented out\n", " "] {
        files.write("dateline.toml", text);
        gateway.hang_up();
        failures += 1;
        let event = gateway.events(failures, failed).await.pop().unwrap();
        let told = event["error"].as_str().unwrap();
        assert!(
            told.contains("dateline.toml: it has no keys any more") && told.contains("restart"),
            "{told}"
        );
        holds().await;
    }
    fs::remove_file(&path).unwrap();
    gateway.hang_up();
    gateway.events(failures + 1, failed).await;
    holds().await;
    fs::create_dir(&path).unwrap();
    gateway.hang_up();
    gateway.events(failures + 2, failed).await;
    holds().await;
    fs::remove_dir(&path).unwrap();
    files.write("dateline.toml", &config.replace("default = \"2026-07-01\"", "default = \"2025-01-01\""));
    gateway.hang_up();
    gateway.events(1, reloaded).await;
    assert_eq!(gateway.send(get(PLAN)).await.text(), OLD);
}

#[tokio::test]
async fn row_14_2b_a_watched_link_to_an_empty_file_is_not_put_in_force() {
    let upstream = Upstream::answers(json(NEW)).await;
    let files = Folder::new("");
    // As a ConfigMap is mounted: a link to a folder, which is swapped.
    for (folder, text) in
        [("full", format!("[reload]\nwatch = \"10ms\"\n{CLIENT}")), ("empty", String::new())]
    {
        fs::create_dir(files.at(folder)).unwrap();
        files.write(&format!("{folder}/dateline.toml"), &text);
    }
    let swap = |folder: &str| {
        std::os::unix::fs::symlink(files.at(folder), files.at("next")).unwrap();
        fs::rename(files.at("next"), files.at("data")).unwrap();
    };
    swap("full");
    let path = files.at("data/dateline.toml");
    let gateway = Process::started(&upstream, &["--config", path.to_str().unwrap()], &[]).await;
    swap("empty");
    gateway.events(1, failed).await;
    assert_eq!(gateway.send(get(PLAN).host("ledger.example")).await.text(), OLD);
    swap("full");
    gateway.events(1, reloaded).await;
}

#[tokio::test]
async fn an_old_name_that_comes_by_a_reload_is_warned_of_once() {
    let upstream = Upstream::answers(json(NEW)).await;
    let files = Folder::new("");
    files.write("dateline.toml", &format!("[limits]\nmax_concurrent_requests = 9\n{CLIENT}"));
    let path = files.at("dateline.toml");
    let gateway = Process::started(&upstream, &["--config", path.to_str().unwrap()], &[]).await;
    let old_name = |event: &Value| {
        event["level"] == "WARN"
            && event["message"].as_str().is_some_and(|text| text.contains("limits.exchanges"))
    };
    for (count, limit) in [(1, 5), (2, 6)] {
        files.write("dateline.toml", &format!("[limits]\nexchanges = {limit}\n{CLIENT}"));
        gateway.hang_up();
        gateway.events(count, reloaded).await;
        assert_eq!(gateway.events(1, old_name).await.len(), 1);
    }
}

/// The configuration in a file.
fn loaded(files: &Folder, text: &str) -> Config {
    files.write("dateline.toml", text);
    let loaded = Config::load_from(Some(&files.config()), [("HOME", "/")]);
    loaded.unwrap_or_else(|mistakes| panic!("{}", report(&mistakes))).0
}

fn pack(config: &Config) -> Pack {
    config.transforms.path.as_deref().map_or_else(Pack::embedded, Pack::load).unwrap()
}

#[tokio::test]
async fn row_14_2b_a_reload_loses_neither_upstream_nor_pack_nor_every_client() {
    let upstream = Upstream::answers(json(NEW)).await;
    let files = Folder::new("").with_pack();
    let url = format!("[upstream]\nurl = \"{}\"\n", upstream.url);
    let path = format!("[transforms]\npath = {:?}\n", files.at("pack"));
    let all = format!("{url}{path}{CLIENT}");
    let first = loaded(&files, &all);
    let gateway = Gateway::configured(&upstream, |config| *config = first).await;
    let reload = async |text: &str| {
        let config = loaded(&files, text);
        let (reloads, pack) = (gateway.reloads().clone(), pack(&config));
        tokio::task::spawn_blocking(move || reloads.reload(Ok::<_, &str>((config, pack))).is_some())
            .await
            .unwrap()
    };
    for (text, told) in [
        (format!("{path}{CLIENT}"), "upstream.url: no longer set"),
        (format!("{url}{CLIENT}"), "transforms.path: no longer set"),
        (format!("{url}{path}"), "client: no client is configured any more"),
        (QUIET.to_owned(), "3 mistakes"),
    ] {
        assert!(!reload(&text).await, "{text}");
        let status = gateway.admin("/api/config").await;
        assert!(status.text().contains(told), "{told}: {}", status.text());
        let metrics = gateway.admin("/metrics").await;
        assert!(metrics.text().contains("\ndateline_reload_last_successful 0"), "{told}");
        assert!(gateway.admin("/").await.text().contains(told), "the page says it: {told}");
        assert_eq!(gateway.send(get(PLAN).host("ledger.example")).await.text(), OLD, "{told}");
    }
    // How it is meant.
    let meant = format!("client = []\n{}{path}", url.replace(&upstream.url, "https://api.whop.com"));
    assert!(reload(&meant).await);
    assert!(reload(&all).await, "and back");
    assert!(reload(&all.replace("ledger", "others")).await, "another client is no lost one");
}

#[test]
fn row_14_2b_a_reload_keeps_tls_and_what_clients_must_show() {
    let files = Folder::new("");
    let file = files.config();
    let tls = format!("[listen]\ntls_cert = {file:?}\ntls_key = {file:?}\n");
    let before = loaded(&files, &format!("{tls}client_ca = {file:?}\n"));
    let lost = |text: &str| {
        let lost = before.lost_by(&loaded(&files, text));
        lost.into_iter().filter_map(|mistake| mistake.key).collect::<Vec<_>>()
    };
    assert_eq!(lost(&tls), ["listen.client_ca"]);
    assert_eq!(lost(QUIET), ["listen.tls_cert", "listen.client_ca"]);
    assert_eq!(lost(&format!("{tls}client_ca = {file:?}\n")), [] as [&str; 0]);
}

#[tokio::test]
async fn row_14_2b_what_half_of_a_file_has_lost_is_named() {
    let upstream = Upstream::answers(json(NEW)).await;
    let clients = "[[client]]\nname = \"a\"\nhost = \"a.example\"\npin = \"2025-01-01\"\n\
                   [[client]]\nname = \"b\"\nhost = \"b.example\"\nlosses = \"refuse\"\n\
                   [[client]]\nname = \"c\"\nhost = \"c.example\"\n";
    let retired = "[[version]]\npin = \"2026-06-08\"\nsunset = \"2099-01-01\"\nafter_sunset = \"refuse\"\n";
    let text = format!(
        "{QUIET}[limits]\nheaders = 50\nuri_bytes = 4096\n[pins]\nunknown = \"pass\"\n{retired}{clients}"
    );
    let files = Folder::new(&text).with_pack();
    let (path, pack) = (files.config(), files.at("pack"));
    let environment =
        [("DATELINE_TRANSFORMS__PATH", pack.to_str().unwrap()), ("DATELINE_UPSTREAM__VERSION", "2026-06-20")];
    let gateway = Process::started(&upstream, &["--config", path.to_str().unwrap()], &environment).await;
    // Cut in the middle of the second client; and a version of the pack has not been copied.
    let cut = text
        .replace("uri_bytes = 4096\n", "")
        .replace("[pins]\nunknown = \"pass\"\n", "")
        .replace(retired, "");
    let cut = cut.split("losses").next().unwrap();
    files.write("dateline.toml", cut);
    fs::remove_file(pack.join("2026-07-01.toml")).unwrap();
    gateway.hang_up();
    gateway.events(1, reloaded).await;
    assert_eq!(warned(&gateway, "clients").await, ["c", "b"]);
    assert_eq!(warned(&gateway, "keys").await, ["pins.unknown, limits.uri_bytes"]);
    assert_eq!(warned(&gateway, "versions").await, ["2026-06-08", "2026-07-01"]);
    gateway.hang_up();
    gateway.events(2, reloaded).await;
    assert_eq!(warned(&gateway, "clients").await.len(), 2, "it is told once");
}

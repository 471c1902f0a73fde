//! Usage that outlives a restart, with a process that keeps it.

use super::support::{Gateway, Process, Upstream, answer, get, json, known_client, until};
use crate::common::program::{Ran, dateline, ran};
use dateline_core::day::Day;
use dateline_gateway::{
    Clock,
    observe::usage::{BatchId, Count, File, Owner, Pending, Report, Use},
};
use dateline_http::policy::Match;
use serde_json::Value;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

const PLAN: &str = "/api/v1/plans/plan_x";
const NEW: &str = r#"{"id":"plan_x","account":null}"#;

/// A folder for a configuration and a usage file.
struct Files(TempDir);

impl Files {
    fn new() -> Self {
        Files(tempfile::tempdir().unwrap())
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn path(&self) -> PathBuf {
        self.at("usage.redb")
    }

    /// Serves with an operator's listener, whose port is given, and flushes often.
    async fn serve(&self, upstream: &Upstream, flush: &str) -> (Process, u16) {
        let text = format!(
            "[usage]\nfile = {:?}\nflush = {flush:?}\n[[client]]\nname = \"cron\"\nhost = \"cron.test\"\n",
            self.path()
        );
        std::fs::write(self.at("dateline.toml"), text).unwrap();
        let config = self.at("dateline.toml");
        let (process, operator) =
            Process::with_operator(upstream, &["--config", config.to_str().unwrap()]).await;
        (process, operator.0.port())
    }

    /// Reads the file, which no process may hold.
    fn report(&self) -> Report {
        report(&self.path())
    }

    fn command(&self, port: u16, more: &[&str]) -> Ran {
        let mut command = dateline(&["usage", "--config", self.at("dateline.toml").to_str().unwrap()]);
        ran(command.args(more).env("DATELINE_ADMIN__ADDRESS", format!("127.0.0.1:{port}")))
    }
}

fn report(path: &Path) -> Report {
    let rows = File::read_only(path).unwrap().read().unwrap().rows;
    Report::new(rows, Day::numbered(0), Day::of(u64::MAX))
}

fn requests(report: &Report, owner: impl Fn(&Owner) -> bool) -> u64 {
    report.lines.iter().filter(|line| owner(&line.owner)).map(|line| line.requests).sum()
}

fn everybody(_: &Owner) -> bool {
    true
}

async fn stop(process: Process) {
    process.terminate();
    assert!(process.ended().await.success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn counts_outlive_restarts_each_once() {
    let upstream = Upstream::answers(json(NEW)).await;
    let files = Files::new();
    for _ in 0..3 {
        let (process, _) = files.serve(&upstream, "1h").await;
        for _ in 0..5 {
            assert_eq!(process.send(get(PLAN)).await.status(), 200);
        }
        assert_eq!(process.send(get(PLAN).host("cron.test").pin("2026-07-01")).await.status(), 200);
        assert_eq!(process.send(get(PLAN).without("authorization")).await.status(), 200);
        stop(process).await;
    }
    let report = files.report();
    assert_eq!(requests(&report, everybody), 21);
    let by: Vec<_> = report
        .lines
        .iter()
        .map(|line| (line.owner.kind(), &*line.version, &*line.operation, line.requests))
        .collect();
    // The same key has the same name in every process.
    let plan = "GET /plans/{id}";
    let expected = [
        ("named", "2026-07-01", plan, 3),
        ("unnamed", "2025-01-01", plan, 15),
        ("anonymous", "2025-01-01", plan, 3),
    ];
    assert_eq!(by, expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_process_loses_at_most_the_last_flush() {
    let upstream = Upstream::answers(json(NEW)).await;
    let files = Files::new();
    let (process, port) = files.serve(&upstream, "20ms").await;
    for _ in 0..5 {
        process.send(get(PLAN)).await;
    }
    // The command asks the process, which says what is not written yet.
    until("everything is written", || files.command(port, &[]).code == Some(0) && unwritten(port) == 0).await;
    drop(process);
    assert_eq!(requests(&files.report(), everybody), 5);
    let (process, _) = files.serve(&upstream, "1h").await;
    process.send(get(PLAN)).await;
    drop(process);
    assert_eq!(requests(&files.report(), everybody), 5, "what was not flushed is lost, and nothing else");
    let (process, _) = files.serve(&upstream, "1h").await;
    process.send(get(PLAN)).await;
    stop(process).await;
    assert_eq!(requests(&files.report(), everybody), 6);
}

/// Returns the number of rows that a process has not written yet.
fn unwritten(port: u16) -> u64 {
    api(port)["store"]["unwritten_rows"].as_u64().unwrap()
}

fn api(port: u16) -> Value {
    use std::io::{Read, Write};
    let mut stream = std::net::TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.write_all(b"GET /api/usage HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    serde_json::from_str(text.split_once("\r\n\r\n").unwrap().1).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_that_overlaps_waits_for_the_file_and_serves_meanwhile() {
    let upstream = Upstream::answers(json(NEW)).await;
    let files = Files::new();
    let (old, old_port) = files.serve(&upstream, "20ms").await;
    old.send(get(PLAN)).await;
    let (new, new_port) = files.serve(&upstream, "20ms").await;
    for _ in 0..4 {
        assert_eq!(new.send(get(PLAN)).await.status(), 200);
    }
    assert_eq!(new.send(get(PLAN).host("cron.test")).await.status(), 200);
    let store = &api(new_port)["store"];
    assert_eq!(
        (&store["state"], &store["problem"]),
        (&"waiting".into(), &"another process holds the file".into())
    );
    assert_eq!(api(old_port)["store"]["state"], "open");
    new.events(1, |event| event["message"] == "another process holds the usage file: waiting for it").await;
    old.send(get(PLAN)).await;
    stop(old).await;
    new.events(1, |event| event["message"] == "usage is kept again").await;
    assert_eq!(new.send(get(PLAN)).await.status(), 200);
    stop(new).await;
    let report = files.report();
    assert_eq!(requests(&report, |owner| matches!(owner, Owner::Named(_))), 1);
    assert_eq!(requests(&report, |owner| matches!(owner, Owner::Unnamed(_))), 3, "under the one secret");
    assert_eq!(requests(&report, |owner| *owner == Owner::Others), 4, "while the secret was not known");
    let keys = report.lines.iter().filter(|line| line.owner.kind() == "unnamed").count();
    assert_eq!(keys, 1, "{report:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_14_2g_names_that_change_are_told() {
    let upstream = Upstream::answers(json(NEW)).await;
    let files = Files::new();
    let (old, _) = files.serve(&upstream, "20ms").await;
    old.send(get(PLAN)).await;
    let (new, _) = files.serve(&upstream, "20ms").await;
    new.send(get(PLAN).with("x-request-id", "before")).await;
    let name = |events: &[Value]| events[0]["client"].as_str().unwrap().to_owned();
    let kept = name(&old.requests(1).await);
    let before = name(&new.requests(1).await);
    assert_ne!(before, kept, "the secret is not known yet");
    stop(old).await;
    let changes = |event: &Value| {
        event["message"]
            .as_str()
            .is_some_and(|text| text.starts_with("clients without a configured name have other"))
    };
    new.events(1, changes).await;
    new.send(get(PLAN).with("x-request-id", "after")).await;
    let after = new.events(1, |event| event["request_id"] == "after").await;
    assert_eq!(name(&after), kept);
    assert_eq!(new.events(1, changes).await.len(), 1);
    stop(new).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_file_is_put_aside_and_keeps_nobody_waiting() {
    let upstream = Upstream::answers(json(NEW)).await;
    let files = Files::new();
    std::fs::write(files.path(), "no usage").unwrap();
    let (process, port) = files.serve(&upstream, "20ms").await;
    assert_eq!(process.send(get(PLAN)).await.status(), 200);
    process.events(1, |event| event["message"] == "the usage file was put aside: a new one begins").await;
    until("a new one is open", || api(port)["store"]["state"] == "open").await;
    stop(process).await;
    assert_eq!(requests(&files.report(), everybody), 1);
    let aside = std::fs::read_dir(files.0.path()).unwrap().map(|entry| entry.unwrap().path());
    let aside: Vec<_> = aside.filter(|path| path.to_string_lossy().contains(".damaged-")).collect();
    assert_eq!(aside.len(), 1);
    assert_eq!(std::fs::read_to_string(&aside[0]).unwrap(), "no usage");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_cannot_be_had_is_told_of_once() {
    let upstream = Upstream::answers(json(NEW)).await;
    let files = Files::new();
    std::fs::create_dir(files.path()).unwrap();
    let (process, port) = files.serve(&upstream, "10ms").await;
    assert_eq!(process.send(get(PLAN)).await.status(), 200);
    let failing = |event: &Value| {
        event["message"].as_str().is_some_and(|text| text.starts_with("usage is counted in memory"))
    };
    process.events(1, failing).await;
    assert_eq!(api(port)["store"]["state"], "failing");
    assert_eq!(api(port)["usage"]["lines"][0]["requests"], 1, "told all the same");
    std::fs::remove_dir(files.path()).unwrap();
    process.events(1, |event| event["message"] == "usage is kept again").await;
    assert_eq!(process.events(1, failing).await.len(), 1, "once");
    stop(process).await;
    assert_eq!(requests(&files.report(), everybody), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_asks_who_holds_the_file_and_reads_it_where_nobody_does() {
    let upstream = Upstream::answers(json(NEW)).await;
    let files = Files::new();
    let (process, port) = files.serve(&upstream, "1h").await;
    process.send(get(PLAN).host("cron.test")).await;
    let path = files.path();
    let path = path.display();
    let told = |ran: Ran| {
        assert_eq!(ran.code, Some(0), "{ran:?}");
        (ran.output, ran.notes)
    };
    let csv = ["--format", "csv", "--by", "client,version"];
    let (asked, notes) = told(files.command(port, &csv));
    assert_eq!(notes, format!("asked the gateway at 127.0.0.1:{port}, which holds {path}\n"));
    assert!(asked.starts_with("client,version,requests,first,last\ncron,2025-01-01,1,"), "{asked}");
    stop(process).await;
    let (read, notes) = told(files.command(port, &csv));
    assert_eq!((read, notes), (asked, format!("read from {path}\n")));
}

#[tokio::test]
async fn a_day_ends_at_midnight() {
    let upstream = Upstream::answers(json(NEW)).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("usage.redb");
    let today: Day = "2026-11-24".parse().unwrap();
    let clock = Clock::set_to(today.start() + Day::SECONDS - 1);
    let mut gateway = Gateway::by_clock(&upstream, clock.clone(), |config| {
        config.usage.file = Some(path.clone());
        config.usage.flush = std::time::Duration::from_millis(10);
    })
    .await;
    let days = |report: &Value| {
        let lines = report["usage"]["lines"].as_array().unwrap();
        lines.iter().map(|line| (line["first"].to_string(), line["last"].to_string())).collect::<Vec<_>>()
    };
    gateway.send(get(PLAN)).await;
    let report = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    // To ask is to look.
    let asked = gateway.admin("/api/usage").await;
    assert_eq!(days(&report(asked.text())), [("\"2026-11-24\"".to_owned(), "\"2026-11-24\"".to_owned())]);
    clock.set(today.start() + Day::SECONDS);
    gateway.admin("/api/usage").await;
    gateway.send(get(PLAN)).await;
    let asked = gateway.admin("/api/usage").await;
    assert_eq!(days(&report(asked.text())), [("\"2026-11-24\"".to_owned(), "\"2026-11-25\"".to_owned())]);
    let refused = gateway.admin("/api/usage?since=yesterday").await;
    assert_eq!((refused.status(), refused.text()), (400, "this takes since=YYYY-MM-DD\n"));
    gateway.stop();
    gateway.stopped().await;
    assert_eq!(requests(&super::usage::report(&path), everybody), 2);
}

#[tokio::test]
async fn without_a_file_nothing_is_kept_and_that_is_said() {
    let upstream = Upstream::answers(answer("401 Unauthorized", &[], "")).await;
    let gateway = Gateway::configured(&upstream, |config| {
        config.clients = vec![known_client("cron", None, Match::Host("cron.test".to_owned()))];
    })
    .await;
    gateway.send(get(PLAN)).await;
    let asked = gateway.admin("/api/usage").await;
    assert_eq!(asked.text(), "{\"store\":{\"state\":\"off\"},\"days\":365,\"usage\":null}\n");
}

/// A usage file in which a client has spoken versions so many days ago.
fn kept(path: &Path, today: Day, spoken: &[(u32, &str)]) {
    let mut pending = Pending::default();
    for (days, version) in spoken {
        let day = today.back(*days);
        let used = Use {
            day,
            owner: Owner::Named("cron".to_owned()),
            version: (*version).to_owned().into(),
            operation: "GET /plans".into(),
        };
        pending.add(used, Count { requests: 5, last_seen: day.start() });
    }
    let batch = pending.freeze(BatchId { writer: 1, number: 1 }).unwrap();
    File::open(path, None).unwrap().add(&batch, today).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_14_2a_the_headline_is_drawn_from_the_usage_file_or_says_how_long_is_missing() {
    let upstream = Upstream::answers(json(NEW)).await;
    let folder = tempfile::tempdir().unwrap();
    let today = Day::of(Clock::system().now());
    let verdict = |versions: &Value, version: &str| {
        let versions = versions["versions"].as_array().unwrap().iter();
        versions.clone().find(|it| it["version"] == version).unwrap()["verdict"].as_str().unwrap().to_owned()
    };
    // How long the file has been kept; what the page says; what `/api/versions` says.
    let young = ("Too early to say what could be retired", "undecided");
    let old = ("2026-06-20 could be retired today, by all that this gateway knows", "free");
    for (name, first, (headline, free)) in [("young", 3, young), ("old", 45, old)] {
        let path = folder.path().join(name);
        let spoken = [(first, "2026-07-01"), (2, "2026-06-08"), (40, "2026-06-20")];
        kept(&path, today, &spoken[..if name == "old" { 3 } else { 2 }]);
        let gateway = Gateway::configured(&upstream, |config| config.usage.file = Some(path)).await;
        gateway.send(get(PLAN).pin("2026-06-09")).await;
        gateway.send(get(PLAN).pin("2025-01-01")).await;
        super::page::counted(&gateway, 2).await;
        let versions = gateway.admin("/api/versions").await.json();
        assert_eq!(verdict(&versions, "2026-06-08"), "blocked", "{name}: the file knows who: {versions:#}");
        assert_eq!(verdict(&versions, "2026-06-20"), free, "{name}: {versions:#}");
        let watched = &versions["watched"];
        assert_eq!((&watched["replicas"], &watched["usage_file"]), (&1.into(), &"read".into()), "{watched}");
        assert_eq!(watched["missing"] == 0, name == "old", "{watched}");
        let page = super::page::words(gateway.admin("/").await.text());
        assert!(page.contains(headline), "{name}: {page}");
        assert!(page.contains("by one replica: this process and its usage file"), "{page}");
        assert_eq!(page.contains("still missing: 27 days"), name == "young", "{page}");
        assert_eq!(page.contains("could be retired today, by"), name == "old", "{page}");
        assert!(page.contains("dateline usage FILE FILE"), "{page}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_14_2a_a_client_of_before_the_restart_is_in_the_way() {
    let upstream = Upstream::answers(json(NEW)).await;
    let files = Files::new();
    let (process, _) = files.serve(&upstream, "1h").await;
    process.send(get(PLAN).pin("2026-06-08")).await;
    stop(process).await;
    let (process, _) = files.serve(&upstream, "1h").await;
    process.send(get(PLAN).pin("2026-07-01")).await;
    let event = process.requests(1).await.remove(0);
    let versions = process.operator().unwrap().ask_operator("/api/versions").await.json();
    let versions = versions["versions"].as_array().unwrap();
    let spoken = versions.iter().find(|version| version["version"] == "2026-06-08").unwrap();
    assert_eq!(spoken["verdict"], "blocked", "{spoken:#}");
    assert_eq!(
        spoken["clients"][0]["client"], event["client"],
        "by the name that its log lines have: {spoken:#}"
    );
    assert!(versions.iter().all(|version| version["verdict"] != "free"), "{versions:#?}");
    stop(process).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_14_2a_what_replicas_answer_is_added_up_with_files() {
    let upstream = Upstream::answers(json(NEW)).await;
    let (one, two) = (Files::new(), Files::new());
    let (first, port) = one.serve(&upstream, "1h").await;
    for _ in 0..2 {
        first.send(get(PLAN).host("cron.test")).await;
    }
    first.send(get(PLAN)).await;
    let (second, _) = two.serve(&upstream, "1h").await;
    for _ in 0..3 {
        second.send(get(PLAN).host("cron.test")).await;
    }
    second.send(get(PLAN)).await;
    stop(second).await;
    first.requests(3).await;
    let today = Day::of(Clock::system().now());
    let since = today.back(29);
    let answer = first.operator().unwrap().ask_operator(&format!("/api/usage?since={since}")).await.json();
    let saved = one.at("one.json");
    std::fs::write(&saved, answer.to_string()).unwrap();
    let since = since.to_string();
    let (saved, file) = (saved.to_str().unwrap().to_owned(), two.path().to_str().unwrap().to_owned());
    let added = |more: &[&str]| {
        let ran = one.command(port, &[&["--since", &since, &saved, &file], more].concat());
        assert_eq!(ran.code, Some(0), "{ran:?}");
        (ran.output, ran.notes)
    };
    let (table, notes) = added(&[]);
    assert!(table.starts_with(&format!("Usage from {since} to {today} (UTC), of 2 gateways\n")), "{table}");
    assert!(table.contains("too early to say that one could be retired"), "{table}");
    assert!(notes.contains("each gateway names clients"), "{notes}");
    let (csv, _) = added(&["--format", "csv", "--by", "client"]);
    assert!(csv.contains(&format!("\ncron,5,{today},{today}\n")), "configured clients are summed: {csv}");
    assert_eq!(csv.matches("\nkey-").count(), 2, "one name in each: {csv}");
    let wrong = |files: &[&str]| {
        let ran = one.command(port, files);
        assert_ne!(ran.code, Some(0), "{ran:?}");
        ran.notes
    };
    assert!(wrong(&[&file, &file]).contains("counted twice"));
    assert!(wrong(&["--days", "7", &saved]).contains("it counts since"));
    stop(first).await;
}

//! Row 2c: who reads the log holds nobody up, and what the log has lost is said.

use super::support::{Endpoint, Process, Upstream, ask, get, json, until, within};
use serde_json::Value;
use std::{
    io::{BufRead, Read},
    process::Command,
    sync::{Arc, Mutex},
};

const PLANS: &str = "/api/v1/plans";

/// Requests that are refused, each with a line of the log that has an error.
async fn refused(client: Endpoint, count: usize) {
    let request = get(PLANS).pin("nope").bytes();
    let mut client = client.connect().await;
    for _ in 0..count / 50 {
        client.send(request.repeat(50)).await;
        for _ in 0..50 {
            assert_eq!(client.answer().await.status(), 400);
        }
    }
}

async fn flood(gateway: &Process, count: usize) {
    let floods: Vec<_> = (0..4).map(|_| tokio::spawn(refused(**gateway, count / 4))).collect();
    for flood in floods {
        flood.await.unwrap();
    }
}

/// Lines that were dropped, as metrics count them.
async fn dropped(operator: Endpoint) -> u64 {
    operator.metric("dateline_log_lines_dropped_total").await.expect("a count")
}

fn command(upstream: &Upstream, name: &str) -> Command {
    let mut command = Process::command(upstream, env!("CARGO_BIN_EXE_dateline"));
    command
        .arg(name)
        .env("DATELINE_ADMIN__ADDRESS", "127.0.0.1:0")
        .env("DATELINE_TIMEOUTS__DRAIN", "1s")
        .env("DATELINE_LIMITS__CONNECTION_REQUESTS", "1000000");
    command
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_14_2c_a_log_that_nobody_reads_holds_nobody_up_and_says_what_it_lost() {
    let upstream = Upstream::answers(json("{}")).await;
    let (gateway, mut log) = Process::unread(command(&upstream, "serve")).await;
    let operator = gateway.operator().expect("its address");
    // More than the pipe, the queue and what is under way between the two take.
    flood(&gateway, 6000).await;
    assert_eq!(gateway.send(ask("POST", PLANS).json("{}")).await.status(), 200, "somebody else");
    for path in ["/healthz", "/readyz"] {
        assert_eq!(operator.ask_operator(path).await.status(), 200, "{path}");
    }
    let lost = dropped(operator).await;
    assert!(lost > 0);
    gateway.terminate();
    // Before anybody reads again.
    assert!(gateway.ended().await.success());
    let mut text = String::new();
    log.read_to_string(&mut text).unwrap();
    let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
    assert!(whole.lines().all(|line| serde_json::from_str::<Value>(line).is_ok()), "{whole}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_14_2c_a_log_that_is_read_again_says_how_many_lines_it_lost() {
    let upstream = Upstream::answers(json("{}")).await;
    let (gateway, mut log) = Process::unread(command(&upstream, "serve")).await;
    let operator = gateway.operator().expect("its address");
    flood(&gateway, 6000).await;
    let text = Arc::new(Mutex::new(String::new()));
    let its_text = Arc::clone(&text);
    let reading = std::thread::spawn(move || {
        let mut line = String::new();
        while log.read_line(&mut line).unwrap() > 0 {
            its_text.lock().unwrap().push_str(&std::mem::take(&mut line));
        }
    });
    // By itself: nothing else is logged.
    let told = "lines of the log were dropped";
    until("the log says what it lost", || text.lock().unwrap().contains(told)).await;
    let lost = dropped(operator).await;
    assert!(lost > 0);
    gateway.send(ask("POST", PLANS).json("{}")).await;
    gateway.terminate();
    assert!(gateway.ended().await.success());
    reading.join().unwrap();
    let text = text.lock().unwrap();
    let events: Vec<Value> =
        text.lines().map(|line| serde_json::from_str(line).expect("no half line")).collect();
    let count = |event: &Value| {
        let is_told = event["message"].as_str()?.starts_with(told);
        event["lines"].as_u64().filter(|_| is_told)
    };
    assert_eq!(events.iter().filter_map(count).sum::<u64>(), lost);
    let requests: Vec<_> = events.iter().filter(|event| event["target"] == "dateline::request").collect();
    assert!(requests.iter().any(|event| event["method"] == "POST"), "what comes after is there again");
    assert_eq!(requests.len() as u64 + lost, 6001);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_14_2c_commands_that_serve_end_though_nobody_reads_them() {
    let folder = tempfile::tempdir().unwrap();
    let upstream = Upstream::answers(json("{}")).await;
    for (name, arguments) in
        [("record", vec!["--into", folder.path().to_str().unwrap()]), ("ext-proc", vec![])]
    {
        let mut command = command(&upstream, name);
        command.args(arguments);
        let (gateway, _log) = Process::unread(command).await;
        if name == "record" {
            // More than the pipe takes: standard error is the same.
            flood(&gateway, 800).await;
        }
        gateway.terminate();
        assert!(gateway.ended().await.success(), "{name}");
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn row_14_2c_a_full_disk_is_counted_and_costs_no_request() {
    let upstream = Upstream::answers(json("{}")).await;
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let operator = Endpoint(std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap());
    let mut command = command(&upstream, "serve");
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    command
        .env("DATELINE_LISTEN__ADDRESS", port.to_string())
        .env("DATELINE_ADMIN__ADDRESS", operator.0.to_string())
        .stdout(full)
        .stderr(std::process::Stdio::null());
    let mut child = command.spawn().unwrap();
    let listens = || std::net::TcpStream::connect(operator.0).is_ok();
    until("it listens", listens).await;
    refused(Endpoint(port), 100).await;
    // With the one that says that it listens.
    within("the lines are counted", async { while dropped(operator).await < 101 {} }).await;
    child.kill().unwrap();
    child.wait().unwrap();
}

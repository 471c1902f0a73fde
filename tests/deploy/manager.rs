//! Tests of messages to the service manager: a datagram socket takes systemd's place.

use crate::wire::support::{MOMENT, Process, Upstream, get, json, until};
use std::{
    os::unix::net::UnixDatagram,
    path::PathBuf,
    sync::{Arc, Mutex},
};
use tempfile::TempDir;

/// The messages that a process has sent, in order.
struct Manager {
    folder: TempDir,
    told: Arc<Mutex<Vec<String>>>,
}

impl Manager {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let socket = UnixDatagram::bind(folder.path().join("notify")).unwrap();
        let told = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&told);
        // Ends with the test's process: a blocked read holds nothing else.
        std::thread::spawn(move || {
            let mut message = [0; 4096];
            while let Ok(length) = socket.recv(&mut message) {
                let text = String::from_utf8_lossy(&message[..length]).into_owned();
                heard.lock().unwrap().push(text);
            }
        });
        Manager { folder, told }
    }

    fn address(&self) -> PathBuf {
        self.folder.path().join("notify")
    }

    fn all(&self) -> Vec<String> {
        self.told.lock().unwrap().clone()
    }

    /// The messages with this line, as soon as there are so many.
    async fn lines(&self, line: &str, count: usize) -> Vec<String> {
        let with = || {
            let mut all = self.all();
            all.retain(|message| message.lines().any(|told| told.starts_with(line)));
            all
        };
        until(line, || with().len() >= count).await;
        with()
    }
}

fn value(message: &str, name: &str) -> String {
    let line = message.lines().find_map(|line| line.strip_prefix(&format!("{name}=")));
    line.unwrap_or_else(|| panic!("no {name} in {message:?}")).to_owned()
}

/// Nanoseconds of the machine's monotonic clock would take unsafe code here; the time since the start is one, too.
fn uptime_usec() -> u64 {
    let text = std::fs::read_to_string("/proc/uptime").unwrap();
    let (whole, part) = text.split(' ').next().unwrap().split_once('.').unwrap();
    whole.parse::<u64>().unwrap() * 1_000_000 + part.parse::<u64>().unwrap() * 10_000
}

#[tokio::test]
async fn it_is_told_of_ready_reloading_and_stopping_in_order() {
    let (manager, upstream) = (Manager::new(), Upstream::answers(json("{}")).await);
    let config = manager.folder.path().join("dateline.toml");
    std::fs::write(&config, "[reload]\nwatch = \"off\"\n").unwrap();
    let (socket, config) = (manager.address(), config.to_str().unwrap().to_owned());
    let environment = [("NOTIFY_SOCKET", socket.to_str().unwrap())];
    let process = Process::started(&upstream, &["--config", &config], &environment).await;
    let ready = manager.lines("READY=1", 1).await.remove(0);
    assert_eq!(value(&ready, "STATUS"), format!("Serving on {}", process.address()));
    assert_eq!(process.send(get("/api/v1/plans/plan_x")).await.status(), 200);

    let before = uptime_usec();
    std::fs::write(
        &config,
        "[timeouts]\ndrain = \"20s\"\nshutdown_delay = \"1s\"\n[reload]\nwatch = \"off\"\n",
    )
    .unwrap();
    process.hang_up();
    let reloading = manager.lines("RELOADING=1", 1).await.remove(0);
    let at = value(&reloading, "MONOTONIC_USEC").parse::<u64>().unwrap();
    // The machine may have slept, which uptime counts and the monotonic clock does not.
    assert!(at > 0 && at < before + 60_000_000, "{at} {before}");
    let reloaded = manager.lines("READY=1", 2).await.remove(1);
    assert!(value(&reloaded, "STATUS").ends_with("with what was reloaded"), "{reloaded}");

    std::fs::write(&config, "[timeouts]\ndrain = \"soon\"\n").unwrap();
    process.hang_up();
    let failed = manager.lines("READY=1", 3).await.remove(2);
    assert!(value(&failed, "STATUS").contains("the last reload failed"), "{failed}");

    process.terminate();
    let stopping = manager.lines("STOPPING=1", 1).await.remove(0);
    assert_eq!(value(&stopping, "EXTEND_TIMEOUT_USEC"), "46000000", "delay, drain and a little more");
    // Before the delay, in which it serves on; a reload in it is no business of the manager's any more.
    assert_eq!(process.send(get("/api/v1/plans/plan_x")).await.status(), 200);
    process.hang_up();
    process
        .events(2, |event| event["message"].as_str().is_some_and(|text| text.starts_with("reload failed")))
        .await;
    assert!(process.ended().await.success());

    let all = manager.all();
    let order: Vec<&str> = all.iter().map(|message| message.lines().next().unwrap()).collect();
    assert_eq!(order, ["READY=1", "RELOADING=1", "READY=1", "RELOADING=1", "READY=1", "STOPPING=1"]);
}

#[tokio::test]
async fn signs_of_life_are_given_where_they_are_wanted() {
    let upstream = Upstream::answers(json("{}")).await;
    for command in ["serve", "ext-proc"] {
        let manager = Manager::new();
        let socket = manager.address();
        let environment = [("NOTIFY_SOCKET", socket.to_str().unwrap()), ("WATCHDOG_USEC", "50000")];
        let process = Process::running(command, &upstream, &[], &environment).await;
        let signs = manager.lines("WATCHDOG=1", 4).await.len();
        if command == "serve" {
            assert_eq!(process.send(get("/api/v1/plans/plan_x")).await.status(), 200);
        }
        manager.lines("WATCHDOG=1", signs + 2).await;
        let all = manager.all();
        assert!(
            all[0].starts_with("READY=1") && all[1..].iter().all(|told| told == "WATCHDOG=1\n"),
            "{all:?}"
        );
        process.terminate();
        manager.lines("STOPPING=1", 1).await;
        assert!(process.ended().await.success());
    }

    // For another process: none of its business.
    let manager = Manager::new();
    let socket = manager.address();
    let environment =
        [("NOTIFY_SOCKET", socket.to_str().unwrap()), ("WATCHDOG_USEC", "50000"), ("WATCHDOG_PID", "1")];
    let process = Process::before(&upstream, &environment).await;
    manager.lines("READY=1", 1).await;
    tokio::time::sleep(MOMENT * 2).await;
    assert_eq!(manager.all().len(), 1);
    drop(process);
}

#[tokio::test]
async fn a_manager_that_cannot_be_reached_is_logged_and_holds_nothing_up() {
    let upstream = Upstream::answers(json("{}")).await;
    let nobody = tempfile::tempdir().unwrap().path().join("nobody");
    let environment = [("NOTIFY_SOCKET", nobody.to_str().unwrap()), ("WATCHDOG_USEC", "100000")];
    let process = Process::before(&upstream, &environment).await;
    assert_eq!(process.send(get("/api/v1/plans/plan_x")).await.status(), 200);
    process.events(1, |event| event["message"] == "the service manager cannot be notified").await;
}

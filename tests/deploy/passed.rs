//! Socket activation: a socket that was opened before the process, and stays when it ends.

use crate::wire::support::{Endpoint, Process, Upstream, get, json, within};
use std::{
    io::{Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    os::fd::OwnedFd,
    process::{Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

const PLAN: &str = "/api/v1/plans/plan_x";

/// Becomes the program in `$0` with what are its standard input and error as sockets 3 and 4.
const PASS: &str = r#"exec 3<&0 4<&2 0</dev/null 2>/dev/null; LISTEN_PID=$$ exec "$0" "$@""#;

/// `dateline serve` with sockets by these names.
fn passing(upstream: &Upstream, sockets: &[(&TcpListener, &str)]) -> Command {
    let mut command = Process::command(upstream, "sh");
    let names: Vec<&str> = sockets.iter().map(|(_, name)| *name).collect();
    command
        .args(["-c", PASS, env!("CARGO_BIN_EXE_dateline"), "serve"])
        .env("LISTEN_FDS", names.len().to_string())
        .env("LISTEN_FDNAMES", names.join(":"))
        // What is passed wins over these, which cannot be bound.
        .env("DATELINE_LISTEN__ADDRESS", "192.0.2.1:1")
        .stdout(Stdio::piped());
    let mut descriptors = sockets.iter().map(|(socket, _)| OwnedFd::from(socket.try_clone().unwrap()));
    command.stdin(descriptors.next().map_or_else(Stdio::null, Stdio::from));
    command.stderr(descriptors.next().map_or_else(Stdio::null, Stdio::from));
    command
}

fn socket() -> (TcpListener, SocketAddr) {
    let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = socket.local_addr().unwrap();
    (socket, address)
}

#[tokio::test]
async fn who_came_before_the_start_is_served() {
    let upstream = Upstream::answers(json(r#"{"account":null}"#)).await;
    let ((clients, address), (admin, admin_address)) = (socket(), socket());
    let mut early = Endpoint(address).connect().await;
    early.send(get(PLAN).bytes()).await;
    let process =
        Process::spawned(passing(&upstream, &[(&clients, "dateline.socket"), (&admin, "admin")])).await;
    assert_eq!(early.answer().await.text(), r#"{"company":null}"#);
    assert_eq!(process.address(), address);
    let ready = Endpoint(admin_address).send(get("/readyz")).await;
    assert_eq!((ready.status(), ready.text()), (200, "ready\n"));
    process.terminate();
    assert!(process.ended().await.success());
}

/// One request on a connection of its own, by the means of the standard library: a client that knows nothing of tests.
fn once(address: SocketAddr) -> Result<(), String> {
    let failed = |what: &str, error: std::io::Error| format!("{what}: {error}");
    let mut stream = TcpStream::connect(address).map_err(|error| failed("connect", error))?;
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let head = format!("GET {PLAN} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).map_err(|error| failed("write", error))?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).map_err(|error| failed("read", error))?;
    match answer.starts_with("HTTP/1.1 200 ") && answer.ends_with(r#"{"company":null}"#) {
        true => Ok(()),
        false => Err(format!("answer: {answer:?}")),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_loses_no_client() {
    let upstream = Upstream::answers(json(r#"{"account":null}"#)).await;
    let (clients, address) = socket();
    let (over, served) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let asking: Vec<_> = (0..4)
        .map(|_| {
            let (over, served) = (Arc::clone(&over), Arc::clone(&served));
            std::thread::spawn(move || {
                while !over.load(SeqCst) {
                    once(address)?;
                    served.fetch_add(1, SeqCst);
                }
                Ok::<_, String>(())
            })
        })
        .collect();
    for _ in 0..3 {
        let process = Process::spawned(passing(&upstream, &[(&clients, "http")])).await;
        let before = served.load(SeqCst);
        within("some are served", async {
            while served.load(SeqCst) < before + 20 {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        })
        .await;
        process.terminate();
        assert!(process.ended().await.success());
    }
    // The last ones are served by a gateway that stays until they are.
    let process = Process::spawned(passing(&upstream, &[(&clients, "http")])).await;
    over.store(true, SeqCst);
    for client in asking {
        let result = tokio::task::spawn_blocking(move || client.join()).await.unwrap().unwrap();
        assert_eq!(result, Ok(()));
    }
    drop(process);
    assert!(served.load(SeqCst) >= 60);
}

#[tokio::test]
async fn sockets_that_cannot_be_used_are_named() {
    let upstream = Upstream::answers(json("{}")).await;
    let ((one, address), (other, _)) = (socket(), socket());
    let refused = |mut command: Command| {
        let output = tokio::task::spawn_blocking(move || command.output());
        async move { within("it ends", output).await.unwrap().unwrap() }
    };
    let output = refused(passing(&upstream, &[(&one, "http"), (&other, "https")])).await;
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(2), &[][..]));

    // As `Accept=yes` passes it: a connection.
    let connection = TcpStream::connect(address).unwrap();
    let mut command = passing(&upstream, &[(&one, "http")]);
    command.stdin(OwnedFd::from(connection));
    assert_eq!(refused(command).await.status.code(), Some(2));

    // Passed to another process, such as the parent: not taken, and the address of the configuration is bound.
    let mut command = passing(&upstream, &[(&one, "http")]);
    command.args(["--config", "/dev/null"]).env("DATELINE_LISTEN__ADDRESS", "127.0.0.1:0");
    let args: Vec<_> = command.get_args().map(|arg| arg.to_str().unwrap().replace("=$$", "=1")).collect();
    let mut other = Process::command(&upstream, "sh");
    other
        .args(args)
        .env("LISTEN_FDS", "1")
        .stdin(OwnedFd::from(one))
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let process = Process::spawned(other).await;
    assert_ne!(process.address(), address);
}

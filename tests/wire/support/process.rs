//! The gateway as a process of its own: what an operator starts.

use super::{Endpoint, Upstream, until};
use serde_json::Value;
use std::{
    io::{BufRead, BufReader, PipeReader, Read},
    net::SocketAddr,
    ops::Deref,
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Mutex},
};

/// `dateline serve`, which ends with the test.
pub(crate) struct Process {
    child: Child,
    clients: Endpoint,
    written: Written,
}

/// The output of the process so far.
type Written = Arc<Mutex<String>>;

impl Process {
    /// Starts it in front of an upstream, with nothing but these variables in its environment.
    pub(crate) async fn before(upstream: &Upstream, environment: &[(&str, &str)]) -> Self {
        Process::started(upstream, &[], environment).await
    }

    /// The same with arguments after `serve`.
    pub(crate) async fn started(
        upstream: &Upstream,
        arguments: &[&str],
        environment: &[(&str, &str)],
    ) -> Self {
        Process::running("serve", upstream, arguments, environment).await
    }

    /// The same with an operator's listener, which is given beside it.
    pub(crate) async fn with_operator(upstream: &Upstream, arguments: &[&str]) -> (Self, Endpoint) {
        let here = [("DATELINE_ADMIN__ADDRESS", "127.0.0.1:0")];
        let process = Process::started(upstream, arguments, &here).await;
        let operator = process.operator().expect("its address");
        (process, operator)
    }

    /// The same with another command that serves.
    pub(crate) async fn running(
        command: &str,
        upstream: &Upstream,
        arguments: &[&str],
        environment: &[(&str, &str)],
    ) -> Self {
        let mut started = Process::command(upstream, env!("CARGO_BIN_EXE_dateline"));
        started
            .arg(command)
            .args(arguments)
            .envs(environment.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        Process::spawned(started).await
    }

    /// A program with what a gateway in front of an upstream needs in its environment, and nothing else.
    pub(crate) fn command(upstream: &Upstream, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("DATELINE_LISTEN__ADDRESS", "127.0.0.1:0")
            .env("DATELINE_ADMIN__ADDRESS", "off")
            .env("DATELINE_UPSTREAM__URL", &upstream.url)
            .env("DATELINE_UPSTREAM__VERSION", upstream.version.to_string())
            .env("DATELINE_LOG__FORMAT", "json");
        command
    }

    /// Starts a command that becomes the process, and waits until it listens; of its output, what is piped is kept.
    pub(crate) async fn spawned(mut command: Command) -> Self {
        let mut child = command.spawn().expect("the binary");
        let written = Written::default();
        if let Some(output) = child.stdout.take() {
            gather(output, &written);
        }
        if let Some(errors) = child.stderr.take() {
            gather(errors, &written);
        }
        let address = || events(&written).iter().find_map(|event| event["address"].as_str()?.parse().ok());
        until("the process listens", || address().is_some()).await;
        let clients = Endpoint(address().expect("it listens"));
        Process { child, clients, written }
    }

    /// Starts a command whose outputs are one pipe that nobody reads any more once it listens, and gives the rest of it.
    pub(crate) async fn unread(mut command: Command) -> (Self, BufReader<PipeReader>) {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        command.stdin(Stdio::null()).stdout(writer.try_clone().expect("a descriptor")).stderr(writer);
        let child = command.spawn().expect("the binary");
        // Or the pipe would have another end.
        drop(command);
        let (mut reader, mut text) = (BufReader::with_capacity(1, reader), String::new());
        let address = loop {
            let read = reader.read_line(&mut text).expect("text");
            assert!(read > 0, "it ended before it listened: {text}");
            let event: Option<Value> = text.lines().last().and_then(|line| serde_json::from_str(line).ok());
            if let Some(address) = event.and_then(|event| event["address"].as_str()?.parse().ok()) {
                break address;
            }
        };
        (Process { child, clients: Endpoint(address), written: Arc::new(Mutex::new(text)) }, reader)
    }

    /// Returns the address of the admin listener, if the process has logged one.
    pub(crate) fn operator(&self) -> Option<Endpoint> {
        let events = events(&self.written);
        events.iter().find_map(|event| event["admin_address"].as_str()?.parse().ok()).map(Endpoint)
    }

    /// Returns the address of the listener for clients.
    pub(crate) fn address(&self) -> SocketAddr {
        self.clients.0
    }

    /// Returns the process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Returns the output of the process so far.
    pub(crate) fn written(&self) -> String {
        self.written.lock().expect("no panic").clone()
    }

    /// The log events of requests, as soon as there are so many.
    pub(crate) async fn requests(&self, count: usize) -> Vec<Value> {
        self.events(count, |event| event["target"] == "dateline::request").await
    }

    /// The log events of a kind, as soon as there are so many.
    pub(crate) async fn events(&self, count: usize, kind: impl Fn(&Value) -> bool) -> Vec<Value> {
        let of_kind = || {
            let mut events = events(&self.written);
            events.retain(&kind);
            events
        };
        until("log events", || of_kind().len() >= count).await;
        of_kind()
    }

    /// Bytes of memory that it takes.
    pub(crate) fn resident(&self) -> usize {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("it runs");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a line");
        line.trim().trim_end_matches(" kB").parse::<usize>().expect("a number") << 10
    }

    /// Sends it `SIGTERM`.
    pub(crate) fn terminate(&self) {
        self.signal("-TERM");
    }

    /// Sends it `SIGHUP`.
    pub(crate) fn hang_up(&self) {
        self.signal("-HUP");
    }

    fn signal(&self, signal: &str) {
        let sent = Command::new("kill").args([signal, &self.child.id().to_string()]).status();
        assert!(sent.expect("kill").success());
    }

    /// Waits for the end of the process, and returns its status.
    pub(crate) async fn ended(mut self) -> ExitStatus {
        let ended = Mutex::new(None);
        let child = Mutex::new(&mut self.child);
        until("the process ends", || {
            let status = child.lock().expect("no panic").try_wait().expect("a status");
            *ended.lock().expect("no panic") = status;
            status.is_some()
        })
        .await;
        ended.into_inner().expect("no panic").expect("it has ended")
    }
}

impl Deref for Process {
    type Target = Endpoint;

    fn deref(&self) -> &Endpoint {
        &self.clients
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn gather(from: impl Read + Send + 'static, written: &Written) {
    let written = Arc::clone(written);
    std::thread::spawn(move || {
        for line in BufReader::new(from).split(b'\n').map_while(Result::ok) {
            let line = String::from_utf8_lossy(&line).into_owned();
            written.lock().expect("no panic").push_str(&(line + "\n"));
        }
    });
}

fn events(written: &Written) -> Vec<Value> {
    let written = written.lock().expect("no panic");
    written.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

/// Tells whether an event says that a reload has succeeded.
pub(crate) fn reloaded(event: &Value) -> bool {
    event["message"] == "reloaded"
}

/// Tells whether an event says that a reload has failed.
pub(crate) fn failed(event: &Value) -> bool {
    event["message"].as_str().is_some_and(|message| message.starts_with("reload failed"))
}

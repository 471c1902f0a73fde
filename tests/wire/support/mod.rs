//! A small language for tests on the wire. A test reads server, gateway, client:
//!
//! ```text
//! let upstream = Upstream::answers(json(r#"{"id":"plan_x","account":null}"#)).await;
//! let gateway = Gateway::before(&upstream).await;
//! let answer = gateway.send(get("/api/v1/plans/plan_x")).await;
//! assert_eq!(answer.text(), r#"{"id":"plan_x","company":null}"#);
//! assert_eq!(upstream.only().field("api-version-date"), Some("2026-07-01"));
//! ```
//!
//! | file | is |
//! |---|---|
//! | `upstream` | the sandbox, or a script that answers with given bytes and does what goes wrong; keeps what it was sent |
//! | `gateway` | the gateway under test, on a port of its own, with a configuration to change |
//! | `process` | the same as a process of its own: environment, signals, everything that it writes |
//! | `endpoint` | where a client connects: on a raw socket or with HTTP/2 |
//! | `frames` | the same with HTTP/2 frame by frame |
//! | `client` | requests |
//! | `authority` | certificates, and ends of TLS |
//! | `message` | a request or an answer as it was on the wire |
//! | `wire` | a byte stream that messages are read from |
//!
//! What goes wrong upstream is a script, here one that dies after it has read a write:
//!
//! ```text
//! let upstream = Upstream::scripted(|mut connection| async move {
//!     connection.next().await?;
//!     connection.end(End::Rst).await
//! })
//! .await;
//! assert_eq!(upstream.executions("key-1"), 1);
//! ```
//!
//! Everything is on loopback, and nothing waits for longer than [`LIMIT`].

mod authority;
mod client;
mod endpoint;
pub(crate) mod frames;
mod gateway;
mod message;
mod process;
mod upstream;
mod wire;

pub(crate) use authority::Authority;
pub(crate) use client::{Ask, ask, get, known_client, refusing, strict};
pub(crate) use endpoint::{Endpoint, Http2, Protocol};
pub(crate) use frames::{Fate, Frames};
pub(crate) use gateway::{Gateway, pack};
pub(crate) use message::Message;
pub(crate) use process::{Process, failed, reloaded};
pub(crate) use upstream::{Connection, HEAD, Upstream, answer, chunk, chunked, json, respond};
pub(crate) use wire::{End, Wire};

use dateline_core::Version;
use std::time::Duration;

/// The longest wait of a test before it fails.
pub(crate) const LIMIT: Duration = Duration::from_secs(15);

/// A pause in which what must not happen would have happened.
pub(crate) const MOMENT: Duration = Duration::from_millis(80);

/// The version with this text.
pub(crate) fn v(text: &str) -> Version {
    text.parse().expect("a version")
}

/// Waits for a result up to [`LIMIT`], or fails and says what it waited for.
pub(crate) async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    match tokio::time::timeout(LIMIT, future).await {
        Ok(value) => value,
        Err(_) => panic!("not within {LIMIT:?}: {what}"),
    }
}

/// Waits until something holds.
pub(crate) async fn until(what: &str, holds: impl Fn() -> bool) {
    within(what, async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    })
    .await;
}

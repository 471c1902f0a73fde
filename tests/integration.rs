//! The integration tests, one binary: the core as text in, text out, and the gateway as server -> proxy -> client.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking and tells what it skipped"
)]

mod common;
mod configured;
mod core;
mod deploy;
mod docs;
mod faults;
mod proof;
mod style;
mod watch;
mod wire;

//! The integration tests, one binary: the core as text in, text out, and the gateway as server -> proxy -> client.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking and tells what it skipped"
)]

#[cfg(feature = "serve")]
mod configured;
mod core;
#[cfg(feature = "serve")]
mod deploy;
mod docs;
#[cfg(feature = "serve")]
mod faults;
#[cfg(feature = "serve")]
mod proof;
mod style;
#[cfg(feature = "serve")]
mod watch;
#[cfg(feature = "serve")]
mod wire;

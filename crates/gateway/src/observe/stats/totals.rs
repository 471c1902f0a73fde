//! Counts of everything but requests.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// The connections of clients.
#[derive(Debug, Default)]
pub(crate) struct ConnectionCounts {
    /// The connections that are open now, including those that are refused.
    pub(crate) open: AtomicU64,
    pub(crate) accepted: AtomicU64,
    /// Connections over the limit, on which every request is answered `503`.
    pub(crate) refused: AtomicU64,
    /// Connections far over the limit, which are closed without an answer.
    pub(crate) closed: AtomicU64,
}

/// The connections to the upstream.
#[derive(Debug, Default)]
pub(crate) struct PoolCounts {
    pub(crate) opened: AtomicU64,
    /// Connections that could not be made.
    pub(crate) failed: AtomicU64,
    /// Requests that were sent over a connection that had been used before.
    pub(crate) reused: AtomicU64,
    /// Requests that were sent anew, since the upstream had ended the connection before it took anything.
    pub(crate) retried: AtomicU64,
    /// Fields of answers that could not be read, and were left out.
    pub(crate) left_out: AtomicU64,
}

/// Answers in another version than was asked for.
#[derive(Debug, Default)]
pub(crate) struct OtherVersions {
    /// Answers that were translated to the client's version from the one that they were in.
    pub(crate) translated: AtomicU64,
    /// Answers that passed unchanged.
    pub(crate) passed: AtomicU64,
    pub(crate) refused: AtomicU64,
}

/// The results of the reloads so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ReloadResults {
    pub(crate) succeeded: u64,
    pub(crate) failed: u64,
    /// The time, in seconds since 1970, and the reason of the last reload, if it failed.
    pub(crate) last_failure: Option<(u64, String)>,
}

/// Adds one to a count.
pub(crate) fn more(count: &AtomicU64) {
    count.fetch_add(1, Relaxed);
}

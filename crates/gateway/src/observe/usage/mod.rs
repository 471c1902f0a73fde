//! Usage that outlives a restart: how often who used which version for what, by day.
//!
//! | file | is |
//! |---|---|
//! | `batch` | counts on their way into the file |
//! | `file` | the file: a year of days, and the secret that unnamed clients are named with |
//! | `report` | what is told of it, to people and programs |
//!
//! It holds names of configured clients, keyed hashes of credentials, versions and templates of operations: no
//! credential, no path, no header.

mod batch;
mod file;
mod report;

pub use batch::{Batch, BatchId, Pending};
pub(crate) use file::names;
pub use file::{Contents, File, FileError, KEPT, PER_DAY};
pub use report::{Line, Report};

use dateline_core::day::Day;
use std::{borrow::Cow, fmt};

/// The name that stands for every value that is not counted separately.
pub const OTHER: &str = "other";

/// The owner of requests.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Owner {
    /// A configured client's.
    Named(String),
    /// One's whose credential the upstream has accepted: 48 bits of a keyed hash of it.
    Unnamed(u64),
    /// Nobody's that is known: no credential, or none that was accepted.
    Anonymous,
    /// All clients that could not be counted separately for lack of room.
    Others,
}

/// The key under which requests are counted.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Use {
    /// The day of the requests.
    pub day: Day,
    /// The client that sent them.
    pub owner: Owner,
    /// The version that the client spoke; or `unknown`, `upstream`, `none` or `other`, as in metrics.
    pub version: Cow<'static, str>,
    /// The template of the operation, or `other`.
    pub operation: Cow<'static, str>,
}

/// The number of requests, and the time of the last one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Count {
    /// Requests.
    pub requests: u64,
    /// The time at which the last request ended, in Unix seconds.
    pub last_seen: u64,
}

impl Use {
    /// The same where there is no room for it: the version alone is still told.
    fn folded(&self) -> Use {
        let (day, version) = (self.day, self.version.clone());
        Use { day, version, owner: Owner::Others, operation: OTHER.into() }
    }
}

impl Count {
    fn add(&mut self, more: Count) {
        self.requests = self.requests.saturating_add(more.requests);
        self.last_seen = self.last_seen.max(more.last_seen);
    }
}

impl Owner {
    /// The word for the kind of client.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Owner::Named(_) => "named",
            Owner::Unnamed(_) => "unnamed",
            Owner::Anonymous => "anonymous",
            Owner::Others => "others",
        }
    }

    /// Reads a client from its kind and its name.
    fn parse(kind: &str, name: &str) -> Option<Owner> {
        Some(match kind {
            "named" => Owner::Named(name.to_owned()),
            "unnamed" => Owner::Unnamed(u64::from_str_radix(name.strip_prefix("key-")?, 16).ok()?),
            "anonymous" => Owner::Anonymous,
            "others" => Owner::Others,
            _ => return None,
        })
    }
}

/// `billing-cron`, `key-3f9a5b0c11d2`, `anonymous`, `others`.
impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Owner::Named(name) => f.pad(name),
            Owner::Unnamed(hash) => f.pad(&format!("key-{hash:012x}")),
            Owner::Anonymous => f.pad("anonymous"),
            Owner::Others => f.pad("others"),
        }
    }
}

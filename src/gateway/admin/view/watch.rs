//! What a verdict rests on: since when it is counted, and from where.

use crate::{
    config,
    gateway::{ledger::Snapshot, usage::Recent},
};

/// For how long it was watched who speaks what. Times are seconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct Watch {
    /// When it was.
    pub(in super::super) now: u64,
    /// Since when it is counted, as seconds since 1970.
    pub(in super::super) since: u64,
    /// How long has to be watched for a verdict; a version that was spoken in that time is in use.
    pub(in super::super) after: u64,
    pub(in super::super) file: Kept,
}

/// Whether what the usage file holds is part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) enum Kept {
    /// There is none.
    Off,
    /// It is.
    Read,
    /// It is not, for this reason.
    Unread(String),
}

impl Watch {
    pub(super) fn new(snapshot: &Snapshot, recent: Option<&Recent>, config: &config::Usage) -> Self {
        let known = recent.and_then(|recent| recent.first_seen);
        Watch {
            now: snapshot.at,
            since: known.map_or(snapshot.since, |known| known.min(snapshot.since)),
            after: config.verdict_after.as_secs(),
            file: match recent.map(|recent| &recent.problem) {
                None => Kept::Off,
                Some(None) => Kept::Read,
                Some(Some(problem)) => Kept::Unread(problem.clone()),
            },
        }
    }

    /// How much longer has to be watched for a verdict.
    pub(in super::super) fn missing(&self) -> u64 {
        self.after.saturating_sub(self.now.saturating_sub(self.since))
    }

    /// Whether it was watched for long enough.
    pub(in super::super) fn is_long(&self) -> bool {
        self.missing() == 0
    }

    /// Whether somebody who was seen last at this time keeps a version alive.
    pub(super) fn counts(&self, last_seen: u64) -> bool {
        self.after == 0 || last_seen.saturating_add(self.after) >= self.now
    }
}

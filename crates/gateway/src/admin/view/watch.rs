//! The observation that a verdict rests on: its duration and its sources.

use crate::{
    config,
    observe::{stats::Snapshot, usage_writer::RecentUse},
};

/// The observation of which client speaks which version. Times are in seconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct Watch {
    /// The current time.
    pub(in super::super) now: u64,
    /// The start of the observation, in seconds since 1970.
    pub(in super::super) since: u64,
    /// The observation that a verdict needs. A version that was spoken within this time is in use.
    pub(in super::super) after: u64,
    pub(in super::super) file: UsageFile,
}

/// The state of the usage file as a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) enum UsageFile {
    /// The gateway has no usage file.
    Off,
    /// The usage file was read.
    Read,
    /// The usage file could not be read, for this reason.
    Unread(String),
}

impl Watch {
    pub(super) fn new(snapshot: &Snapshot, recent: Option<&RecentUse>, config: &config::Usage) -> Self {
        let known = recent.and_then(|recent| recent.first_seen);
        Watch {
            now: snapshot.at,
            since: known.map_or(snapshot.since, |known| known.min(snapshot.since)),
            after: config.verdict_after.as_secs(),
            file: match recent.map(|recent| &recent.problem) {
                None => UsageFile::Off,
                Some(None) => UsageFile::Read,
                Some(Some(problem)) => UsageFile::Unread(problem.clone()),
            },
        }
    }

    /// Returns the time that is still missing for a verdict.
    pub(in super::super) fn missing(&self) -> u64 {
        self.after.saturating_sub(self.now.saturating_sub(self.since))
    }

    /// Tells whether the observation was long enough.
    pub(in super::super) fn is_long(&self) -> bool {
        self.missing() == 0
    }

    /// Tells whether a client that was last seen at this time still counts as one of the version.
    pub(super) fn counts(&self, last_seen: u64) -> bool {
        self.after == 0 || last_seen.saturating_add(self.after) >= self.now
    }
}

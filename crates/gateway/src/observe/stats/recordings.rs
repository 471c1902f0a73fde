//! Counts of recorded exchanges, and of those that were sampled and not recorded.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// The reason why a sampled exchange was not recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unrecorded {
    /// The queue was full: requests came faster than the disk took them.
    Behind,
    /// The folder had no room.
    Full,
    /// The file could not be written.
    Disk,
    /// A body was cut short, was too large, or found no room in memory.
    Incomplete,
    /// A body is neither JSON nor a form, or is not what its head says.
    Unfit,
}

impl Unrecorded {
    pub(crate) const ALL: [Unrecorded; 5] =
        [Unrecorded::Behind, Unrecorded::Full, Unrecorded::Disk, Unrecorded::Incomplete, Unrecorded::Unfit];

    /// The value of the metric's label.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Unrecorded::Behind => "behind",
            Unrecorded::Full => "full",
            Unrecorded::Disk => "disk",
            Unrecorded::Incomplete => "incomplete",
            Unrecorded::Unfit => "unfit",
        }
    }
}

/// The counts since the start of the process. Reloads keep them.
#[derive(Debug, Default)]
pub(crate) struct RecordingCounts {
    kept: AtomicU64,
    dropped: [AtomicU64; Unrecorded::ALL.len()],
}

impl RecordingCounts {
    pub(crate) fn keep(&self) {
        self.kept.fetch_add(1, Relaxed);
    }

    pub(crate) fn miss(&self, why: Unrecorded) {
        self.dropped[why as usize].fetch_add(1, Relaxed);
    }

    pub(crate) fn kept(&self) -> u64 {
        self.kept.load(Relaxed)
    }

    pub(crate) fn dropped(&self, why: Unrecorded) -> u64 {
        self.dropped[why as usize].load(Relaxed)
    }
}

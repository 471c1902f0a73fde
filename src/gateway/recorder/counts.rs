//! How many exchanges are kept, and how many are not.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Why an exchange that was drawn is not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dropped {
    /// The disk is slower than requests come: the queue was full.
    Behind,
    /// The folder is full.
    Full,
    /// It could not be written.
    Disk,
    /// A body was cut short, or too large, or found no room in memory.
    Incomplete,
    /// A body is neither JSON nor a form, or is not what its head says.
    Unfit,
}

impl Dropped {
    pub(crate) const ALL: [Dropped; 5] =
        [Dropped::Behind, Dropped::Full, Dropped::Disk, Dropped::Incomplete, Dropped::Unfit];

    /// The word for metrics.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Dropped::Behind => "behind",
            Dropped::Full => "full",
            Dropped::Disk => "disk",
            Dropped::Incomplete => "incomplete",
            Dropped::Unfit => "unfit",
        }
    }
}

/// Counted from the start of the process, over reloads.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    kept: AtomicU64,
    dropped: [AtomicU64; Dropped::ALL.len()],
}

impl Counts {
    pub(super) fn keep(&self) {
        self.kept.fetch_add(1, Relaxed);
    }

    pub(super) fn miss(&self, why: Dropped) {
        self.dropped[why as usize].fetch_add(1, Relaxed);
    }

    pub(crate) fn kept(&self) -> u64 {
        self.kept.load(Relaxed)
    }

    pub(crate) fn dropped(&self, why: Dropped) -> u64 {
        self.dropped[why as usize].load(Relaxed)
    }
}

//! Counts of captured exchanges, and of those that were sampled and not captured.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// The reason why a sampled exchange was not captured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotCaptured {
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

impl NotCaptured {
    pub(crate) const ALL: [NotCaptured; 5] = [
        NotCaptured::Behind,
        NotCaptured::Full,
        NotCaptured::Disk,
        NotCaptured::Incomplete,
        NotCaptured::Unfit,
    ];

    /// The value of the metric's label.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            NotCaptured::Behind => "behind",
            NotCaptured::Full => "full",
            NotCaptured::Disk => "disk",
            NotCaptured::Incomplete => "incomplete",
            NotCaptured::Unfit => "unfit",
        }
    }
}

/// The counts since the start of the process. Reloads keep them.
#[derive(Debug, Default)]
pub(crate) struct CaptureCounts {
    kept: AtomicU64,
    dropped: [AtomicU64; NotCaptured::ALL.len()],
}

impl CaptureCounts {
    pub(crate) fn keep(&self) {
        self.kept.fetch_add(1, Relaxed);
    }

    pub(crate) fn miss(&self, why: NotCaptured) {
        self.dropped[why as usize].fetch_add(1, Relaxed);
    }

    pub(crate) fn kept(&self) -> u64 {
        self.kept.load(Relaxed)
    }

    pub(crate) fn dropped(&self, why: NotCaptured) -> u64 {
        self.dropped[why as usize].load(Relaxed)
    }
}

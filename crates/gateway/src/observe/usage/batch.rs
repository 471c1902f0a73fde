//! Counts on their way into the file.

use super::{Count, Use};
use std::collections::BTreeMap;

/// Rows that wait for the file; over it, what is new is told apart by day and version only.
const ROWS: usize = 20_000;

/// Counts that are not in a batch yet.
#[derive(Debug, Default)]
pub struct Pending(BTreeMap<Use, Count>);

/// Counts that are written together or not at all, and never twice.
#[derive(Debug)]
pub struct Batch {
    /// The id by which a file knows whether it has this batch already.
    pub id: BatchId,
    /// The counts.
    pub rows: BTreeMap<Use, Count>,
}

/// The process that writes, as a random number, and the number of the batch in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BatchId {
    /// The process.
    pub writer: u64,
    /// The number of the batch among those of its writer, from 1.
    pub number: u64,
}

impl Pending {
    /// Adds to what waits.
    pub fn add(&mut self, used: Use, count: Count) {
        let is_new = !self.0.contains_key(&used);
        let used = if is_new && self.0.len() >= ROWS { used.folded() } else { used };
        self.0.entry(used).or_default().add(count);
    }

    /// Turns the waiting counts into a batch, or returns `None` if nothing waits.
    pub fn freeze(&mut self, id: BatchId) -> Option<Batch> {
        let rows = std::mem::take(&mut self.0);
        (!rows.is_empty()).then_some(Batch { id, rows })
    }

    /// Returns the waiting counts.
    pub fn rows(&self) -> impl Iterator<Item = (&Use, &Count)> {
        self.0.iter()
    }
}

impl BatchId {
    pub(super) const BYTES: usize = 16;

    /// Returns the id as it is stored in the file.
    pub(crate) fn bytes(self) -> [u8; Self::BYTES] {
        (u128::from(self.writer) << 64 | u128::from(self.number)).to_be_bytes()
    }
}

//! Findings that are kept once for each key, up to a limit.

use std::collections::BTreeMap;

/// A finding that takes in what else is found under its key.
pub(super) trait Merge {
    fn merge(&mut self, other: Self);
}

impl Merge for u64 {
    fn merge(&mut self, other: Self) {
        *self += other;
    }
}

/// Findings by key.
#[derive(Debug)]
pub(super) struct Groups<K, V> {
    groups: BTreeMap<K, V>,
    limit: usize,
    left_out: u64,
}

impl<K: Ord, V: Merge> Groups<K, V> {
    pub(super) fn at_most(limit: usize) -> Self {
        Groups { groups: BTreeMap::new(), limit, left_out: 0 }
    }

    /// Adds a finding. One with a new key is only counted where there is no room.
    pub(super) fn add(&mut self, key: K, value: V) {
        let is_full = self.groups.len() >= self.limit;
        match self.groups.get_mut(&key) {
            Some(group) => group.merge(value),
            None if is_full => self.left_out += 1,
            None => _ = self.groups.insert(key, value),
        }
    }

    pub(super) fn iter(&self) -> impl ExactSizeIterator<Item = (&K, &V)> {
        self.groups.iter()
    }

    /// The number of findings for which there was no room.
    pub(super) fn left_out(&self) -> u64 {
        self.left_out
    }
}

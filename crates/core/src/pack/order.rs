//! The order of a pack's versions: which of two is the older one, and what lies between them.

use super::{Module, Pack};
use crate::{step::Direction, version::Version};
use std::ops::Range;

impl Pack {
    /// The place of a version among the pack's, from 0 for the oldest; `None` if the pack does not know it.
    ///
    /// ```
    /// use dateline_core::pack::Pack;
    ///
    /// let pack = Pack::embedded()?;
    /// let position = |label: &str| pack.position(label.parse().ok()?);
    /// assert!(position("2025-01-01") < position("2026-07-01"));
    /// assert_eq!(position("2025-02-30"), None);
    /// # Ok::<(), dateline_core::pack::Diagnostics>(())
    /// ```
    pub fn position(&self, version: Version) -> Option<usize> {
        self.versions().position(|known| known == version)
    }

    /// Tells whether the pack knows both versions, and the first is the older one.
    pub fn is_older(&self, one: Version, other: Version) -> bool {
        matches!((self.position(one), self.position(other)), (Some(one), Some(other)) if one < other)
    }

    /// The direction from one version to another. It is up between equal ones, and where the pack does not know one.
    pub fn direction(&self, from: Version, to: Version) -> Direction {
        if self.is_older(to, from) { Direction::Down } else { Direction::Up }
    }

    /// The modules whose changes lie between two versions, by their places among all: those of the versions newer than
    /// the older one, up to the newer one. There are none where the pack does not know one of the two.
    pub(crate) fn crossed(&self, one: Version, other: Version) -> Range<usize> {
        match (self.position(one), self.position(other)) {
            (Some(one), Some(other)) => one.min(other) + 1..one.max(other) + 1,
            _ => 0..0,
        }
    }

    /// The modules whose changes lie between two versions, oldest first.
    ///
    /// ```
    /// use dateline_core::pack::Pack;
    ///
    /// let pack = Pack::embedded()?;
    /// let between = pack.modules_between("2026-06-20".parse()?, "2026-06-08".parse()?);
    /// let titles = between.iter().map(|module| module.version.to_string());
    /// assert_eq!(titles.collect::<Vec<_>>(), ["2026-06-09", "2026-06-20"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn modules_between(&self, one: Version, other: Version) -> &[Module] {
        self.modules.get(self.crossed(one, other)).unwrap_or_default()
    }
}

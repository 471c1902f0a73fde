//! Values by version, found once for each request.

use super::Version;

/// A value for each of some versions, found in the time of a few comparisons. It has no order of its own.
#[derive(Debug, Clone)]
pub struct VersionMap<T> {
    /// Sorted by the bytes of the labels.
    entries: Box<[(Version, T)]>,
}

impl<T> VersionMap<T> {
    /// The value for a version.
    pub fn get(&self, version: Version) -> Option<&T> {
        let at = self.entries.binary_search_by(|(known, _)| known.text.cmp(&version.text));
        at.ok().and_then(|at| self.entries.get(at)).map(|(_, value)| value)
    }

    /// Tells whether there is a value for a version.
    pub fn contains(&self, version: Version) -> bool {
        self.get(version).is_some()
    }
}

/// The last of several values for one version counts.
impl<T> FromIterator<(Version, T)> for VersionMap<T> {
    fn from_iter<I: IntoIterator<Item = (Version, T)>>(entries: I) -> Self {
        let mut entries: Vec<(Version, T)> = entries.into_iter().collect();
        entries.reverse();
        entries.sort_by_key(|(version, _)| version.text);
        entries.dedup_by_key(|(version, _)| *version);
        VersionMap { entries: entries.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_version_has_its_own_value() {
        let versions = ["v1", "v10", "v2", "2026-07-01", "2026-07-01-2"].map(|text| text.parse().unwrap());
        let map: VersionMap<usize> = versions.iter().copied().zip(0..).collect();
        assert_eq!(versions.map(|version| map.get(version).copied()), [0, 1, 2, 3, 4].map(Some));
        assert!(!map.contains("v".parse().unwrap()));
        let twice: VersionMap<usize> = [(versions[0], 1), (versions[0], 2)].into_iter().collect();
        assert_eq!(twice.get(versions[0]), Some(&2));
    }
}

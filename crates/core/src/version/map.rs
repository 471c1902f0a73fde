//! Values by version, found once for each request.

use super::Version;

/// A value for each of some versions, found in the time of a few comparisons. It has no order of its own.
#[derive(Debug, Clone)]
pub struct VersionMap<T> {
    /// Sorted by the word of each label.
    entries: Box<[(u64, Version, T)]>,
}

impl<T> VersionMap<T> {
    /// The value for a version.
    pub fn get(&self, version: Version) -> Option<&T> {
        let word = version.word();
        let at = self.entries.partition_point(|(known, ..)| *known < word);
        let mut alike = self.entries[at..].iter().take_while(|(known, ..)| *known == word);
        alike.find(|(_, known, _)| *known == version).map(|(.., value)| value)
    }

    /// The value for the version with exactly this label. Text that is no label has none.
    pub fn find(&self, label: &[u8]) -> Option<&T> {
        self.get(Version::labelled(label)?)
    }

    /// Tells whether there is a value for a version.
    pub fn contains(&self, version: Version) -> bool {
        self.get(version).is_some()
    }
}

/// The last of several values for one version counts.
impl<T> FromIterator<(Version, T)> for VersionMap<T> {
    fn from_iter<I: IntoIterator<Item = (Version, T)>>(entries: I) -> Self {
        let mut entries: Vec<_> =
            entries.into_iter().map(|(version, value)| (version.word(), version, value)).collect();
        entries.reverse();
        entries.sort_by_key(|(word, version, _)| (*word, version.words()));
        entries.dedup_by_key(|(_, version, _)| *version);
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
        for (label, found) in
            [("v10", Some(1)), ("2026-07-01-2", Some(4)), ("", None), ("v1\0", None), ("é", None)]
        {
            assert_eq!(map.find(label.as_bytes()).copied(), found, "{label}");
        }
        assert_eq!(map.find(&[b'v'; 32]), None);
        let twice: VersionMap<usize> = [(versions[0], 1), (versions[0], 2)].into_iter().collect();
        assert_eq!(twice.get(versions[0]), Some(&2));
    }

    #[test]
    fn versions_with_the_same_word_are_told_apart() {
        let versions: [Version; 3] =
            ["0000000000000000", "0010000010000000", "0020000020000000"].map(|text| text.parse().unwrap());
        assert!(versions.iter().all(|version| version.word() == versions[0].word()));
        let map: VersionMap<usize> = versions.iter().copied().zip(0..2).chain([(versions[0], 2)]).collect();
        assert_eq!(versions.map(|version| map.get(version).copied()), [Some(2), Some(1), None]);
    }
}

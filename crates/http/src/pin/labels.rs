//! The labels of versions that requests send: what each of them stands for.

use super::Pinned;
use dateline_core::{
    Version,
    pack::{Pack, UnknownPin},
    version::{Rank, Scheme, VersionMap},
};

/// The labels of a pack, and what any other one gets.
#[derive(Debug)]
pub(super) struct Labels {
    scheme: Scheme,
    /// The versions and the aliases of the pack.
    known: VersionMap<Pinned>,
    unknown: UnknownPin,
    /// The versions by age, oldest first: for labels that are taken for the closest older one.
    by_age: Vec<(Rank, Pinned)>,
    opaque: Vec<Version>,
}

impl Labels {
    pub(super) fn new(pack: &Pack, unknown: UnknownPin) -> Self {
        let stands_for = |label: Version| {
            let version = pack.resolve(label);
            if pack.is_opaque(version) { Pinned::Unknown(Some(version)) } else { Pinned::Known(version) }
        };
        let aliases = pack.aliases.iter().map(|alias| alias.name);
        let labels = pack.all_versions().into_iter().chain(aliases);
        let by_age = |version: Version| Some((pack.scheme.rank(version).ok()?, stands_for(version)));
        Labels {
            scheme: pack.scheme.clone(),
            known: labels.map(|label| (label, stands_for(label))).collect(),
            unknown,
            by_age: pack.all_versions().into_iter().filter_map(by_age).collect(),
            opaque: pack.opaque.iter().map(|opaque| opaque.version).collect(),
        }
    }

    /// The version that a text stands for, or `None` if it is refused.
    pub(super) fn read(&self, text: &[u8]) -> Option<Pinned> {
        match self.known.find(text) {
            Some(pinned) => Some(*pinned),
            None => self.unknown(text),
        }
    }

    /// The version that a configured version stands for.
    pub(super) fn of(&self, version: Version) -> Pinned {
        self.known.get(version).copied().unwrap_or(Pinned::Known(version))
    }

    /// Tells whether nobody knows what changed in a version.
    pub(super) fn is_opaque(&self, version: Version) -> bool {
        self.opaque.contains(&version)
    }

    #[cold]
    fn unknown(&self, text: &[u8]) -> Option<Pinned> {
        let label: Option<Version> = str::from_utf8(text).ok().and_then(|text| text.parse().ok());
        let rank = || self.scheme.rank(label?).ok();
        match self.unknown {
            UnknownPin::Refuse => None,
            UnknownPin::Pass => {
                // What the scheme does not fit may be anything, a key included.
                let fitting = rank().and(label);
                (fitting.is_some() || is_one_name(text)).then_some(Pinned::Unknown(fitting))
            }
            UnknownPin::Older => {
                let rank = rank()?;
                self.by_age.iter().rfind(|(known, _)| *known <= rank).map(|(_, pinned)| *pinned)
            }
        }
    }
}

/// Tells whether a text names one version, in whatever manner: `2024-09-30.acacia`, `v68`, `latest`. A list is not one.
fn is_one_name(value: &[u8]) -> bool {
    let is_visible = |byte: &u8| matches!(byte, b' '..=b'~') && *byte != b',';
    !value.trim_ascii().is_empty() && value.iter().all(is_visible)
}

#[cfg(test)]
impl Labels {
    /// Those of some dates, oldest first.
    pub(super) fn of_dates(dates: &[Version], unknown: UnknownPin) -> Self {
        let pinned = |date: &Version| (*date, Pinned::Known(*date));
        let by_age = |date: &Version| (Scheme::Date.rank(*date).unwrap(), Pinned::Known(*date));
        Labels {
            scheme: Scheme::Date,
            known: dates.iter().map(pinned).collect(),
            unknown,
            by_age: dates.iter().map(by_age).collect(),
            opaque: Vec::new(),
        }
    }
}

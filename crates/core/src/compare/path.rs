//! The path of a difference within a document.

use crate::json::{Hop, Name};
use std::fmt;

/// One hop on the way to a value.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum At {
    /// The member with this name.
    Member(Name),
    /// The element with this index.
    Element(usize),
}

/// The way from the root of a document to a value in it.
///
/// Displays as RFC 9535 writes it: `$.data[3].volume_usd.settled`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Path(Vec<At>);

impl Path {
    /// The hops, from the root.
    pub fn hops(&self) -> &[At] {
        &self.0
    }

    /// The path of every element alike: `$.data[*].volume_usd.settled`. It is as long as the API's documents are deep,
    /// not as long as its lists.
    pub fn pattern(&self) -> String {
        Hop::display(&self.0.iter().map(Hop::from).collect::<Vec<_>>())
    }

    /// Tells whether the pattern leads to this path, or to something that contains it.
    pub fn is_in(&self, pattern: &[Hop]) -> bool {
        self.0.len() >= pattern.len() && self.0.iter().zip(pattern).all(|(at, hop)| Hop::from(at) == *hop)
    }

    pub(super) fn push(&mut self, at: At) {
        self.0.push(at);
    }

    pub(super) fn pop(&mut self) {
        self.0.pop();
    }
}

impl From<&At> for Hop {
    fn from(at: &At) -> Self {
        match at {
            At::Member(name) => Hop::Member(name.clone()),
            At::Element(_) => Hop::Elements,
        }
    }
}

impl FromIterator<At> for Path {
    fn from_iter<I: IntoIterator<Item = At>>(hops: I) -> Self {
        Path(hops.into_iter().collect())
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("$")?;
        self.0.iter().try_for_each(|at| match at {
            At::Element(index) => write!(f, "[{index}]"),
            // As a pattern shows it, without its root.
            at @ At::Member(_) => f.write_str(&Hop::display(&[Hop::from(at)])[1..]),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_shown_with_indices_and_its_pattern_without() {
        let path: Path = [
            At::Member(Name::new("data")),
            At::Element(12),
            At::Member(Name::new("a b")),
            At::Member(Name::new("c")),
        ]
        .into_iter()
        .collect();
        assert_eq!(path.to_string(), "$.data[12][\"a b\"].c");
        assert_eq!(path.pattern(), "$.data[*][\"a b\"].c");
        assert_eq!(Path::default().to_string(), "$");
        assert!(path.is_in(&[Hop::Member(Name::new("data")), Hop::Elements]));
        assert!(!path.is_in(&[Hop::Elements]));
    }
}

//! The words of an enumeration in one direction: what each becomes in the other version.

use crate::step::Scalar;

/// The words of an enumeration, and what each becomes in one direction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WordMap {
    /// Words and those that they become, which become them again on the way back.
    pub(crate) pairs: Vec<(Scalar, Scalar)>,
    /// Words that the other version does not have, and those that stand for them there.
    pub(crate) one_way: Vec<(Scalar, Scalar)>,
    /// The word that stands for every other one in the other version.
    pub(crate) rest: Option<Scalar>,
}

/// The meaning of a value in the other version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meaning<'w> {
    /// A word that the way back turns into this one again.
    Word(&'w Scalar),
    /// A word that stands for this one, and stays what it is on the way back.
    InPlace(&'w Scalar),
    /// The same word.
    Same,
    /// The same word, although only the other version has it: the way back would turn it into another one.
    Alien,
}

impl WordMap {
    /// Returns the meaning of a word. `is` tells which one it is, and `may_be_any` whether it is one at all where none is named.
    pub(crate) fn meaning(&self, may_be_any: bool, is: impl Fn(&Scalar) -> bool) -> Meaning<'_> {
        let find = |words: &[(Scalar, Scalar)]| words.iter().position(|(source, _)| is(source));
        if let Some(at) = find(&self.pairs) {
            return Meaning::Word(&self.pairs[at].1);
        }
        if let Some(at) = find(&self.one_way) {
            return Meaning::InPlace(&self.one_way[at].1);
        }
        match &self.rest {
            Some(rest) if may_be_any && !is(rest) => Meaning::InPlace(rest),
            _ if self.pairs.iter().any(|(_, target)| is(target)) => Meaning::Alien,
            _ => Meaning::Same,
        }
    }

    /// Returns the meaning of the value with a JSON text. A list, an object and null are no words where they are not named.
    pub(crate) fn meaning_of(&self, value: &[u8]) -> Meaning<'_> {
        self.meaning(WordMap::may_be_any(value), |scalar| scalar.is(value))
    }

    /// Tells whether a JSON text may be a word that is not named.
    pub(crate) fn may_be_any(value: &[u8]) -> bool {
        !matches!(value, [b'{' | b'[', ..] | b"null" | [])
    }

    /// Tells whether no word becomes another one.
    pub(crate) fn is_empty(&self) -> bool {
        self.pairs.is_empty() && self.one_way.is_empty() && self.rest.is_none()
    }

    /// Tells whether a word can become one that stays what it is on the way back.
    pub(crate) fn can_lose(&self) -> bool {
        !self.one_way.is_empty() || self.rest.is_some()
    }

    /// Tells whether each word stands for one word of the other version.
    pub(crate) fn is_only_pairs(&self) -> bool {
        !self.pairs.is_empty() && !self.can_lose()
    }

    /// Every scalar that it names.
    pub(crate) fn scalars(&self) -> impl Iterator<Item = &Scalar> {
        let pairs = self.pairs.iter().chain(&self.one_way);
        pairs.flat_map(|(source, target)| [source, target]).chain(&self.rest)
    }

    /// Every scalar that it puts into a document.
    pub(crate) fn targets(&self) -> impl Iterator<Item = &Scalar> {
        self.pairs.iter().chain(&self.one_way).map(|(_, target)| target).chain(&self.rest)
    }
}

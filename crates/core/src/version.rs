//! A version of an API: a label. Its order is that of its pack's [`Scheme`].

mod map;
mod scheme;

pub use map::VersionMap;
pub use scheme::{Misfit, Rank, Scheme};

use std::{
    cmp::Ordering,
    fmt,
    hash::{Hash, Hasher},
    str::FromStr,
};

/// The label of an API's version: `2026-07-08-2`, `v68`, `2024-09-30.acacia`.
///
/// A label says nothing of its age, so two of them have no order: [`Pack`](crate::pack::Pack) knows which of its
/// versions is the older one.
///
/// ```
/// use dateline_core::Version;
///
/// let version: Version = "2024-09-30.acacia".parse()?;
/// assert_eq!(version.to_string(), "2024-09-30.acacia");
/// assert!("two words".parse::<Version>().is_err());
/// # Ok::<(), dateline_core::version::NotAVersion>(())
/// ```
#[derive(Clone, Copy)]
#[repr(align(8))]
pub struct Version {
    /// The label, zeros behind it, and its length. Every request compares and writes versions, and so it is whole words.
    bytes: [u8; LONGEST + 1],
}

/// The length of the longest label, in bytes.
pub const LONGEST: usize = 31;

/// The text is not the label of a version in any scheme.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a version is 1 to {LONGEST} letters, digits, `.`, `-` and `_`, and begins with a letter or a digit")]
pub struct NotAVersion;

impl Version {
    /// The version of a pack whose own cannot be read.
    pub(crate) const UNREAD: Version = {
        let mut bytes = [0; LONGEST + 1];
        (bytes[0], bytes[LONGEST]) = (b'0', 1);
        Version { bytes }
    };

    /// The label.
    pub fn as_str(&self) -> &str {
        // Whole words are checked faster than the bytes of the label. The length is a character, too.
        let text = std::str::from_utf8(&self.bytes).unwrap_or_default();
        text.get(..usize::from(self.bytes[LONGEST])).unwrap_or_default()
    }

    /// The label's bytes.
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.bytes[LONGEST])).unwrap_or_default()
    }

    /// The label of these bytes, whether a version may have it or not; `None` if it is too long.
    fn labelled(label: &[u8]) -> Option<Version> {
        let mut bytes = [0; LONGEST + 1];
        let room = bytes.get_mut(..label.len()).filter(|room| room.len() <= LONGEST)?;
        room.copy_from_slice(label);
        bytes[LONGEST] = label.len() as u8;
        Some(Version { bytes })
    }

    /// The bytes as words, for comparisons that need no order of labels.
    #[inline]
    fn words(&self) -> [u64; 4] {
        let mut words = [0; 4];
        for (word, bytes) in words.iter_mut().zip(self.bytes.as_chunks().0) {
            *word = u64::from_le_bytes(*bytes);
        }
        words
    }

    /// One word of all bytes. The few versions of an API rarely have the same.
    #[inline]
    fn word(&self) -> u64 {
        let [first, second, third, last] = self.words();
        first ^ second.rotate_left(16) ^ third.rotate_left(32) ^ last.rotate_left(48)
    }
}

impl PartialEq for Version {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        self.words() == other.words()
    }
}

impl Eq for Version {}

impl Hash for Version {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.word());
    }
}

/// A version in a sorted list or as a key of a sorted map, for people: in the order of the labels, in which numbers
/// compare as numbers, `v9` before `v68`. That order is total, and says nothing of age.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
pub struct ByLabel(pub Version);

impl Ord for ByLabel {
    fn cmp(&self, other: &Self) -> Ordering {
        if self == other {
            return Ordering::Equal;
        }
        let (mut one, mut two) = (self.0.as_bytes(), other.0.as_bytes());
        while let (Some(first), Some(second)) = (one.first(), two.first()) {
            let order = if first.is_ascii_digit() && second.is_ascii_digit() {
                let (first, second) = (number(&mut one), number(&mut two));
                first.len().cmp(&second.len()).then_with(|| first.cmp(second))
            } else {
                (one, two) = (&one[1..], &two[1..]);
                first.cmp(second)
            };
            if order.is_ne() {
                return order;
            }
        }
        one.len().cmp(&two.len()).then_with(|| self.0.as_bytes().cmp(other.0.as_bytes()))
    }
}

impl PartialOrd for ByLabel {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Takes the digits at the start of a text, and returns them without leading zeros.
fn number<'t>(text: &mut &'t [u8]) -> &'t [u8] {
    let end = text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    *text = rest;
    let zeros = digits.iter().take_while(|digit| **digit == b'0').count();
    &digits[zeros..]
}

impl FromStr for Version {
    type Err = NotAVersion;

    /// Reads exactly the text that [`Version`] displays: nothing is trimmed.
    ///
    /// # Errors
    /// [`NotAVersion`] where the text is a label in no scheme.
    fn from_str(label: &str) -> Result<Self, NotAVersion> {
        let bytes = label.as_bytes();
        let is_sound = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
        let begins = bytes.first().is_some_and(u8::is_ascii_alphanumeric);
        match Version::labelled(bytes) {
            Some(version) if begins && bytes.iter().all(is_sound) => Ok(version),
            _ => Err(NotAVersion),
        }
    }
}

/// A version is its text in JSON, too.
impl serde::Serialize for Version {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn v(text: &str) -> Version {
        text.parse().unwrap()
    }

    #[test]
    fn takes_only_labels() {
        for text in ["2026-07-08-2", "v68", "2.14", "2024-09-30.acacia", "2023-10-01_preview", "0"] {
            assert_eq!(v(text).to_string(), text);
        }
        let longest = "x".repeat(LONGEST);
        assert_eq!(v(&longest).as_str(), longest);
        for text in
            ["", " v1", "v1 ", "v1/2", "-v1", ".toml", "..", "_v1", "２", "v1\n", "v\0", &"x".repeat(32)]
        {
            assert_eq!(text.parse::<Version>(), Err(NotAVersion), "{text:?}");
        }
    }

    #[test]
    fn lists_have_numbers_in_the_order_of_numbers() {
        let listed = ["2", "2.9", "2.14", "2024-09-30.acacia", "2025-03-31", "2025-03-31.basil", "v9", "v68"];
        assert!(listed.map(v).map(ByLabel).is_sorted_by(|one, two| one < two));
        assert!(ByLabel(v("v01")) < ByLabel(v("v1")), "equal numbers are not equal labels");
    }

    proptest! {
        #[test]
        fn any_label_comes_back_as_its_text(text in "[0-9A-Za-z][0-9A-Za-z._-]{0,30}") {
            prop_assert_eq!(v(&text).to_string(), text);
        }

        #[test]
        fn the_order_of_labels_is_total(labels in proptest::array::uniform3("[0-9a]{1,2}[0-9.a-]{0,3}")) {
            let [one, two, three] = labels.map(|label| ByLabel(v(&label)));
            prop_assert_eq!(one.cmp(&two), two.cmp(&one).reverse());
            prop_assert_eq!(one.cmp(&two).is_eq(), one == two);
            if one <= two && two <= three {
                prop_assert!(one <= three);
            }
        }
    }
}

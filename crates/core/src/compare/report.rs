//! The parts that reports of differences share. A report is text by `Display` and JSON by `Serialize`.

use super::{Difference, kind};
use serde::Serialize;
use serde_json::Value;
use std::{borrow::Cow, fmt};

/// The longest text of a value that is shown to people, in characters.
const SHOWN: usize = 120;

/// A place where documents differ, without the values: the pattern of its path, and the JSON types on both sides.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct DifferingPlace {
    /// `$.data[*].volume_usd.settled`, or `status`.
    pub path: String,
    /// The type of the value that is right, or the right status.
    #[serde(rename = "native")]
    pub expected: Cow<'static, str>,
    /// The type of the value that stands there, or the status that came.
    #[serde(rename = "translated")]
    pub got: Cow<'static, str>,
}

impl From<&Difference> for DifferingPlace {
    fn from(difference: &Difference) -> Self {
        DifferingPlace {
            path: difference.path.pattern(),
            expected: kind(difference.expected.as_ref()).into(),
            got: kind(difference.got.as_ref()).into(),
        }
    }
}

/// `$.data[*].price (native null, translated string)`
impl fmt::Display for DifferingPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let DifferingPlace { path, expected, got } = self;
        write!(f, "{path} (native {expected}, translated {got})")
    }
}

/// `1 request`, `2 requests`
pub fn counted(count: u64, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// A value as JSON on one line, cut where it is long.
pub fn shown(value: &Value) -> String {
    let mut text = printable(&value.to_string());
    if let Some((end, _)) = text.char_indices().nth(SHOWN) {
        text.truncate(end);
        text.push('…');
    }
    text
}

/// Text with `?` for each control character, which a terminal might obey.
pub fn printable(text: &str) -> String {
    text.chars().map(|char| if char.is_control() { '?' } else { char }).collect()
}

//! Are two documents the same, and where not? The one core of all that compares: `check`, verification, replay and
//! what an upgrade changes. No network.
//!
//! | file | is |
//! |---|---|
//! | `place`, `path` | where a document stands in an API; where a value stands in a document |
//! | `translations` | a pack's translations between any two versions |
//! | `walk` | all the places where two documents differ |
//! | `excuse` | which fields may differ, because a declared loss was reported |
//! | `native` | a translated answer held to what the upstream itself says at the client's version |
//! | `ignored` | fields that nobody wants compared |
//! | `report` | what every report of differences is made of |
//! | `across` | documents of different versions: what a client would see differently |
//! | `caught` | panics, told |

pub mod across;
mod caught;
mod excuse;
mod ignored;
mod native;
mod path;
mod place;
pub mod report;
mod translations;
mod walk;

pub(crate) use excuse::{Allows, Excuse, copied, excuses, strangers, unknowable};
pub use ignored::Ignored;
pub use native::NotComparable;
pub use path::{At, Path};
pub use place::Place;
#[cfg(test)]
pub(crate) use translations::{Engine, run};
pub use translations::{NoTranslation, Translations};
pub(crate) use walk::{Rules, Strings, walk};

use serde_json::Value;

/// The most differences that are reported for two documents.
pub const LIMIT: usize = 100;

/// A place where two documents differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The path of the difference.
    pub path: Path,
    /// The expected value, or `None` if there should be none.
    pub expected: Option<Value>,
    /// The value found, or `None` if there is none.
    pub got: Option<Value>,
}

impl Difference {
    /// `$.data[*].a: expected 1, got nothing`, with the path as the caller shows it.
    pub fn show(&self, path: &str) -> String {
        let text = |value: &Option<Value>| value.as_ref().map_or("nothing".to_owned(), Value::to_string);
        format!("{path}: expected {}, got {}", text(&self.expected), text(&self.got))
    }
}

/// The result of comparing two documents.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Comparison {
    /// The differences in the order of the documents, at most [`LIMIT`].
    pub differences: Vec<Difference>,
    /// Fields that differ as a declared loss promises.
    pub excused: Vec<Path>,
    /// The number of fields that differ and are ignored.
    pub ignored: u64,
}

/// Compares two documents of one version: numbers by their value, strings by their text, and the order of keys is free.
///
/// ```
/// use dateline_core::compare::{Ignored, documents};
/// use serde_json::json;
///
/// let compared = documents(&json!({"a": [1.0, 2]}), &json!({"a": [1, 3], "b": null}), &Ignored::default());
/// let shown: Vec<String> = compared.differences.iter().map(|found| found.show(&found.path.to_string())).collect();
/// assert_eq!(shown, ["$.a[1]: expected 2, got 3", "$.b: expected nothing, got null"]);
/// ```
pub fn documents(expected: &Value, got: &Value, ignored: &Ignored) -> Comparison {
    let ignored = ignored.patterns();
    walk(
        expected,
        got,
        Rules { excuses: &[], promised: None, ignored, strings: Strings::AsText, limit: LIMIT },
    )
}

/// Names the JSON type of a value, or "nothing" if there is none.
pub fn kind(value: Option<&Value>) -> &'static str {
    match value {
        None => "nothing",
        Some(Value::Null) => "null",
        Some(Value::Bool(_)) => "boolean",
        Some(Value::Number(_)) => "number",
        Some(Value::String(_)) => "string",
        Some(Value::Array(_)) => "array",
        Some(Value::Object(_)) => "object",
    }
}

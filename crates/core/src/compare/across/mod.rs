//! Documents of different versions: what a client would see differently, field by field.
//!
//! Two documents of different versions cannot be laid side by side: a field may have another name, another place and
//! another form. The pack's own steps say which is which. A [`Crossing`] takes documents of one version to another
//! step by step and notes for every field where it went, what was done to it and by which change.
//!
//! | file | is |
//! |---|---|
//! | `trace` | what becomes of the fields of one object |
//! | `crossing` | a document on its way: its objects, each traced |
//! | `changes` | the same over many objects and documents, by pattern |
//! | `words`, `json` | for people, and for programs |
//!
//! ```
//! use dateline_core::{compare::{Place, across::Crossing}, pack::{Pack, Part}};
//!
//! let pack = Pack::embedded()?;
//! let plan = pack.find("GET /plans/{id}").unwrap();
//! let way = Crossing::new(&pack, Place::new(plan, Part::Response), "2025-01-01".parse()?, "2026-07-01".parse()?);
//! let seen = way.see(r#"{"id":"plan_x","company":{"id":"biz_x"}}"#)?;
//!
//! assert_eq!(seen.changes.len(), 1);
//! assert_eq!(seen.changes[0].to_string(), r#"`company` {"id":"biz_x"} is called `account`"#);
//! assert_eq!(seen.unchanged, 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod changes;
mod crossing;
mod json;
#[cfg(test)]
mod tests;
mod trace;
mod words;

pub use changes::{Cause, FieldChange, Kind, Seen, Source};
pub use crossing::{Crossing, Unseen};
pub use words::Group;

use super::{Ignored, documents};
use serde_json::Value;

/// Tells whether two values are the same for a client: numbers by value, strings by their text, keys in any order.
fn same(old: &Value, new: &Value) -> bool {
    old == new || documents(old, new, &Ignored::default()).differences.is_empty()
}

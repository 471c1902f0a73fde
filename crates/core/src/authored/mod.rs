//! TOML as people write it: tables that are walked with the place of every value, and mistakes that are shown there.
//!
//! | file | holds |
//! |---|---|
//! | `source` | a file, and a place in it |
//! | `shape` | the keys that a table may have |
//! | `table` | a table that is read by them |
//! | `path` | a path or a field, written in a string |
//! | `code`, `diagnostic` | the kinds of mistakes, and how one is shown |
//!
//! The kinds of [steps](crate::step) and the [pack](crate::pack) are both read with it; it knows neither.

mod code;
mod diagnostic;
mod path;
mod shape;
mod source;
mod table;

pub use code::{Code, NotACode};
pub use diagnostic::{Diagnostic, Diagnostics};
pub(crate) use path::{InLists, field, in_lists, path};
pub use path::{NotCompiled, parse_path};
pub(crate) use shape::{Content, TableKey, TableShape, TextShape, key};
pub use source::Location;
pub(crate) use source::{API, Source};
pub(crate) use table::{Table, Text, did_you_mean, wrong_type};

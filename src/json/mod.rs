//! JSON as text: a validating scanner, spans of what is touched, and a writer.
//!
//! A body is not parsed into a tree of values. [`rewrite()`] walks its bytes once, validates all of them,
//! opens only the objects that a path leads to, hands each to the caller as an [`Object`] of spans, and copies
//! everything else as it stands. What nobody names keeps its bytes: numbers, escapes, key order, white space.

mod error;
mod name;
pub mod number;
mod object;
mod path;
mod rewrite;
mod same;
mod scan;
mod shape;
mod text;

pub use error::{Fault, FaultKind};
pub use name::{Field, Name};
pub use object::{Layout, Member, Object, Value};
pub use path::{Hop, Paths};
pub use rewrite::rewrite;
pub use same::same;
pub use scan::{MAX_DEPTH, Scanner};
pub use shape::Shape;
